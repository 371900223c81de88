// What an engine's last words mean for people: cause, remedy, and who must act. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace greenroom {

struct FailureWords {
  std::string_view cause, remedy, owner;  // owner: technician | recipe_owner | repair | network | bench_owner
};

// The most telling of these error lines decides, not the last one: the engine repeats itself outward. Null when none
// is known.
const FailureWords* explain_failure(std::span<const std::string> errors);
// For the device's own status line, "Status: Disk Failure".
const FailureWords* explain_status(std::string_view status);

}  // namespace greenroom
