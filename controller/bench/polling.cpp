// One poller for each PDU: proves who answers, then reads at the room file's two periods.
#include <algorithm>
#include <utility>

#include "controller/bench/bench.hpp"

namespace greenroom {
namespace {

// A line that does not answer is tried again after this; a PDU that boots stays silent for some 10 s (Baytech manual).
constexpr Duration identify_again = std::chrono::seconds{5};
// So many void polls in a row (each with its one retry) and the PDU must prove its identity anew (R13).
constexpr int polls_until_lost = 2;

}  // namespace

Sensed sensed_from_wire(OutletState state) {
  switch (state) {
    case OutletState::off: return Sensed::off;
    case OutletState::on: return Sensed::on;
    case OutletState::pending: return Sensed::pending;
    case OutletState::fault: return Sensed::fault;
    case OutletState::unknown: return Sensed::unknown;
  }
  return Sensed::unknown;
}

asio::awaitable<void> Bench::poll(PduId id) {
  const PduConfig& config = setup_.room.pdus[id.value];
  while (true) {
    if (const auto known = co_await identify(id); !known) {
      if (known.error().code == Errc::cancelled) co_return;
      post(PduSilent{id, known.error().message, /*gone=*/true});
      if (const auto slept = co_await ports_.clock.sleep_until(ports_.clock.now() + identify_again); !slept) co_return;
      continue;
    }
    TimePoint supervise_at = ports_.clock.now();
    TimePoint full_at = supervise_at;
    int failures = 0;
    bool unproven = false;  // it may have restarted while it was silent: who answers is proven before anything closes (R8)
    while (failures < polls_until_lost) {
      if (const auto slept = co_await ports_.clock.sleep_until(std::min(supervise_at, full_at)); !slept) co_return;
      if (unproven) {
        const auto known = co_await identify(id);
        if (!known && known.error().code == Errc::cancelled) co_return;
        unproven = !known;
      }
      const bool full = full_at <= ports_.clock.now();
      const bool apart = full && meters_apart_[id.value] != 0;
      const TimePoint began = ports_.clock.now();
      auto done = co_await read_or_again(id, full && !apart ? Depth::full : Depth::supervise);
      // What the branch meter says is judged before the rest is asked for: a shed waits for one exchange, not for both.
      if (done && apart) done = co_await read_or_again(id, Depth::meters);
      if (!done && done.error().code == Errc::cancelled) co_return;
      failures = done ? 0 : failures + 1;
      if (!done) post(PduSilent{id, done.error().message, /*gone=*/failures >= polls_until_lost});
      unproven = unproven || !done;
      supervise_at = began + config.supervise;  // a full poll supervises too
      if (full) full_at = began + config.full_poll;
      // The room may judge a PDU lost that still answers (all its outlets went off at once): who it is must be proven anew.
      if (done && !folded_.state.power.pdus[id.value].known) break;
    }
  }
}

Task<void> Bench::identify(PduId id) {
  const auto traits = co_await ports_.pdus[id.value]->identify();
  if (!traits) co_return fail(traits.error().within("pdu " + setup_.room.pdus[id.value].name));
  meters_apart_[id.value] = traits->meters_apart ? 1 : 0;
  post(PduIdentified{id, traits->model, traits->identity, traits->boots_all_off, traits->meters_outlets,
                     traits->longest_queue, traits->meter_lag, traits->meter_floor, traits->meter_error_per_mille});
  co_return Result<void>{};
}

// One retry, at once (R3).
Task<void> Bench::read_or_again(PduId id, Depth depth) {
  auto done = co_await read(id, depth);
  if (!done && done.error().code != Errc::cancelled) done = co_await read(id, depth);
  co_return done;
}

Task<void> Bench::read(PduId id, Depth depth) {
  const auto reading = co_await ports_.pdus[id.value]->read(depth);
  if (!reading) co_return fail(reading.error().within("pdu " + setup_.room.pdus[id.value].name));
  PduRead input{id, reading->began, {}, {}, reading->states};
  const auto& table = wiring_[id.value];
  input.outlets.reserve(reading->outlets.size());
  for (const OutletReading& outlet : reading->outlets) {
    const auto known = table.outlets.find(outlet.number);
    if (known == table.outlets.end()) continue;  // an outlet that the room does not use
    input.outlets.push_back({known->second, sensed_from_wire(outlet.state), outlet.current, outlet.power});
  }
  for (const BankReading& bank : reading->banks) {
    const auto known = table.banks.find(bank.bank);
    if (known != table.banks.end() && bank.current) input.meters.push_back({known->second, *bank.current});
  }
  post(std::move(input));
  co_return Result<void>{};
}

}  // namespace greenroom
