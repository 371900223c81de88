#include "hw/async/event.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

namespace greenroom {

void Event::set() {
  set_ = true;
  if (auto waiter = std::exchange(waiter_, nullptr)) waiter(false);
}

Task<void> Event::wait() {
  // Sticky: what is waited for after a cancellation is cancelled too.
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    co_return fail(Errc::cancelled, "cancelled while waiting");
  }
  if (!set_) {
    auto begin = [this](auto handler) {
      auto slot = asio::get_associated_cancellation_slot(handler);
      // std::function wants a copyable target; the handler moves only, so it is shared.
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      waiter_ = [shared](bool cancelled) {
        const auto executor = asio::get_associated_executor(*shared);
        asio::post(executor, [shared, cancelled] { std::move (*shared)(cancelled); });
      };
      if (slot.is_connected()) {
        slot.assign([this](asio::cancellation_type) {
          if (auto waiter = std::exchange(waiter_, nullptr)) waiter(true);
        });
      }
    };
    const bool cancelled =
        co_await asio::async_initiate<decltype(asio::use_awaitable), void(bool)>(begin, asio::use_awaitable);
    if (cancelled) co_return fail(Errc::cancelled, "cancelled while waiting");
  }
  set_ = false;
  co_return Result<void>{};
}

}  // namespace greenroom
