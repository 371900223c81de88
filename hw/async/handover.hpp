// One value handed from a callback to one waiting coroutine, both on the same loop. The first of give() and
// cancellation wins. Include in .cpp files only: the Asio parts are heavy.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "hw/async/task.hpp"

namespace greenroom {

template <class T>
class Handover {
 public:
  // A handle for the giver; stays valid however long the giver keeps it. Gives after the first are dropped.
  class Giver {
   public:
    void give(Result<T> value) const {
      if (state_->value) return;
      state_->value.emplace(std::move(value));
      if (state_->wake) std::exchange(state_->wake, nullptr)();
    }

   private:
    friend class Handover;
    struct State {
      std::optional<Result<T>> value;
      std::function<void()> wake;
    };
    explicit Giver(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };

  Handover() : giver_(std::make_shared<typename Giver::State>()) {}
  [[nodiscard]] Giver giver() const { return giver_; }

  // Ends with the given value, or Errc::cancelled. Taken once.
  Task<T> take() {
    Giver giver = giver_;
    // Sticky: what is waited for after a cancellation is cancelled too.
    // Named with its type: in a template g++ 12 cannot tell the type of what is awaited.
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      giver.give(fail(Errc::cancelled, "cancelled while waiting"));
    }
    if (!giver.state_->value) {
      auto begin = [giver](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto held = std::make_shared<decltype(handler)>(std::move(handler));
        giver.state_->wake = [held] {
          const auto executor = asio::get_associated_executor(*held);
          asio::post(executor, std::move(*held));
        };
        if (slot.is_connected()) {
          slot.assign([giver](asio::cancellation_type) { giver.give(fail(Errc::cancelled, "cancelled while waiting")); });
        }
      };
      co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(begin, asio::use_awaitable);
    }
    co_return std::move(*giver.state_->value);
  }

 private:
  Giver giver_;
};

}  // namespace greenroom
