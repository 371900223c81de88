// What is on a line before somebody speaks on it. Who calls: the owner of a line, when a reply may still be on its way.
#pragma once

#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

// Reads until nothing has come for `late`, the longest that a reply can take, so that no old reply is taken for a new one.
// Errc::protocol when bytes come without end; else the line's own error.
Task<void> drain(SerialLine&, Clock&, Duration late);

}  // namespace greenroom
