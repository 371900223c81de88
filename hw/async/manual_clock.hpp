// Virtual time. Moves only when told; events of one instant run in the order they were asked for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "hw/async/clock.hpp"

namespace greenroom {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(asio::any_io_executor, WallTime start = WallTime{});

  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return start_ + now_.time_since_epoch() + jump_; }
  Task<void> sleep_until(TimePoint) override;
  void call_at(TimePoint, std::function<void()>) override;

  // The time of the next event; nothing when nobody waits.
  [[nodiscard]] std::optional<TimePoint> next() const;
  // Moves to the next event's time and runs that one event. False when there is none. The caller runs the loop until
  // no handler is ready before it asks again.
  bool run_next();
  // The machine slept: time went on and nobody ran. What was due meanwhile is due at once.
  void nap(Duration d) { now_ += d; }
  void jump_wall(Duration d) { jump_ += d; }  // somebody set the wall clock; room time does not move

 private:
  struct Event {
    TimePoint at;
    std::uint64_t number;
    std::function<void()> call;
  };
  asio::any_io_executor executor_;
  TimePoint now_{};
  WallTime start_;
  Duration jump_{};
  std::uint64_t asked_ = 0;
  std::vector<Event> heap_;
};

}  // namespace greenroom
