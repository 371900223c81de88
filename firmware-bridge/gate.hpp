// The erase gate (rules.md R4): the engine reaches the restore OS only through it. Shut until the permit is written,
// and it stays as it was when the controller dies.
#pragma once

#include "firmware-bridge/restore_engine.hpp"

namespace greenroom {

struct Gate {
  virtual ~Gate() = default;
  // Writes the permit; only ever after the durable fact that R4 holds. Permitting twice is harmless.
  virtual Task<void> permit(JobId) = 0;
  // Whether that was done, by whichever controller.
  [[nodiscard]] virtual Result<bool> permitted(JobId) const = 0;
};

}  // namespace greenroom
