// The one source of time. Three kinds: SystemClock (a real room), ScaledClock (a simulated room shown to people,
// N times real time), ManualClock (tests and virtual time; moves only when told).
#pragma once

#include <functional>

#include "hw/async/task.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

struct Clock {
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;  // journal and people only; may jump
  // Ends at the given time, at once if it has passed; Errc::cancelled when its coroutine is cancelled.
  virtual Task<void> sleep_until(TimePoint) = 0;
  // Calls back once, on the loop, at or after the given time; calls due at one time run in the order they were asked
  // for. Used by models, whose events are not coroutines. A callback must not throw.
  virtual void call_at(TimePoint, std::function<void()>) = 0;
};

}  // namespace greenroom
