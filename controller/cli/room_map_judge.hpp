// What a slot's map is worth (rules.md R13), from what was seen when a known Mac was carried there: its place on USB, the
// draw at the outlet that was just closed, and the label that was scanned must agree. Pure. `greenroom room map` and its
// walk (room_map_walk.hpp) gather; these functions decide.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/cli/pdu_check_judge.hpp"
#include "controller/domain/room.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom::cli {

// At one slot, whose label was scanned last.
struct MapSeen {
  SlotId slot;
  std::optional<PortPath> port;  // where the Mac showed itself; nothing: nowhere on this machine
  std::optional<Toggle> toggle;  // of its outlet, closed and opened
  std::string not_closed;        // why its outlet was not closed; empty: it was
  std::optional<bool> charges;   // as a person saw it, where nothing meters the outlet
};

struct MapItem {
  std::string slot, outlet;  // no outlet: empty
  Verdict usb{Verdict::open}, power{Verdict::open};
  std::string usb_words, power_words;
  bool proven{};  // the outlet feeds the slot
};
// The slot's port on this machine, `here`, which a room may also call "host"; nothing: it has none here.
std::optional<PortPath> port_here(const Slot&, const std::string& here);
// `dialect`: of the outlet's PDU; null for a slot without an outlet.
MapItem judge_map(const Room&, const std::string& here, const DialectFacts* dialect, const MapSeen&);

// Nothing else is known to limit what hangs on the outlets yet, so each counts at the largest brick of the room (R13), and
// all at the continuous limit (R2). What would be exceeded by closing `outlet` too, in words; nothing: it fits. `on`: by
// outlet, whatever does not read off.
std::optional<std::string> closing_exceeds(const Room&, const std::vector<bool>& on, OutletId outlet);

struct MapSheet {
  std::string room, made_at, mac;
  std::vector<MapItem> items;         // in the order of the room
  std::vector<std::string> not_seen;  // the other slots
};
bool all_good(const MapSheet&);           // of what was visited, if anything was
std::string sheet_text(const MapSheet&);  // ends with the commands that tell a running room what was proven
std::string sheet_json(const MapSheet&);  // on one line

}  // namespace greenroom::cli
