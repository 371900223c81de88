// A room while it is read: beside each thing the table it came from, so that an error found later has its place.
// Private to config/room*.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/dfu_via.hpp"
#include "config/macs.hpp"
#include "config/reader/reader.hpp"
#include "controller/domain/room.hpp"

namespace greenroom::draft {

struct RoomDraft {
  RoomDraft(Document d, std::vector<Brick> b) : doc(std::move(d)), bricks(std::move(b)) {}

  Document doc;
  std::vector<Brick> bricks;
  Room room;
  std::vector<std::optional<DfuVia>> dfu_vias;  // by slot
  // The table that made the thing of the same index. Several slots may come from one table (a range of names).
  std::vector<Table> circuits, pdus, slots, infrastructure;
  std::map<std::string, CircuitId, std::less<>> circuit_named;  // of [[circuit]] only, not of PDUs
  std::map<std::string, OutletId, std::less<>> outlet_named;
};

// "S1-01..12" is S1-01, S1-02 ... S1-12, the width kept; a name without ".." is itself. Nothing when malformed.
std::optional<std::vector<std::string>> expand(std::string_view pattern);

void read_circuits(RoomDraft&);  // room_circuits.cpp: parents before children, loops reported
void read_pdus(RoomDraft&);      // room_pdus.cpp: with their inputs, banks and outlets
void read_slots(RoomDraft&);     // room_slots.cpp
void read_rest(RoomDraft&);      // room_rest.cpp: [room], [timings], [[infrastructure]]
// room_check.cpp: what only shows when the whole room is known. After all reads.
void check_room(RoomDraft&);

// The circuit itself, then all above it.
std::vector<CircuitId> upward(const Room&, CircuitId);
bool below(const Room&, CircuitId low, CircuitId high);  // also when they are the same

}  // namespace greenroom::draft
