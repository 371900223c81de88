#include "hw/async/manual_clock.hpp"

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace greenroom {
namespace {

struct Later {
  template <class E>
  bool operator()(const E& a, const E& b) const {
    return a.at != b.at ? a.at > b.at : a.number > b.number;
  }
};

}  // namespace

ManualClock::ManualClock(asio::any_io_executor executor, WallTime start) : executor_(std::move(executor)), start_(start) {}

Task<void> ManualClock::sleep_until(TimePoint at) {
  // Sticky: what is waited for after a cancellation is cancelled too.
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    co_return fail(Errc::cancelled, "cancelled while waiting");
  }
  auto begin = [this, at](auto handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    // Shared between the clock's event and the canceller; whichever comes first takes the handler.
    auto wake = std::make_shared<std::optional<decltype(handler)>>(std::move(handler));
    const auto finish = [wake, executor = executor_](bool cancelled) {
      if (!*wake) return;
      auto ready = std::move(**wake);
      wake->reset();
      asio::post(executor, [ready = std::move(ready), cancelled]() mutable { std::move(ready)(cancelled); });
    };
    if (slot.is_connected()) {
      slot.assign([finish](asio::cancellation_type) { finish(true); });
    }
    call_at(at, [finish] { finish(false); });
  };
  const bool cancelled =
      co_await asio::async_initiate<decltype(asio::use_awaitable), void(bool)>(begin, asio::use_awaitable);
  if (cancelled) co_return fail(Errc::cancelled, "cancelled while waiting");
  co_return Result<void>{};
}

void ManualClock::call_at(TimePoint at, std::function<void()> call) {
  heap_.push_back(Event{std::max(at, now_), asked_++, std::move(call)});
  std::push_heap(heap_.begin(), heap_.end(), Later{});
}

std::optional<TimePoint> ManualClock::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

bool ManualClock::run_next() {
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), Later{});
  const Event event = std::move(heap_.back());
  heap_.pop_back();
  now_ = std::max(now_, event.at);  // after a nap it is overdue
  event.call();
  return true;
}

}  // namespace greenroom
