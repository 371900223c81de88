// What the wires of a room's PDUs allow, from the sizes that their dialects state: supervised often enough (R3), ordered
// within an order's life (R7), shed soon enough on a branch that others may load too. Callers: the room check, and whoever
// runs a room.
#pragma once

#include <string>
#include <vector>

#include "config/room.hpp"

namespace greenroom::cli {

// Of each PDU with as many outlets as it has; with what is wrong in a dialect file of one's own, which is read to its end
// here. Complaints that are warnings tell what to know of a room that may run.
std::vector<Complaint> check_wires(const RoomFile&, const std::string& room_file);

}  // namespace greenroom::cli
