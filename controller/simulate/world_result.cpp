// What a run came to, judged as a whole.
#include "controller/simulate/world.hpp"

namespace greenroom::sim {

bool WorldResult::clean() const {
  for (const auto& [rule, count] : violations) {
    if (count > 0) return false;
  }
  return stranded == 0 && trips == 0 && protected_opens == 0 && wrong_mac == 0 && unerased_released == 0 &&
         hard_limit_amp_seconds <= 0 && soft_over_seconds <= 0;
}

}  // namespace greenroom::sim
