// Two times, never mixed. Room time drives every decision: monotonic, counted through suspend (CLOCK_BOOTTIME on a
// real host, virtual in a simulated room). Wall time is for people and for the journal only.
#pragma once

#include <chrono>
#include <cstdint>

namespace greenroom {

using Duration = std::chrono::microseconds;

// Names the epoch "start of this room's clock"; has no now() on purpose, because time is always an argument.
struct RoomTime {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = Duration;
};
using TimePoint = std::chrono::time_point<RoomTime, Duration>;
using WallTime = std::chrono::sys_time<Duration>;

constexpr TimePoint never = TimePoint::max();

constexpr double in_seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }
inline Duration seconds_of(double s) { return Duration{static_cast<std::int64_t>(s * 1e6)}; }

}  // namespace greenroom
