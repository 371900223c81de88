#include "controller/simulate/world_truth.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace greenroom::sim {
namespace {

using Json = nlohmann::json;
using model::Mode;

std::string_view name(Mode mode) {
  constexpr std::array<std::string_view, 6> names = {"off", "booted", "dfu", "recovery", "restore", "os_less"};
  return names[static_cast<std::size_t>(mode)];
}

std::string_view name(model::Cause cause) {
  constexpr std::array<std::string_view, 8> names = {"ordered", "foreign", "boot",     "boots_on",
                                                     "reboot",  "trip",    "blackout", "reset"};
  return names[static_cast<std::size_t>(cause)];
}

bool at_work(Mode mode) { return mode == Mode::dfu || mode == Mode::recovery || mode == Mode::restore; }

}  // namespace

struct WorldTruth::Line {
  Json json;
};

WorldTruth::WorldTruth(Clock& clock, model::Plant& plant, const Room& room) : clock_(clock), plant_(plant), room_(room) {
  plant_.listen(this);
}
WorldTruth::~WorldTruth() { plant_.ignore(this); }

Result<void> WorldTruth::write_to(const std::string& file) {
  file_.reset(std::fopen(file.c_str(), "we"));
  if (!file_)
    return fail(Errc::refused, fmt::format("{}: {}; name a file in a folder that exists", file, std::strerror(errno)));
  return {};
}

void WorldTruth::write(TimePoint at, const Line& line) {
  if (!file_) return;
  Json whole{{"at_s", in_seconds(at.time_since_epoch())}};
  whole.update(line.json);
  const std::string text = whole.dump() + "\n";
  std::fwrite(text.data(), 1, text.size(), file_.get());
  std::fflush(file_.get());
}

void WorldTruth::on(const model::PlantEvent& event) {
  // Each names its Mac as the Mac does, whatever stands on its label.
  const auto of_mac = [&](const char* what, model::MacId mac) {
    return Json{{"event", what}, {"mac", mac.value}, {"serial", plant_.mac_spec(mac).serial}};
  };
  if (const auto* switched = std::get_if<model::OutletSwitched>(&event.what)) outlet(event.at, *switched);
  if (const auto* trip = std::get_if<model::Tripped>(&event.what)) {
    ++(trip->clean_would ? trips_ : fault_trips_);
    const std::string& circuit = room_.circuits[trip->circuit.value].name;
    write(event.at, {{{"event", "tripped"}, {"circuit", circuit}, {"by_fault", !trip->clean_would}}});
  }
  if (const auto* mode = std::get_if<model::MacMode>(&event.what)) {
    Json line = of_mac("mac_mode", mode->mac);
    line["mode"] = name(mode->mode);
    write(event.at, {std::move(line)});
  }
  if (const auto* moved = std::get_if<model::MacMoved>(&event.what)) write(event.at, {of_mac("mac_moved", moved->mac)});
  if (const auto* lost = std::get_if<model::MacPowerLost>(&event.what)) {
    if (lost->mains) died_now_[lost->mac] = lost->in;
    Json line = of_mac("mac_power_lost", lost->mac);
    line["in"] = name(lost->in);
    line["by_outlet"] = lost->mains;
    write(event.at, {std::move(line)});
  }
  if (const auto* erase = std::get_if<model::EraseStarted>(&event.what)) {
    ++erases_[plant_.mac_spec(erase->mac).serial];
    ++erases_by_run_[erase->run];
    Json line = of_mac("erase_started", erase->mac);
    line["run"] = erase->run;
    write(event.at, {std::move(line)});
  }
  if (const auto* boot = std::get_if<model::FirstBoot>(&event.what)) {
    ++first_boots_;
    write(event.at, {of_mac("first_boot", boot->mac)});
  }
}

// The plant is in the middle of the switch: what it did to the Mac is judged when it has come to rest.
void WorldTruth::outlet(TimePoint at, const model::OutletSwitched& switched) {
  const std::string& outlet_name = room_.outlets[switched.outlet.value].name;
  ++switched_;
  write(at, {{{"event", "outlet"}, {"outlet", outlet_name}, {"on", switched.on}, {"cause", name(switched.cause)}}});
  if (switched.on) return;
  const auto place = switched.cause == model::Cause::ordered ? plant_.wired_to(switched.outlet) : std::nullopt;
  clock_.call_at(at, [this, still = std::weak_ptr(alive_), at, id = switched.outlet, place] {
    if (still.expired()) return;
    for (std::uint32_t i = 0; place && i < plant_.spec().macs.size(); ++i) {
      const model::MacTruth mac = plant_.mac(model::MacId{i});
      if (mac.power != place) continue;
      const auto died = died_now_.find(model::MacId{i});
      judge_open(at, id, model::MacId{i}, died == died_now_.end() ? mac.mode : died->second);
    }
    died_now_.clear();
  });
}

// A desktop that still has what it came with, at a place where its outlet is its way into DFU.
bool WorldTruth::into_dfu(model::MacId mac) {
  const model::MacTruth truth = plant_.mac(mac);
  if (truth.erased || !truth.power) return false;
  return plant_.mac_spec(mac).family == model::Family::t2 ||
         room_.slots[truth.power->value].dfu_entry == DfuEntry::by_outlet;
}

void WorldTruth::judge_open(TimePoint at, OutletId outlet, model::MacId mac, Mode in) {
  const model::MacSpec& spec = plant_.mac_spec(mac);
  if (!at_work(in) && (spec.battery || in == Mode::off || into_dfu(mac))) return;
  ++protected_opens_;
  write(at, {{{"event", "protected_open"},
              {"outlet", room_.outlets[outlet.value].name},
              {"mac", mac.value},
              {"serial", spec.serial},
              {"in", name(in)}}});
}

void WorldTruth::finished(model::MacId mac, std::uint64_t run) {
  ++finishes_;
  const std::string& serial = plant_.mac_spec(mac).serial;
  write(clock_.now(), {{{"event", "restore_finished"}, {"mac", mac.value}, {"serial", serial}, {"run", run}}});
}

std::string WorldTruth::sums() {
  std::uint64_t packed = 0;
  for (std::uint32_t i = 0; i < plant_.spec().macs.size(); ++i) {
    const model::MacTruth mac = plant_.mac(model::MacId{i});
    if (mac.erased && (mac.new_os || !mac.os) && !mac.data && !mac.power) ++packed;
  }
  Json by_run = Json::object();
  std::uint64_t twice = 0;
  for (const auto& [run, count] : erases_by_run_) {
    by_run[std::to_string(run)] = count;
    if (count > 1) ++twice;
  }
  const Json sums{{"room_s", in_seconds(clock_.now().time_since_epoch())},
                  {"slots", room_.slots.size()},
                  {"macs", plant_.spec().macs.size()},
                  {"trips", trips_},
                  {"fault_trips", fault_trips_},
                  {"outlets_switched", switched_},
                  {"protected_opens", protected_opens_},
                  {"erases", erases_},
                  {"erases_by_run", by_run},
                  {"erased_twice", twice},
                  {"finishes", finishes_},
                  {"first_boots", first_boots_},
                  {"packed", packed}};
  return sums.dump();
}

}  // namespace greenroom::sim
