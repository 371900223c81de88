#include "hw/async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "hw/base/log.hpp"

namespace greenroom {

struct TaskGroup::Running {
  asio::cancellation_signal stop;
  std::list<std::unique_ptr<Running>>::iterator self;
};

TaskGroup::TaskGroup(asio::any_io_executor executor) : executor_(std::move(executor)) {}

TaskGroup::~TaskGroup() {
  if (running_.empty()) return;
  log::error("a task group was destroyed while its coroutines still ran; this is a defect in Greenroom");
  std::terminate();
}

void TaskGroup::spawn(asio::awaitable<void> work) {
  running_.push_back(std::make_unique<Running>());
  Running* running = running_.back().get();
  running->self = std::prev(running_.end());
  asio::co_spawn(executor_, std::move(work), asio::bind_cancellation_slot(running->stop.slot(), [this, running](std::exception_ptr broken) {
    if (broken) std::rethrow_exception(broken);
    running_.erase(running->self);
  }));
}

void TaskGroup::cancel() {
  for (const auto& running : running_) running->stop.emit(asio::cancellation_type::terminal);
}

}  // namespace greenroom
