#include "controller/cli/room_map_judge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/pdu_line.hpp"
#include "controller/domain/power/circuit_tree.hpp"

namespace greenroom::cli {
namespace {

const Slot* slot_at(const Room& room, const std::string& here, const PortPath& port) {
  const auto at =
      std::find_if(room.slots.begin(), room.slots.end(), [&](const Slot& s) { return port_here(s, here) == port; });
  return at == room.slots.end() ? nullptr : &*at;
}

void judge_usb(const Room& room, const Slot& slot, const std::string& here, const MapSeen& seen, MapItem& item) {
  if (slot.data_port.empty()) {
    item.usb_words = "it has no data port";
  } else if (const auto port = port_here(slot, here); !port) {
    item.usb_words = fmt::format("{} is another machine's: carry the Mac here again when this runs there", slot.data_port);
  } else if (!seen.port) {
    item.usb = Verdict::bad;
    item.usb_words = fmt::format(
        "the Mac did not show itself at {}, nor anywhere on this machine: is it awake, and does the cable carry data?",
        port->text());
  } else if (*seen.port != *port) {
    const Slot* other = slot_at(room, here, *seen.port);
    item.usb = Verdict::bad;
    item.usb_words =
        fmt::format("the Mac shows itself at {}{}, and the room file says {}: two cables or two labels are exchanged",
                    seen.port->text(), other != nullptr ? ", the port of " + other->name : "", port->text());
  } else {
    item.usb = Verdict::good;
    item.usb_words = port->text();
  }
}

// What rose with the outlet falls with it: the draw of another Mac that began in that moment stays.
bool fell_again(const Toggle& t, const MeterStep& step, const DialectFacts& d) {
  if (!t.left) return false;
  Toggle back = t;  // from closed to as it was left
  back.found = t.left;
  for (const MeterStep& s : meter_steps(back, d))
    if (s.meter == step.meter) return moved(s, d) && s.step().milli > 0;
  return false;
}

void judge_power(const Outlet& outlet, const DialectFacts& d, const MapSeen& seen, MapItem& item) {
  const auto step = seen.toggle ? own_step(*seen.toggle, d) : std::nullopt;
  const bool closed = seen.toggle && seen.toggle->there == OutletState::on;
  if (!closed || !seen.not_closed.empty()) {
    const bool refused = seen.toggle && seen.toggle->there && seen.not_closed.empty();
    const std::string trouble = seen.toggle ? seen.toggle->trouble : "";
    if (refused) item.power = Verdict::bad;
    item.power_words = refused                    ? "it was ordered on, and does not read on"
                       : !seen.not_closed.empty() ? seen.not_closed
                       : !trouble.empty()         ? trouble
                                                  : "it was ended before that was seen";
  } else if (step) {
    const bool rose = moved(*step, d) && step->step().milli > 0;
    const bool fell = fell_again(*seen.toggle, *step, d);
    item.power = rose && fell ? Verdict::good : Verdict::bad;
    item.power_words = fmt::format("{} went from {:.3f} to {:.3f} A{}", step->meter, step->off.value(), step->on.value(),
                                   rose && fell ? ", and back" : "");
    if (!rose)
      item.power_words += fmt::format(
          ": {} does not feed this Mac, or the Mac is full; take one below 80 %, and follow the brick's cord", outlet.name);
    else if (!fell) item.power_words += ", and did not fall when it was opened: something else draws there; scan it again";
  } else if (d.meters_outlets || d.meters_banks) {
    item.power_words = "no meter was read while it was closed; scan it again";
  } else if (seen.charges) {
    item.power = *seen.charges ? Verdict::good : Verdict::bad;
    item.power_words = *seen.charges ? "seen to charge, by a person" : "a person saw that it does not charge";
  } else {
    item.power = Verdict::person;
    item.power_words = "nothing meters it, and nobody said whether the Mac charges";
  }
  if (seen.toggle && !seen.toggle->left_as_found) {
    item.power = Verdict::bad;
    item.power_words += "; IT WAS NOT OPENED AGAIN: see to it";
  }
}

}  // namespace

std::optional<PortPath> port_here(const Slot& slot, const std::string& here) {
  const auto slash = slot.data_port.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::string host = slot.data_port.substr(0, slash);
  const auto path = PortPath::parse(here + slot.data_port.substr(slash));
  return path && (host == here || host == "host") ? std::optional(*path) : std::nullopt;
}

MapItem judge_map(const Room& room, const std::string& here, const DialectFacts* dialect, const MapSeen& seen) {
  const Slot& slot = room.slots[seen.slot.value];
  MapItem item;
  item.slot = slot.name;
  judge_usb(room, slot, here, seen, item);
  if (!slot.outlet) {
    item.power_words = "it has no outlet";
    return item;
  }
  const Outlet& outlet = room.outlets[slot.outlet->value];
  item.outlet = outlet.name;
  if (dialect != nullptr) judge_power(outlet, *dialect, seen, item);
  item.proven = item.power == Verdict::good && (item.usb == Verdict::good || slot.data_port.empty());
  return item;
}

std::optional<std::string> closing_exceeds(const Room& room, const std::vector<bool>& on, OutletId closing) {
  const CircuitTree tree = make_tree(room);
  Amps largest;
  for (const Outlet& o : room.outlets) largest = std::max(largest, o.nameplate);
  std::vector<Amps> sums(room.circuits.size());
  for (std::size_t c = 0; c < sums.size(); ++c) sums[c] = room.circuits[c].foreign_reserve;
  for (const Infrastructure& i : room.infrastructure)
    if (i.circuit) sums[i.circuit->value] = sums[i.circuit->value] + i.load;
  for (std::size_t o = 0; o < room.outlets.size(); ++o)
    if (on[o] || o == closing.value) sums[tree.lowest[o]] = sums[tree.lowest[o]] + largest;
  for (std::size_t c = sums.size(); c-- > 0;)  // children stand behind their parents
    if (tree.parent[c] != no_circuit) sums[tree.parent[c]] = sums[tree.parent[c]] + sums[c];
  for (std::uint32_t c = tree.lowest[closing.value]; c != no_circuit; c = tree.parent[c]) {
    const Amps limit = room.circuits[c].continuous;
    if (sums[c] > limit)
      return fmt::format("with what is on it could draw {:.1f} A on {}, which carries {:.1f} A: open other outlets first",
                         sums[c].value(), room.circuits[c].name, limit.value());
  }
  return std::nullopt;
}

bool all_good(const MapSheet& sheet) {
  const auto good = [](const MapItem& i) { return i.proven || (i.outlet.empty() && i.usb == Verdict::good); };
  return !sheet.items.empty() && std::all_of(sheet.items.begin(), sheet.items.end(), good);
}

std::string sheet_text(const MapSheet& sheet) {
  std::string text = fmt::format("Map of room {}, {}, by Mac {}\n", sheet.room, sheet.made_at, sheet.mac);
  for (const MapItem& i : sheet.items) {
    text += fmt::format("\n{}: {}\n  USB     {:<8} {}\n  outlet  {:<8} {}{}\n", i.slot, i.proven ? "proven" : "not proven",
                        to_string(i.usb), i.usb_words, to_string(i.power), i.outlet.empty() ? "" : i.outlet + ": ",
                        i.power_words);
  }
  if (!sheet.not_seen.empty()) text += fmt::format("\nNot visited: {}\n", fmt::join(sheet.not_seen, ", "));
  std::string commands;
  for (const MapItem& i : sheet.items)
    if (i.proven) commands += fmt::format("  greenroom command prove-map {} {}\n", i.outlet, i.slot);
  if (!commands.empty()) text += "\nTo tell the room that runs, when its service has started again:\n" + commands;
  return text;
}

std::string sheet_json(const MapSheet& sheet) {
  nlohmann::ordered_json json;
  json["room"] = sheet.room;
  json["made_at"] = sheet.made_at;
  json["mac"] = sheet.mac;
  json["slots"] = nlohmann::ordered_json::array();
  for (const MapItem& i : sheet.items) {
    nlohmann::ordered_json o;
    o["slot"] = i.slot;
    o["usb"] = to_string(i.usb);
    o["usb_words"] = i.usb_words;
    o["outlet"] = i.outlet.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(i.outlet);
    o["power"] = to_string(i.power);
    o["power_words"] = i.power_words;
    o["proven"] = i.proven;
    json["slots"].push_back(std::move(o));
  }
  json["not_visited"] = sheet.not_seen;
  return json_line(json);
}

}  // namespace greenroom::cli
