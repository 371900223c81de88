#include "controller/simulate/charging/laptops.hpp"

#include <span>
#include <utility>

#include "hw/base/random.hpp"
#include "hw/model/battery.hpp"

namespace greenroom::sim::charging {
namespace {

constexpr LaptopClass air_30{"air13_30", 52.6, 30, 1.0, 0.80, 0.58, 2.0};
constexpr LaptopClass pro13_61{"mbp13_61", 58.2, 61, 0.9, 0.78, 0.60, 2.5};
constexpr LaptopClass pro14_70{"mbp14_70", 70.0, 70, 1.0, 0.80, 0.60, 3.0};
constexpr LaptopClass pro14_96{"mbp14_96", 70.0, 96, 1.0, 0.80, 0.97, 3.0};
constexpr LaptopClass pro16_140{"mbp16_140", 99.6, 140, 1.0, 0.80, 0.97, 4.0};

struct Share {
  const LaptopClass* of{};
  int per_cent{};
};
constexpr std::array m1{Share{&pro16_140, 100}};
constexpr std::array m2{Share{&air_30, 33}, Share{&pro14_96, 33}, Share{&pro16_140, 34}};
constexpr std::array m3{Share{&pro13_61, 100}};
constexpr std::array m4{Share{&air_30, 40}, Share{&pro14_70, 25}, Share{&pro14_96, 20}, Share{&pro16_140, 15}};

std::span<const Share> shares(Mix mix) {
  switch (mix) {
    case Mix::m1: return m1;
    case Mix::m2: return m2;
    case Mix::m3: return m3;
    case Mix::m4: return m4;
  }
  return m1;
}

}  // namespace

model::MacSpec LaptopClass::mac(double charge) const {
  model::MacSpec mac;
  mac.model = name;
  mac.capacity = WattHours::of(battery_Wh);
  mac.input_most = Watts::of(adapter_W);
  mac.idle = Watts::of(idle_W);
  mac.c_rate = c_rate;
  mac.knee = knee;
  mac.charge = charge;
  return mac;
}

double LaptopClass::nameplate_A(double volts) const {
  return model::nameplate_amps(Watts::of(adapter_W), power_factor, volts);
}

std::string_view to_string(Mix mix) {
  switch (mix) {
    case Mix::m1: return "M1";
    case Mix::m2: return "M2";
    case Mix::m3: return "M3";
    case Mix::m4: return "M4";
  }
  return "";
}

bool one_class(Mix mix) { return shares(mix).size() == 1; }

std::vector<const LaptopClass*> deal(Mix mix, std::size_t slots, std::uint64_t seed) {
  std::vector<const LaptopClass*> dealt;
  dealt.reserve(slots);
  int below = 0;
  for (const Share& share : shares(mix)) {
    below += share.per_cent;
    const std::size_t until = (slots * static_cast<std::size_t>(below) + 50) / 100;
    while (dealt.size() < until && dealt.size() < slots) dealt.push_back(share.of);
  }
  Random dice = Random(seed).stream("classes");
  for (std::size_t i = dealt.size(); i > 1; --i) std::swap(dealt[i - 1], dealt[dice.below(i)]);
  return dealt;
}

}  // namespace greenroom::sim::charging
