// When people work, by the room's shifts (design: People). Wall time: no decision about power or erasure rests on it.
#pragma once

#include <vector>

#include "controller/domain/room.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

// When `d` of staffed time has passed from `wall` on.
WallTime staffed_after(const std::vector<Shift>&, WallTime wall, Duration d);
// The first moment at or after `wall` at which people work: `wall` itself where there are no shifts.
WallTime staffed_from(const std::vector<Shift>&, WallTime wall);

}  // namespace greenroom
