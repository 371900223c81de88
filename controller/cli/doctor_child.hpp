// A piece of blocking work in a process of its own, which says what it finds on a pipe and is ended at its deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "firmware-bridge/job_files.hpp"

namespace greenroom::cli {

class Child {
 public:
  using Clock = std::chrono::steady_clock;
  // Starts it: `work` writes to the descriptor that it is given, and ends; it does not come back.
  explicit Child(const std::function<void(int out)>& work);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  struct Heard {
    std::string text;  // 64 KiB at most
    bool in_time{};    // it ended by itself before the deadline
    int status{};      // as waitpid tells it
  };
  Heard hear_until(Clock::time_point deadline);

 private:
  int pid_{-1};
  Fd out_;
};

}  // namespace greenroom::cli
