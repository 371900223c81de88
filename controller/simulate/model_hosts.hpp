// Apple's hosts for a simulated room: they answer but for one outage, and are asked as often as a real room asks.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "controller/domain/visits/readiness.hpp"
#include "hw/async/clock.hpp"

namespace greenroom::sim {

struct Outage {
  Duration from{}, until{};  // after the room opened
};

// Tells what it finds, at once and every five minutes, until the clock is cancelled.
boost::asio::awaitable<void> ask_hosts(Clock&, Outage, std::function<void(const Readiness&)> tell);

}  // namespace greenroom::sim
