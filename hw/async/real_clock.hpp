// The two clocks that follow real time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "hw/async/clock.hpp"

namespace greenroom {

// Room time is CLOCK_BOOTTIME times `speed` since construction (speed 1: a real room; SystemClock). CLOCK_BOOTTIME
// counts through suspend, so that an order made before a nap is seen as expired after it (rules.md R7).
// A speed other than 1 is only for rooms whose every line and bus is a model's.
std::unique_ptr<Clock> make_system_clock(asio::any_io_executor);
std::unique_ptr<Clock> make_scaled_clock(asio::any_io_executor, double speed, WallTime start);

}  // namespace greenroom
