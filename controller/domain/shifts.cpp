// Staffed time: the room's shifts, on the wall clock. Four weeks ahead hold every weekday of every calendar.
#include "controller/domain/shifts.hpp"

#include <algorithm>
#include <optional>

namespace greenroom {
namespace {

constexpr int days_ahead = 28;

// The spans of a shift on the days around `wall`, in the order of days; stops when `take` says so.
template <class Take>
void each_span(const std::vector<Shift>& shifts, WallTime wall, Take take) {
  using std::chrono::days;
  const auto midnight = std::chrono::floor<days>(wall);
  for (int day = 0; day < days_ahead; ++day) {
    const auto date = midnight + days{day};
    const auto weekday = static_cast<int>(std::chrono::weekday{date}.iso_encoding()) - 1;  // Monday is 0
    for (const Shift& s : shifts) {
      if (s.weekday == weekday && take(WallTime{date + s.begin}, WallTime{date + s.end})) return;
    }
  }
}

}  // namespace

WallTime staffed_after(const std::vector<Shift>& shifts, WallTime wall, Duration d) {
  std::optional<WallTime> at;
  each_span(shifts, wall, [&](WallTime begin, WallTime end) {
    begin = std::max(begin, wall);
    if (begin >= end) return false;
    if (d <= end - begin) at = begin + d;
    else d -= end - begin;
    return at.has_value();
  });
  return at.value_or(wall + std::chrono::days{days_ahead});  // nobody works here: a deadline all the same
}

WallTime staffed_from(const std::vector<Shift>& shifts, WallTime wall) {
  if (shifts.empty()) return wall;
  WallTime first = wall + std::chrono::days{days_ahead};
  each_span(shifts, wall, [&](WallTime begin, WallTime end) {
    if (wall < end) first = std::min(first, std::max(begin, wall));
    return first == wall;
  });
  return first;
}

}  // namespace greenroom
