// Owns coroutines. Every coroutine of the program belongs to a group; a group that is destroyed while one still runs
// is a defect and ends the program, because that coroutine would go on with dangling references.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <list>
#include <memory>

#include "hw/async/task.hpp"

namespace greenroom {

class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor);
  ~TaskGroup();  // asserts that the group is empty
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts the coroutine, at once when called from the loop. An exception out of it is a broken invariant: the program ends.
  void spawn(asio::awaitable<void>);
  // Asks every coroutine to stop, from the loop or outside it; each sees Errc::cancelled from what it waits for. They end as
  // the loop turns.
  void cancel();
  [[nodiscard]] std::size_t size() const { return running_.size(); }

 private:
  struct Running;
  asio::any_io_executor executor_;
  std::shared_ptr<bool> here_{std::make_shared<bool>(true)};  // gone with the group: a cancel that comes too late
  std::list<std::unique_ptr<Running>> running_;
};

}  // namespace greenroom
