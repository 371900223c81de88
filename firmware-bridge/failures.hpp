// What an engine's last words mean for people: cause, remedy, and who must act. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace greenroom {

struct FailureWords {
  std::string_view cause, remedy, owner;  // owner: technician | recipe_owner | repair | network | bench_owner
};

struct FailureRow {
  std::string_view said;  // stands in the engine's line
  FailureWords words;
  bool in_recovery{};  // only where the Mac's iBoot had answered in that run
};
// All that are known, in the order in which they are looked for: docs/restoring.md lists them.
std::span<const FailureRow> known_failures();
std::span<const FailureRow> known_statuses();

// The most telling of these error lines decides, not the last one: the engine repeats itself outward. Null when none
// is known. `in_recovery`: the Mac's iBoot answered before them (git builds say so; 1.0.0 never does).
const FailureWords* explain_failure(std::span<const std::string> errors, bool in_recovery);
// For the device's own status line, "Status: Disk Failure".
const FailureWords* explain_status(std::string_view status);

}  // namespace greenroom
