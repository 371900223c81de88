// The way through a room with one known Mac: a label, the Mac's place on USB, its outlet closed and opened again. Needs no
// terminal; the command calls it on real lines and this machine's USB, tests on models.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "controller/cli/room_map_judge.hpp"
#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::cli {

struct MapPorts {
  MapPorts(const Room& r, std::string h, UsbTable& u, Clock& c)
      : room(r), here(std::move(h)), usb(u), clock(c), locked(r.outlets.size()) {}
  const Room& room;
  std::string here;  // this machine, as its ports are called
  UsbTable& usb;
  Clock& clock;
  std::vector<Pdu*> pdus;  // in the order of the room
  std::vector<DialectFacts> dialects;
  UsbTable::Predicate known_mac;
  UsbTable::Predicate is_mac;                    // any
  std::vector<bool> locked;                      // by outlet: a person locked it out, or what feeds it (R14)
  std::function<Task<std::string>()> next_line;  // what a person scans or types; empty: there is no more
  std::function<void(const std::string&)> say;   // one line to that person
};

// Goes from slot to slot until there is no more; a slot that is scanned again is seen anew. `seen` holds what was done also
// when it fails: cancelled, or a PDU that nobody answers for.
Task<void> walk_room(const MapPorts&, std::vector<MapSeen>& seen);

}  // namespace greenroom::cli
