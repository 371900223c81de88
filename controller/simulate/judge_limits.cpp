// Whose is a trip, and whose an excess? Judged in the same run from the model's two sums, everything and clean.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controller/simulate/judge_impl.hpp"

namespace greenroom::sim {
namespace {

// Two stretches that touch are one excess; stretches end at whole microseconds.
constexpr Duration touching = std::chrono::milliseconds{5};
constexpr Duration soft_touching = std::chrono::milliseconds{1500};  // the mean is judged each second
// R2: seconds of excess of the ten-minute mean that any hour may hold.
constexpr std::size_t soft_allowance = 60;
// Longer than this a line does not count as busy with an open: the order was lost, and another was due.
constexpr Duration busy_at_most = std::chrono::seconds{30};
constexpr double flows = 0.05;  // amps below which opening an outlet changes nothing

}  // namespace

bool Judge::Impl::below(CircuitId lower, CircuitId upper) const {
  for (std::optional<CircuitId> c = lower; c; c = room.circuits[c->value].parent) {
    if (*c == upper) return true;
  }
  return false;
}

void Judge::Impl::settle_limits() {
  if (heater_changed) measure_foreign();
  // Judging asks the plant, which may tell of more: each list is taken out before it is gone through.
  for (const Stretch& s : std::exchange(stretches, {})) take_stretch(s);
  for (const auto& [mean, at] : std::exchange(soft_seconds, {})) take_soft(mean, at);
  if (trips.empty() && opened_by_trip.empty()) return;
  const std::uint64_t ours_before = verdict.trips;
  for (const model::Tripped& t : std::exchange(trips, {})) take_trip(t);
  // What a trip opens is his who made the trip.
  const bool ours = verdict.trips > ours_before;
  for (const std::uint32_t o : opened_by_trip) {
    if (ours) broke(Rule::r1, "a trip of ours took the mains of protected " + name_of(o));
    (ours ? verdict.protected_opens : verdict.fault_opens) += 1;
  }
  opened_by_trip.clear();
}

// A heater shows nowhere in the controller's meters unless one stands above it: it is what a circuit carries beyond its
// children, its outlets and its declared load.
void Judge::Impl::measure_foreign() {
  for (std::uint32_t c = 0; c < foreign.size(); ++c) {
    if (heaters[c] == 0) {
      foreign[c] = 0.0;
      continue;
    }
    const model::CircuitTruth truth = plant.circuit(CircuitId{c});
    if (!truth.live) continue;  // measured again once it is
    double known = plant.spec().circuits[c].base.value();
    for (std::uint32_t child = 0; child < foreign.size(); ++child) {
      if (room.circuits[child].parent == CircuitId{c}) known += plant.circuit(CircuitId{child}).now.value();
    }
    for (const std::uint32_t o : under[c]) {
      if (room.outlets[o].circuit == CircuitId{c}) known += plant.outlet_amps(OutletId{o}).value();
    }
    foreign[c] = std::max(0.0, truth.now.value() - known);
  }
  heater_changed = false;
}

double Judge::Impl::unseen(CircuitId upper) const {
  double amps = 0.0;
  for (std::uint32_t c = 0; c < foreign.size(); ++c) {
    if (foreign[c] <= 0.0 || !below(CircuitId{c}, upper)) continue;
    bool metered = false;
    for (std::optional<CircuitId> m = CircuitId{c}; m && below(*m, upper); m = room.circuits[m->value].parent) {
      metered = metered || room.circuits[m->value].meter_pdu.has_value();
    }
    if (!metered) amps += foreign[c];
  }
  return amps;
}

// A reading could show an excess if it began once the meters had it, and comes from where the injected current flows.
// Of a PDU whose meter lies, only what stands in its states shows.
void Judge::Impl::show(PduId pdu, const PduReading& reading) {
  const PduNote& note = pdus[pdu.value];
  for (auto* all : {&hard, &soft}) {
    for (std::uint32_t c = 0; c < all->size(); ++c) {
      Excess& e = (*all)[c];
      if (e.until == before_all || e.until + soft_touching < clock.now() || e.shown != never) continue;
      if (reading.began < e.began + note.traits.meter_lag) continue;
      bool in_states = false, in_meters = false;
      for (const std::uint32_t o : under[c]) {
        if (room.outlets[o].pdu != pdu || !outlets[o].on) continue;
        const Outlet& out = outlets[o];
        in_states |= out.welded || out.refused || out.cause == model::Cause::foreign || out.cause == model::Cause::boots_on;
        for (const std::uint32_t m : surging) in_meters |= macs[m].power && macs[m].power == out.place;
      }
      if (in_states || (in_meters && !note.meter_fault)) e.shown = clock.now();
    }
  }
}

bool Judge::Impl::opens_in_flight(CircuitId c) const {
  const TimePoint now = clock.now();
  return std::any_of(under[c.value].begin(), under[c.value].end(), [&](std::uint32_t o) {
    const Outlet& out = outlets[o];
    return out.line[0].queued > 0 && out.on && (!out.order || now < out.order->decided + busy_at_most);
  });
}

bool Judge::Impl::may_open(std::uint32_t o) const {
  const Outlet& out = outlets[o];
  const PduNote& pdu = pdus[room.outlets[o].pdu.value];
  if (!out.on || out.welded || out.lease || protected_in_truth(o)) return false;
  if (out.cause == model::Cause::foreign || out.cause == model::Cause::boots_on) return false;  // never fought (R7)
  if (pdu.read_only || (pdu.leases > 0 && !(out.proven && pdu.known))) return false;
  const PduConfig& config = room.pdus[room.outlets[o].pdu.value];
  return pdu.last_reading != before_all && pdu.last_reading + 2 * config.full_poll >= clock.now();  // it answers
}

bool Judge::Impl::could_open(CircuitId c) const {
  return std::any_of(under[c.value].begin(), under[c.value].end(),
                     [&](std::uint32_t o) { return may_open(o) && plant.outlet_amps(OutletId{o}).value() > flows; });
}

void Judge::Impl::follow(Excess& e, CircuitId c, TimePoint began, TimePoint until, Duration gap) {
  const bool goes_on = e.until != before_all && began <= e.until + gap;
  if (!goes_on) {
    e = Excess{};
    e.began = began;
  }
  e.until = until;
  if (plant.circuit(c).live) e.could_open = could_open(c);  // after a trip the last look counts
}

// The line's response: an order's life, and how late a device may act on it.
bool Judge::Impl::too_late(const Excess& e, CircuitId c, TimePoint at) const {
  if (e.shown == never || !e.could_open) return false;
  Duration response = room.timings.order_expiry;
  Duration queue{};
  for (const std::uint32_t o : under[c.value]) queue = std::max(queue, pdus[room.outlets[o].pdu.value].traits.longest_queue);
  return at > e.shown + response + queue && !opens_in_flight(c);
}

void Judge::Impl::take_stretch(const Stretch& s) {
  const CircuitId c = s.over.circuit;
  const Amps limit = room.circuits[c.value].hard;
  Excess& e = hard[c.value];
  follow(e, c, s.end - seconds_of(s.over.seconds), s.end, touching);
  const double amp_seconds = (s.over.now - limit).value() * s.over.seconds;
  const bool seen_over = s.over.now.value() - unseen(c) > limit.value();
  const bool ours = s.over.clean > limit || e.ours || (seen_over && too_late(e, c, s.end));
  if (ours && !std::exchange(e.told, true)) {
    broke(Rule::r2, fmt::format("{} carries {:.2f} A ({:.2f} A without what was injected), limit {:.0f} A",
                                room.circuits[c.value].name, s.over.now.value(), s.over.clean.value(), limit.value()));
  }
  // An excess of the clean current is ours while it lasts; one that we were too late for is ours to its end.
  e.ours = e.ours || (ours && s.over.clean <= limit);
  (ours ? verdict.hard_limit_amp_seconds : verdict.fault_amp_seconds) += amp_seconds;
}

void Judge::Impl::take_soft(const model::OverSoft& mean, TimePoint at) {
  const CircuitId c = mean.circuit;
  const Amps limit = room.circuits[c.value].continuous;
  Excess& e = soft[c.value];
  follow(e, c, at - std::chrono::seconds{1}, at, soft_touching);
  bool ours = mean.mean_clean > limit;
  if (!ours && e.shown != never) {  // the mean follows slowly: what counts is whether the current is still too high
    ours = plant.circuit(c).now.value() - unseen(c) > limit.value() && too_late(e, c, at);
  }
  if (!ours) {
    verdict.soft_fault_seconds += 1.0;
    return;
  }
  verdict.soft_ours_seconds += 1.0;
  auto& hour = soft_ours[c.value];
  while (!hour.empty() && hour.front() <= at - std::chrono::hours{1}) hour.pop_front();
  hour.push_back(at);
  if (hour.size() <= soft_allowance) return;
  verdict.soft_over_seconds += 1.0;
  if (std::exchange(e.told, true)) return;
  broke(Rule::r2, fmt::format("the ten-minute mean of {} is {:.2f} A, more than 60 s in this hour above {:.1f} A",
                              room.circuits[c.value].name, mean.mean.value(), limit.value()));
}

void Judge::Impl::take_trip(const model::Tripped& t) {
  const Excess& e = hard[t.circuit.value];
  const bool ours = t.clean_would || (e.ours && e.until + touching >= clock.now());
  if (!ours) {
    ++verdict.fault_trips;
    return;
  }
  ++verdict.trips;
  broke(Rule::r2, fmt::format("{} tripped at theta {:.2f} ({:.2f} without what was injected)",
                              room.circuits[t.circuit.value].name, t.theta, t.theta_clean));
}

}  // namespace greenroom::sim
