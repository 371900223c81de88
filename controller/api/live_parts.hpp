// The room as flat parts, for streams that tell what changed. Pure.
//
// A part is one element of a listing ("places/1-03", "circuits/branch", "cases/12") or one other member of GET
// /api/v1/room's state ("chores", "macs"). What only grows older is left out, or every part would change at every look:
// fields that end in _ms or _in_s, and the service's wall time. Readers reckon ages from the absolute times beside them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/api/room_view.hpp"

namespace greenroom {

// Names and their JSON, as the room lists them: a page shows its places in this order.
using Parts = std::vector<std::pair<std::string, std::string>>;

Parts parts_of(const RoomView&);

// {"whole":..,"seq":..,"wall":..,"speed":..,"set":{name: part,..},"gone":[name,..]}: all of `now`; or, of what `before` did
// not have alike, only that, and nothing when there is none.
std::string whole_frame(const Parts& now, const RoomView&);
std::string change_frame(const Parts& before, const Parts& now, const RoomView&);

}  // namespace greenroom
