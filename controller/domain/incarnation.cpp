#include "controller/domain/incarnation.hpp"

#include <algorithm>
#include <cmath>

namespace greenroom {

TimePoint resume_at(const Lifetime& before, const Incarnation& now, WallTime wall, double speed) {
  if (before == Lifetime{}) return TimePoint{};
  const bool same_boot = !now.boot.empty() && now.boot == before.last.boot && now.boot_time >= before.last.boot_time;
  if (!same_boot) return before.last_fact + std::max(Duration{}, wall - before.last_wall);
  const auto real = static_cast<double>((now.boot_time - before.last.boot_time).count());
  return std::max(before.last_fact, before.started + Duration{std::llround(real * speed)});
}

}  // namespace greenroom
