// The two clocks that follow real time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "hw/async/clock.hpp"

namespace greenroom {

// Room time is `start` plus CLOCK_BOOTTIME times `speed` since construction (speed 1: a real room; SystemClock). `start`
// is where a former process of the same room left off, so that times written down before a restart stay good.
// CLOCK_BOOTTIME counts through suspend, so that an order made before a nap is seen as expired after it (rules.md R7).
// A speed other than 1 is only for rooms whose every line and bus is a model's.
std::unique_ptr<Clock> make_system_clock(asio::any_io_executor, TimePoint start = TimePoint{});
std::unique_ptr<Clock> make_scaled_clock(asio::any_io_executor, double speed, WallTime wall_start,
                                         TimePoint start = TimePoint{});

Duration boot_time();    // CLOCK_BOOTTIME: since the machine started, naps included
WallTime system_wall();  // CLOCK_REALTIME
std::string boot_id();   // this start of the machine, as the kernel names it; empty where it does not

}  // namespace greenroom
