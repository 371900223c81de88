// The Macs that the charging suites are made of: a class is a machine and the brick it charges from; a mix deals classes to
// slots. Figures: power facts 2.1 and 2.2 (battery, adapter, one set of curve parameters), 1.6 (power factors).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "hw/model/spec.hpp"

namespace greenroom::sim::charging {

struct LaptopClass {
  std::string_view name;
  double battery_Wh{}, adapter_W{};
  double c_rate{1.0}, knee{0.80};  // the constant-current stage with an unlimited adapter, and where its taper begins
  double power_factor{};
  double idle_W{};  // lid closed

  [[nodiscard]] model::MacSpec mac(double charge) const;
  [[nodiscard]] double nameplate_A(double volts) const;  // what the brick draws at most
};

enum class Mix : std::uint8_t { m1, m2, m3, m4 };
inline constexpr std::array mixes{Mix::m1, Mix::m2, Mix::m3, Mix::m4};
std::string_view to_string(Mix);
bool one_class(Mix);

// The classes of `slots` places, shuffled by the seed. M1: 16-inch Pro on 140 W. M2: thirds of Air on 30 W, 14-inch on 96 W,
// 16-inch on 140 W. M3: 13-inch Pro on 61 W, without power factor correction. M4: what comes back, 40 % Air on 30 W, 25 %
// 14-inch on 70 W, 20 % 14-inch on 96 W, 15 % 16-inch on 140 W.
std::vector<const LaptopClass*> deal(Mix, std::size_t slots, std::uint64_t seed);

}  // namespace greenroom::sim::charging
