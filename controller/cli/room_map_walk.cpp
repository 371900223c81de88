#include "controller/cli/room_map_walk.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/reader/reader.hpp"
#include "controller/cli/pdu_check_walk.hpp"

namespace greenroom::cli {
namespace {

constexpr Duration usb_patience = std::chrono::seconds{20};  // a Mac that was asleep, and its hub
constexpr Duration between_readings = std::chrono::seconds{1};

bool ends(const Error& e) { return e.code == Errc::cancelled || e.code == Errc::device_gone; }

std::optional<SlotId> slot_named(const Room& room, const std::string& name) {
  for (std::uint32_t i = 0; i < room.slots.size(); ++i)
    if (room.slots[i].name == name) return SlotId{i};
  return std::nullopt;
}

// Whatever does not read off. Fails when a PDU does not answer: then nothing is known of what is on.
Task<std::vector<bool>> what_is_on(const MapPorts& p) {
  std::vector<bool> on(p.room.outlets.size(), true);
  for (std::uint32_t i = 0; i < p.pdus.size(); ++i) {
    const auto reading = co_await p.pdus[i]->read(Depth::supervise);
    if (!reading) co_return fail(reading.error().within("PDU " + p.room.pdus[i].name));
    for (std::size_t o = 0; o < on.size(); ++o) {
      if (p.room.outlets[o].pdu.value != i) continue;
      for (const OutletReading& r : reading->outlets)
        if (r.number == p.room.outlets[o].number) on[o] = r.state != OutletState::off;
    }
  }
  co_return on;
}

// A draw is this Mac's only where no other could begin to charge.
std::optional<std::string> other_mac(const MapPorts& p) {
  for (const auto& [path, place] : p.usb.places().all()) {
    if (!place.device || !p.is_mac(*place.device) || p.known_mac(*place.device)) continue;
    for (const Slot& s : p.room.slots)
      if (port_here(s, p.here) == path)
        return "another Mac is in slot " + s.name + ": take all others out of the room's slots";
  }
  return std::nullopt;
}

// Until its meter shows the Mac, or it has had the time in which one starts to charge.
Task<void> watch_meter(Pdu& pdu, Clock& clock, const DialectFacts& d, Duration settle, Toggle& t) {
  const TimePoint longest = clock.now() + std::max(settle, d.meter_lag);
  while (true) {
    if (const auto slept = co_await clock.sleep_until(clock.now() + between_readings); !slept) co_return slept;
    auto reading = co_await pdu.read(Depth::full);
    if (reading) t.switched = std::move(*reading);
    else if (reading.error().code == Errc::cancelled) co_return fail(reading.error());
    else t.trouble = reading.error().message;
    const auto step = own_step(t, d);
    if ((step && moved(*step, d)) || clock.now() >= longest) co_return Result<void>{};
  }
}

Task<void> ask_person(const MapPorts& p, const std::string& outlet, MapSeen& seen) {
  p.say(fmt::format("{} is on now, and nothing meters it. Does the Mac show that it charges? yes or no", outlet));
  const auto answer = co_await p.next_line();
  if (!answer) co_return fail(answer.error());
  if (*answer == "yes" || *answer == "no") seen.charges = *answer == "yes";
  co_return Result<void>{};
}

Task<void> try_outlet(const MapPorts& p, OutletId id, MapSeen& seen) {
  const Outlet& outlet = p.room.outlets[id.value];
  const DialectFacts& d = p.dialects[outlet.pdu.value];
  Pdu& pdu = *p.pdus[outlet.pdu.value];
  if (p.locked[id.value]) {
    seen.not_closed = "it is locked out; who locked it clears it: greenroom command clear-lock";
    co_return Result<void>{};
  }
  if (auto other = other_mac(p)) {
    seen.not_closed = std::move(*other);
    co_return Result<void>{};
  }
  const auto on = co_await what_is_on(p);
  if (!on) {
    seen.not_closed = on.error().message;
    if (ends(on.error())) co_return fail(on.error());
    co_return Result<void>{};
  }
  if (const auto exceeds = closing_exceeds(p.room, *on, id)) {
    seen.not_closed = *exceeds;
    co_return Result<void>{};
  }
  const bool metered = d.meters_outlets || d.meters_banks;
  ToggleHow how;
  how.only_from = OutletState::off;
  how.settle = d.meter_lag;
  how.meanwhile = [&](Toggle& t) {
    return metered ? watch_meter(pdu, p.clock, d, p.room.timings.settle, t) : ask_person(p, outlet.name, seen);
  };
  seen.toggle.emplace();
  seen.toggle->outlet = outlet.number;
  co_return co_await toggle(pdu, p.clock, *seen.toggle, how);
}

// At the slot's own port as soon as it comes there; else wherever it is by then.
Task<void> find_mac(const MapPorts& p, PortPath port, MapSeen& seen) {
  UsbTable::Predicate is_it = p.known_mac;
  const auto there = co_await p.usb.wait_for(std::move(port), std::move(is_it), p.clock.now() + usb_patience);
  if (!there && there.error().code != Errc::timeout) co_return fail(there.error());
  if (there) seen.port = there->path;
  for (const auto& [path, place] : p.usb.places().all())
    if (!seen.port && place.device && p.known_mac(*place.device)) seen.port = path;
  co_return Result<void>{};
}

Task<void> look(const MapPorts& p, MapSeen& seen) {
  const Slot& slot = p.room.slots[seen.slot.value];
  if (auto port = port_here(slot, p.here)) {
    if (auto found = co_await find_mac(p, std::move(*port), seen); !found) co_return found;
  }
  if (!slot.outlet) co_return Result<void>{};
  co_return co_await try_outlet(p, *slot.outlet, seen);
}

std::string invitation(const Room& room, const std::vector<MapSeen>& seen) {
  std::vector<std::string> left;
  for (std::uint32_t i = 0; i < room.slots.size(); ++i) {
    const bool done = std::any_of(seen.begin(), seen.end(), [i](const MapSeen& s) { return s.slot.value == i; });
    if (!done && (room.slots[i].outlet || !room.slots[i].data_port.empty())) left.push_back(room.slots[i].name);
  }
  if (left.empty()) return "Every slot was visited. Scan one to see it again, or press Enter to end.";
  return fmt::format(
      "Carry the Mac to a slot (left: {}), plug in its cables, and scan the slot's label; no other Mac in any slot. Enter "
      "ends.",
      fmt::join(left, ", "));
}

}  // namespace

Task<void> walk_room(const MapPorts& p, std::vector<MapSeen>& seen) {
  for (std::uint32_t i = 0; i < p.pdus.size(); ++i) {
    const auto who = co_await p.pdus[i]->identify();
    if (!who) co_return fail(who.error().within("PDU " + p.room.pdus[i].name));
  }
  while (true) {
    p.say(invitation(p.room, seen));
    const auto label = co_await p.next_line();
    if (!label) co_return fail(label.error());
    if (label->empty()) co_return Result<void>{};
    const auto slot = slot_named(p.room, *label);
    if (!slot) {
      std::vector<std::string> names;
      for (const Slot& s : p.room.slots) names.push_back(s.name);
      const auto guess = nearest(*label, names);
      p.say(fmt::format("No slot is called {}{}", quoted(label->substr(0, 64)),
                        guess ? "; did you mean " + *guess + "?" : "."));
      continue;
    }
    std::erase_if(seen, [&slot](const MapSeen& s) { return s.slot == *slot; });
    seen.push_back({*slot, {}, {}, {}, {}});
    if (auto looked = co_await look(p, seen.back()); !looked) co_return looked;
  }
}

}  // namespace greenroom::cli
