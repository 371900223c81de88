// One open serial line, however it is reached: a port, a console server, a pty, a model. Who calls: the one driver
// that owns the line, from the loop. Destroying a line ends pending reads with Errc::device_gone.
#pragma once

#include <string>

#include "hw/async/task.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

struct SerialLine {
  virtual ~SerialLine() = default;
  // Ends when the bytes were handed to the wire, not when they arrived.
  virtual Task<void> write(std::string bytes) = 0;
  // At least one byte, as soon as there is one. Errc::timeout when none came by the deadline; Errc::device_gone.
  virtual Task<std::string> read_some(TimePoint deadline) = 0;
  // Drops what has arrived and was not read.
  virtual void discard_input() = 0;
};

}  // namespace greenroom
