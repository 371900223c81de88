// A flag that one coroutine waits for. set() before wait() is not lost; several sets before one wait are one.
#pragma once

#include <functional>

#include "hw/async/task.hpp"

namespace greenroom {

class Event {
 public:
  void set();
  // Ends at once when the flag is set, and clears it. Errc::cancelled when its coroutine is cancelled.
  // One waiter at a time: a second one is a broken invariant.
  Task<void> wait();

 private:
  bool set_{};
  std::function<void(bool cancelled)> waiter_;
};

}  // namespace greenroom
