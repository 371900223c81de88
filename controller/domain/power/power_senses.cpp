#include "controller/domain/power/power_senses.hpp"

#include <algorithm>
#include <variant>

#include "controller/domain/power/power.hpp"
#include "controller/domain/power/views.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

// Power facts 2.5c.
constexpr Duration plateau_time = 3min;
constexpr Duration full_time = 5min;
constexpr Watts low_draw = Watts::from_milli(3000);
constexpr Watts full_floor = Watts::from_milli(5000);
constexpr Duration longest_gap = 30s;  // energy is not counted across a longer gap between samples

// Watts where the device gives amps only. Supplies under 75 W have no power factor correction (power facts 1.6).
Watts watts_of(const OutletSample& s, Volts nominal, Watts brick) {
  if (s.power) return *s.power;
  const std::int64_t factor_per_cent = brick < Watts::from_milli(75'000) ? 58 : 97;
  return Watts{nominal.milli * s.current.value_or(Amps{}).milli / 1000 * factor_per_cent / 100};
}

void stop_watching(OutletLearned& l) {
  l.under_full_from = l.under_3W_from = never;
  l.plateau_at = Watts{};
  l.taper_from = never;
}

void since(TimePoint& from, bool holds, TimePoint t) {
  if (!holds) from = never;
  else if (from == never) from = t;
}

void learn(OutletLearned& l, Watts w, Watts brick, Duration gap, TimePoint began) {
  if (gap > Duration{} && gap <= longest_gap) l.delivered_Wh += w.value() * in_seconds(gap) / 3600.0;
  const std::int64_t off_by = std::abs(w.milli - l.plateau_at.milli);
  if (l.plateau_at.milli == 0 || off_by * 10 > l.plateau_at.milli) {
    l.plateau_at = w;
    l.plateau_from = began;
  } else if (began - l.plateau_from >= plateau_time && w.milli * 100 >= brick.milli * 15) {
    l.plateau_seen = true;
    l.peak_of_3_min = std::max(l.peak_of_3_min, w);
  }
  const std::int64_t peak = l.peak_of_3_min.milli;
  since(l.taper_from, l.plateau_seen && w.milli * 100 < peak * 85 && w.milli * 100 > peak * 15, began);
  if (l.taper_from != never && began - l.taper_from >= plateau_time) l.taper_seen = true;
  since(l.under_full_from, l.plateau_seen && w < std::max(full_floor, Watts{peak * 8 / 100}), began);
  since(l.under_3W_from, w < low_draw, began);
}

// The plateau in amps, and how far below it the Mac draws: where it stands in its taper. What draws more than its
// plateau has woken up, and says nothing.
void learn_current(OutletLearned& l, Amps a, bool steady, TimePoint began) {
  if (!steady) {
    l.least_from = never;
    return;
  }
  if (l.least_from == never) {
    l.least_from = began;
    l.least = a;
  }
  l.least = std::min(l.least, a);
  if (began - l.least_from >= plateau_time) {
    if (l.plateau_seen) l.plateau = std::max(l.plateau, l.least);
    l.least_from = began;
    l.least = a;
  }
  if (l.plateau > Amps{} && a.milli * 100 < l.plateau.milli * 95) l.in_taper = std::max(a, Amps{1});
}

void saw_state(OutletSense& s, Sensed state, TimePoint began, TimePoint now) {
  if (state == Sensed::on && (s.state != Sensed::on || s.closed_seen == never)) s.closed_seen = now;
  if (state == Sensed::off) {
    s.closed_seen = never;
    s.last_draw = Amps{};
    stop_watching(s.learned);
  }
  s.state = state;
  s.state_began = began;
}

// What it draws, in the state that was read with it or right before.
void saw_draw(OutletSense& s, const Room& room, const OutletSample& sample, Amps meter_floor, TimePoint began) {
  const Outlet& outlet = room.outlets[sample.outlet.value];
  const bool steady = s.state == Sensed::on && s.closed_seen != never && s.draw_began >= s.closed_seen + room.timings.settle;
  s.before = steady ? s.current : std::nullopt;
  s.current = sample.current;
  s.power = watts_of(sample, room.circuits[outlet.circuit.value].nominal, outlet.brick_output);
  if (sample.current && *sample.current >= std::max(meter_floor, Amps{1})) s.learned.ever_drew = true;
  if (s.state == Sensed::on) {
    if (sample.current) s.last_draw = *sample.current;
    const Duration gap = s.draw_began == long_ago ? Duration{} : began - s.draw_began;
    learn(s.learned, *s.power, outlet.brick_output, gap, began);
    if (sample.current) learn_current(s.learned, *sample.current, steady, began);
  }
  s.draw_began = began;
}

void read(PowerSenses& senses, const Room& room, const PduRead& r, TimePoint now) {
  PduSense& p = senses.pdus[r.pdu.value];
  for (const OutletSample& sample : r.outlets) {
    if (sample.outlet.value >= senses.outlets.size()) continue;
    OutletSense& s = senses.outlets[sample.outlet.value];
    if (r.began < s.state_began) continue;  // older than a read-back that is known already
    if (r.states) saw_state(s, sample.state, r.began, now);
    if (sample.current || sample.power) saw_draw(s, room, sample, p.meter_floor, r.began);
  }
  for (const MeterSample& m : r.meters) {
    if (m.circuit.value < senses.circuits.size()) senses.circuits[m.circuit.value] = {m.current, r.began};
  }
  if (!r.states) return;
  p.last_read = r.began;
  p.answered = true;
  if (p.first_read == never) {
    p.first_read = r.began;
    return;
  }
  p.may_have_restarted = false;
  if (!p.was_silent && r.began >= p.first_read + room.timings.settle) p.settled_reading = true;
}

void identified(PowerSenses& senses, const Room& room, const PowerState& state, const PduIdentified& i) {
  PduSense& p = senses.pdus[i.pdu.value];
  if (p.was_silent) {
    p.first_read = never;
    p.settled_reading = p.was_silent = false;
    p.may_have_restarted = true;
    p.silent_why.clear();
  }
  if (!p.identified || !state.pdus[i.pdu.value].known) {  // proven anew: nothing that was read before counts (R8)
    p.first_read = never;
    p.settled_reading = false;
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      if (room.outlets[o].pdu != i.pdu) continue;
      OutletSense& s = senses.outlets[o];
      s.state = Sensed::unknown;
      s.state_began = s.draw_began = long_ago;
      s.closed_seen = never;
      s.current.reset();
      s.before.reset();
      stop_watching(s.learned);
    }
    for (std::uint32_t c = 0; c < room.circuits.size(); ++c) {
      if (room.circuits[c].meter_pdu == i.pdu) senses.circuits[c] = {};
    }
  }
  p.identified = true;
  p.meters_outlets = i.meters_outlets;
  p.longest_queue = i.longest_queue;
  p.meter_lag = i.meter_lag;
  p.meter_floor = i.meter_floor;
  p.meter_error_per_mille = i.meter_error_per_mille;
}

}  // namespace

PowerSenses initial_power_senses(const Room& room, TimePoint now) {
  PowerSenses s;
  s.started = now;
  s.tree = make_tree(room);
  s.outlets.resize(room.outlets.size());
  s.pdus.resize(room.pdus.size());
  s.circuits.resize(room.circuits.size());
  return s;
}

void sense_power(PowerSenses& senses, const Room& room, const PowerState& state, const Input& input, TimePoint now) {
  if (const auto* r = std::get_if<PduRead>(&input)) {
    if (r->pdu.value < senses.pdus.size()) read(senses, room, *r, now);
  } else if (const auto* i = std::get_if<PduIdentified>(&input)) {
    if (i->pdu.value < senses.pdus.size()) identified(senses, room, state, *i);
  } else if (const auto* silent = std::get_if<PduSilent>(&input)) {
    if (silent->pdu.value >= senses.pdus.size()) return;
    senses.pdus[silent->pdu.value].was_silent = true;
    senses.pdus[silent->pdu.value].silent_why = silent->why;
    senses.pdus[silent->pdu.value].settled_reading = false;
  } else if (const auto* w = std::get_if<SwitchResult>(&input)) {
    const bool seen = w->read_back == Sensed::on || w->read_back == Sensed::off || w->read_back == Sensed::pending;
    if (seen && w->outlet.value < senses.outlets.size()) saw_state(senses.outlets[w->outlet.value], w->read_back, now, now);
  }
}

OutletInsight insight(const Room& room, const PowerState& state, const PowerSenses& senses, OutletId o, TimePoint now) {
  OutletInsight i;
  if (o.value >= senses.outlets.size()) return i;
  const OutletSense& s = senses.outlets[o.value];
  const OutletLearned& l = s.learned;
  i.on = state_fresh(room, state, senses, o, now) && s.state == Sensed::on;
  i.metered = draw_fresh(room, state, senses, o, now);
  if (i.metered && s.power) i.draw = *s.power;
  i.delivered = WattHours::of(l.delivered_Wh);
  i.taper_seen = l.taper_seen;
  i.full = i.on && l.under_full_from != never && now - l.under_full_from >= full_time;
  if (i.on && l.under_3W_from != never) i.low_for = now - l.under_3W_from;
  return i;
}

void forget_outlet(PowerSenses& senses, OutletId o, TimePoint now) {
  if (o.value >= senses.outlets.size()) return;
  senses.outlets[o.value].learned = {};
  senses.outlets[o.value].learned.since = now;
}

}  // namespace greenroom
