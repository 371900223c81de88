#include "controller/simulate/model_hosts.hpp"

namespace greenroom::sim {

boost::asio::awaitable<void> ask_hosts(Clock& clock, Outage outage, std::function<void(const Readiness&)> tell) {
  Readiness seen;
  do {
    const Duration at = clock.now().time_since_epoch();
    seen.hosts.reset();
    if (at >= outage.from && at < outage.until) {
      seen.hosts = Readiness::Lack{"gs.apple.com is not reached.", "Look at the room's network."};
    } else {
      seen.hosts_reached = clock.now();
    }
    tell(seen);
  } while (co_await clock.sleep_until(clock.now() + readiness_asked_every));
}

}  // namespace greenroom::sim
