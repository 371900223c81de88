#include "hw/model/wire.hpp"

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace greenroom::model {

asio::awaitable<Woken> Waiter::wait() {
  // Sticky: what is waited for after a cancellation is cancelled too.
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    co_return Woken::cancelled;
  auto begin = [this](auto handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    // Shared between the model's event and the canceller; whichever comes first takes the handler.
    auto held = std::make_shared<std::optional<decltype(handler)>>(std::move(handler));
    waiting_ = std::make_shared<bool>(true);
    wake_ = [held, waiting = waiting_, executor = executor_](Woken why) {
      if (!*held) return;
      *waiting = false;
      auto ready = std::move(**held);
      held->reset();
      asio::post(executor, [ready = std::move(ready), why]() mutable { std::move(ready)(why); });
    };
    if (slot.is_connected()) {
      slot.assign([wake = wake_](asio::cancellation_type) { wake(Woken::cancelled); });
    }
  };
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Woken)>(begin, asio::use_awaitable);
}

void Waiter::wake(Woken why) {
  if (waiting()) wake_(why);
}

void Wire::send(std::string bytes) {
  const TimePoint now = clock_.now();
  sending_until_ = std::max(sending_until_, now) + byte_time_ * static_cast<std::int64_t>(bytes.size());
  clock_.call_at(sending_until_, [self = weak_from_this(), bytes = std::move(bytes)] {
    if (const auto wire = self.lock(); wire && !wire->closed_) wire->to_device_(bytes);
  });
}

void Wire::arrive(const std::string& bytes) {
  if (closed_) return;
  arrived_ += bytes;
  waiter_.wake(Woken::ready);
}

void Wire::close() {
  closed_ = true;
  waiter_.wake(Woken::closed);
}

void Wire::arm(TimePoint deadline) {
  if (armed_ <= deadline) return;  // that event looks again when it comes
  armed_ = deadline;
  clock_.call_at(deadline, [self = weak_from_this(), deadline] {
    const auto wire = self.lock();
    if (!wire || wire->armed_ != deadline) return;
    wire->armed_ = never;
    if (!wire->waiter_.waiting()) return;
    if (wire->deadline_ <= deadline) wire->waiter_.wake(Woken::timeout);
    else wire->arm(wire->deadline_);
  });
}

Task<std::string> Wire::read(TimePoint deadline) {
  const auto self = shared_from_this();  // the line may be destroyed while this waits
  if (arrived_.empty()) {
    if (closed_) co_return fail(Errc::device_gone, "the line is closed");
    if (clock_.now() >= deadline) co_return fail(Errc::timeout, "nothing arrived on the line in time");
    deadline_ = deadline;
    arm(deadline);
    const Woken why = co_await waiter_.wait();
    if (why == Woken::closed) co_return fail(Errc::device_gone, "the line was closed");
    if (why == Woken::cancelled) co_return fail(Errc::cancelled, "cancelled while reading the line");
    if (arrived_.empty()) co_return fail(Errc::timeout, "nothing arrived on the line in time");
  }
  co_return std::exchange(arrived_, {});
}

Task<void> ModelLine::write(std::string bytes) {
  if (wire_->closed()) co_return fail(Errc::device_gone, "the line is closed");
  wire_->send(std::move(bytes));
  co_return Result<void>{};
}

Task<std::string> ModelLine::read_some(TimePoint deadline) {
  const auto wire = wire_;
  co_return co_await wire->read(deadline);
}

}  // namespace greenroom::model
