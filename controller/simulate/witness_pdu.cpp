#include "controller/simulate/witness_pdu.hpp"

#include <utility>

namespace greenroom::sim {

// A coroutine that was cancelled ended with its controller: nothing was seen, and nothing is told.
Task<PduTraits> WitnessPdu::identify() {
  auto traits = co_await driver_.identify();
  if (traits) listener_.identified(id_, *traits);
  else if (traits.error().code != Errc::cancelled) listener_.failed(id_, traits.error());
  co_return traits;
}

Task<PduReading> WitnessPdu::read(Depth depth) {
  auto reading = co_await driver_.read(depth);
  if (reading) listener_.reading(id_, *reading);
  else if (reading.error().code != Errc::cancelled) listener_.failed(id_, reading.error());
  co_return reading;
}

Task<OutletReading> WitnessPdu::set(SwitchOrder order) {
  const OutletNumber number = order.number;
  const Switch to = order.to;
  listener_.ordered(id_, number, to);
  // `still_allowed` is asked at the committing byte: what it lets pass is what the judge calls sent.
  auto allowed = [this, number, to, ask = std::move(order.still_allowed)]() -> Result<void> {
    if (auto may = ask ? ask() : Result<void>{}; !may) return may;
    listener_.committed(id_, number, to);
    return {};
  };
  SwitchOrder watched(number, to, order.expires, std::move(allowed));
  auto reading = co_await driver_.set(std::move(watched));
  listener_.ended(id_, number, to, reading);
  co_return reading;
}

}  // namespace greenroom::sim
