#include "hw/async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "hw/base/log.hpp"

namespace greenroom {

struct TaskGroup::Running {
  asio::cancellation_signal stop;
  std::list<std::unique_ptr<Running>>::iterator self;
};

namespace {

// Cancellation is a value here: Asio must not throw from the next co_await after it.
asio::awaitable<void> quietly(asio::awaitable<void> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(work);
}

}  // namespace

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
  asio::co_spawn(executor_, quietly(std::move(work)),
                 asio::bind_cancellation_slot(running->stop.slot(), [this, running](std::exception_ptr broken) {
                   if (broken) std::rethrow_exception(broken);
                   running_.erase(running->self);
                 }));
}

// On the loop only: co_spawn carries an emit from outside it out later, by a plain pointer to a coroutine that may have
// ended by then (Boost 1.81, seen under ASan when a socket was closed just before).
void TaskGroup::cancel() {
  const std::weak_ptr<bool> here = here_;
  asio::dispatch(executor_, [this, here] {
    if (here.expired()) return;
    for (const auto& running : running_) running->stop.emit(asio::cancellation_type::terminal);
  });
}

}  // namespace greenroom
