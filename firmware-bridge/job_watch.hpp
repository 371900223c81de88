// Tells when something may have changed in a job: a file in its directory (inotify), or the end of one of its processes
// (pidfd). Real events, not a period, because the room's clock may run faster than the machine's. Only wakes: what has
// changed, the woken one looks up himself. Who calls: ProcessEngine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "firmware-bridge/job_files.hpp"
#include "hw/async/event.hpp"

namespace greenroom {

class JobWatch {
 public:
  explicit JobWatch(asio::any_io_executor);
  ~JobWatch();

  struct Changes {
    Event event;     // set at each change
    bool all{true};  // more than output was written; cleared by whoever has looked
  };

  // Tells of each change from follow() on, while it lives.
  class Follower {
   public:
    ~Follower();
    // Also tells when that process has ended. False when it is gone already.
    bool until_end_of(const std::string& boot, ProcessId);
    [[nodiscard]] const std::shared_ptr<Changes>& changes() const { return changes_; }

   private:
    friend class JobWatch;
    struct Process;
    Follower() = default;
    std::shared_ptr<Changes> changes_ = std::make_shared<Changes>();
    std::unique_ptr<Process> process_;
    struct Seat;
    std::unique_ptr<Seat> seat_;
  };
  Result<std::unique_ptr<Follower>> follow(const std::string& directory);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Ends when that process, our own child, has ended and is reaped; with what waitpid() says of it. Reaped also when the
// waiting coroutine is cancelled.
Task<int> reap_child(asio::any_io_executor, std::int32_t pid);

}  // namespace greenroom
