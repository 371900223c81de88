#include "hw/async/real_clock.hpp"

#include <time.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <fstream>
#include <optional>
#include <utility>

namespace greenroom {

Duration boot_time() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec});
}

WallTime system_wall() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);  // random(4)
  return id;
}

namespace {

class RealClock final : public Clock {
 public:
  RealClock(asio::any_io_executor executor, double speed, std::optional<WallTime> wall_start, TimePoint start)
      : executor_(std::move(executor)), speed_(speed), origin_(boot_time()), wall_start_(wall_start), start_(start) {}

  [[nodiscard]] TimePoint now() const override {
    return start_ + Duration{std::llround(static_cast<double>((boot_time() - origin_).count()) * speed_)};
  }
  [[nodiscard]] WallTime wall() const override { return wall_start_ ? *wall_start_ + (now() - start_) : system_wall(); }

  Task<void> sleep_until(TimePoint at) override {
    // Sticky: what is waited for after a cancellation is cancelled too.
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      co_return fail(Errc::cancelled, "cancelled while waiting");
    }
    asio::steady_timer timer(executor_, real_wait(at));
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return fail(Errc::cancelled, "cancelled while waiting");
    co_return Result<void>{};
  }

  void call_at(TimePoint at, std::function<void()> call) override {
    auto timer = std::make_unique<asio::steady_timer>(executor_, real_wait(at));
    auto& armed = *timer;
    armed.async_wait([timer = std::move(timer), call = std::move(call)](boost::system::error_code error) {
      if (!error) call();
    });
  }

 private:
  // Timers of one instant fire in the order they were set: steady_timer's queue keeps that order for equal times, and
  // a past time is due at once.
  [[nodiscard]] std::chrono::steady_clock::duration real_wait(TimePoint at) const {
    const auto left = at - now();
    if (left <= Duration::zero()) return {};
    constexpr double longest_us = 1e15;  // about 30 years: keeps TimePoint::max() from overflowing the timer
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        Duration{static_cast<std::int64_t>(std::min(static_cast<double>(left.count()) / speed_, longest_us))});
  }

  asio::any_io_executor executor_;
  double speed_;
  Duration origin_;
  std::optional<WallTime> wall_start_;
  TimePoint start_;
};

}  // namespace

std::unique_ptr<Clock> make_system_clock(asio::any_io_executor executor, TimePoint start) {
  return std::make_unique<RealClock>(std::move(executor), 1.0, std::nullopt, start);
}

std::unique_ptr<Clock> make_scaled_clock(asio::any_io_executor executor, double speed, WallTime wall_start,
                                         TimePoint start) {
  return std::make_unique<RealClock>(std::move(executor), speed, wall_start, start);
}

}  // namespace greenroom
