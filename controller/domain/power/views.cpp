#include "controller/domain/power/views.hpp"

#include <algorithm>

#include "controller/domain/power/charge_model.hpp"

namespace greenroom {
namespace {

// An outlet that failed to switch is tried again after this; three times in a row make it a case.
constexpr Duration retry_after = std::chrono::seconds{30};
constexpr int tries = 3;
// A step that protected may be followed by one that protects again, and a Mac that leaves DFU needs its power.
constexpr Duration linger = std::chrono::seconds{60};
// USB-PD start and the meter's own lag, commonly; for expectations only.
constexpr Duration starts_to_draw = std::chrono::seconds{10};

// Who still asks is not at its goal, whatever its draw says.
constexpr double short_of_goal = 0.002;

struct Asked {
  const Room& room;
  const RuleSet& rules;
  const PowerState& state;
  const PowerSenses& senses;
  TimePoint now;
  Amps largest, largest_nominal;   // brick of the room: what an unproven outlet counts at
  bool ready{};                    // started up
  std::vector<char> pdu_protects;  // some slot of the PDU is protected

  const OutletRecord& record(std::uint32_t o) const { return state.outlets[o]; }
  const OutletSense& sense(std::uint32_t o) const { return senses.outlets[o]; }
};

std::uint32_t lost_above(const Asked& a, std::uint32_t circuit) {
  for (std::uint32_t c = circuit; c != no_circuit; c = a.senses.tree.parent[c]) {
    if (a.state.circuits[c].lost) return c;
  }
  return no_circuit;
}

bool locked(const Asked& a, std::uint32_t o) {
  if (a.record(o).locked || a.state.pdus[a.room.outlets[o].pdu.value].locked) return true;
  for (std::uint32_t c = a.senses.tree.lowest[o]; c != no_circuit; c = a.senses.tree.parent[c]) {
    if (a.state.circuits[c].locked) return true;
  }
  return false;
}

void block(OutletView& v, WaitReason why, TimePoint until = never, std::uint32_t circuit = no_circuit) {
  if (v.block != WaitReason::none) return;
  v.block = why;
  v.block_until = until;
  v.block_circuit = circuit;
}

// Why a close must wait, limits apart; the first reason that holds is the one that people are told.
void find_block(const Asked& a, std::uint32_t o, OutletView& v) {
  const OutletRecord& r = a.record(o);
  const PduId pdu = a.room.outlets[o].pdu;
  const PduRecord& p = a.state.pdus[pdu.value];
  const PduSense& s = a.senses.pdus[pdu.value];
  if (locked(a, o)) block(v, WaitReason::locked_out);
  const std::uint32_t lost = lost_above(a, a.senses.tree.lowest[o]);
  if (lost != no_circuit) block(v, WaitReason::circuit_lost, never, lost);
  if (!p.known) block(v, WaitReason::unknown_pdu);
  if (!a.ready) block(v, WaitReason::start_up);
  if (a.rules.holds(Rule::r8) && !s.settled_reading) {
    block(v, s.first_read == never ? WaitReason::unknown_pdu : WaitReason::return_of_power);
  }
  // Nothing new is granted on a PDU that just missed two supervising polls.
  if (a.rules.holds(Rule::r3) && !v.on && s.last_read < a.now - 2 * a.room.pdus[pdu.value].supervise) {
    block(v, WaitReason::unknown_pdu);
  }
  if (v.unknown) block(v, WaitReason::unknown_pdu);
  if (p.read_only) block(v, WaitReason::read_only);
  if (r.foreign_off && a.rules.holds(Rule::r7)) block(v, WaitReason::foreign_off);
  if (in_doubt(a.room, a.state, a.senses, OutletId{o}, a.now))
    block(v, WaitReason::in_doubt, r.doubt_since + s.longest_queue);
  const bool gave_up = r.failed_closes >= tries;
  if (!v.on && r.failed_closes > 0 && (gave_up || a.now < r.failed_at + retry_after)) {
    block(v, WaitReason::switch_failed, gave_up ? never : r.failed_at + retry_after);
  }
  if (!v.on && r.opened_at != long_ago && a.now < r.opened_at + a.room.timings.min_off) {
    block(v, WaitReason::min_off, r.opened_at + a.room.timings.min_off);
  }
  // An unproven outlet is closed to prove it, and may not lead a protected step; where the PDU has a protected slot it
  // could not be opened again.
  if (!map_proven(a.room, a.rules, a.state, OutletId{o})) {
    if (v.on || a.pdu_protects[pdu.value] != 0) block(v, WaitReason::not_proven);
  }
}

// Has the outlet's draw been seen, by its own meter or by one above it, in a sample late enough?
bool settled(const Asked& a, std::uint32_t o, const OutletView& v, const std::vector<CircuitView>& circuits) {
  if (v.settled_from == never) return false;
  if (v.own_meter) return a.sense(o).draw_began >= v.settled_from;
  for (std::uint32_t c = a.senses.tree.lowest[o]; c != no_circuit; c = a.senses.tree.parent[c]) {
    if (circuits[c].reading) return circuits[c].began >= v.settled_from;
  }
  return false;
}

bool held_at_nameplate(const Asked& a, std::uint32_t o, const OutletView& v) {
  const OutletRecord& r = a.record(o);
  if (v.is_protected) return true;
  if (r.protection_ended != long_ago && a.now < r.protection_ended + a.room.timings.after_protection) return true;
  // A deep-discharged pack idles for 20 minutes, then draws full (power facts 2.2).
  return v.own_meter && !a.sense(o).learned.plateau_seen && v.draw.milli * 100 < v.nominal.milli * 15;
}

Counts counts(const Asked& a, std::uint32_t o, const OutletView& v, const std::vector<CircuitView>& circuits) {
  const OutletRecord& r = a.record(o);
  const OutletSense& s = a.sense(o);
  const bool r3 = a.rules.holds(Rule::r3);
  const bool coming_on = v.closing || (r.order && r.order->to_on);
  if (!v.unknown && s.state == Sensed::off) return coming_on ? Counts::unsettled : Counts::nothing;
  if (v.unknown && !r3) return Counts::nothing;  // the mutant takes what does not answer for off
  if (v.unknown || s.state != Sensed::on) return Counts::unsettled;
  if (a.room.outlets[o].slot && !map_proven(a.room, a.rules, a.state, OutletId{o})) {
    return v.own_meter && settled(a, o, v, circuits) ? Counts::held : Counts::unsettled;
  }
  if (!settled(a, o, v, circuits)) return Counts::unsettled;
  if (held_at_nameplate(a, o, v)) return Counts::held;
  return v.own_meter ? Counts::at_draw : Counts::through_meter;
}

void see_electrics(const Asked& a, std::uint32_t o, OutletView& v) {
  const Outlet& outlet = a.room.outlets[o];
  const OutletRecord& r = a.record(o);
  const OutletSense& s = a.sense(o);
  const bool proven = map_proven(a.room, a.rules, a.state, OutletId{o});
  v.unknown =
      !state_fresh(a.room, a.state, a.senses, OutletId{o}, a.now) || s.state == Sensed::unknown || s.state == Sensed::fault;
  v.on = !v.unknown && s.state == Sensed::on;
  // An outlet that feeds no slot has no map; what may hang on it is no smaller than a brick of the room.
  const bool as_told = proven && outlet.slot;
  v.nameplate = as_told ? outlet.nameplate : std::max(a.largest, outlet.nameplate);
  v.nominal = as_told ? outlet.nameplate_nominal : std::max(a.largest_nominal, outlet.nameplate_nominal);
  v.own_meter = v.on && draw_fresh(a.room, a.state, a.senses, OutletId{o}, a.now);
  v.draw = v.own_meter && s.current ? *s.current : s.last_draw;
  v.error_per_mille = a.senses.pdus[outlet.pdu.value].meter_error_per_mille;
  if (s.closed_seen != never) v.settled_from = s.closed_seen + settle_time(a.room, a.senses, OutletId{o});
  if (s.closed_seen != never) v.shows_from = s.closed_seen + starts_to_draw;
  v.is_protected = r.lease.has_value() && a.rules.holds(Rule::r1);
  v.is_foreign = a.rules.holds(Rule::r7) && (r.foreign_on || (r.failed_opens >= tries && v.on));
  v.opening = r.order && !r.order->to_on;
  v.closing = (r.order && r.order->to_on) ||
              (!v.on && r.doubt && *r.doubt && in_doubt(a.room, a.state, a.senses, OutletId{o}, a.now));
}

void see_orders(const Asked& a, std::uint32_t o, OutletView& v) {
  const Outlet& outlet = a.room.outlets[o];
  const OutletRecord& r = a.record(o);
  const PduRecord& p = a.state.pdus[outlet.pdu.value];
  const bool proven = map_proven(a.room, a.rules, a.state, OutletId{o});
  const bool resting = r.failed_opens > 0 && a.now < r.failed_at + retry_after;
  // An outlet without a slot feeds the room's own equipment: never opened.
  v.may_open = outlet.slot && a.ready && p.known && !p.read_only && !r.order && !resting && !v.unknown &&
               (proven || a.pdu_protects[outlet.pdu.value] == 0);
  v.lingers = r.protection_ended != long_ago && a.now < r.protection_ended + linger;
  v.min_on_until = r.closed_at == long_ago ? long_ago : r.closed_at + a.room.timings.min_on;
  const bool off_in_doubt = r.doubt && !*r.doubt && in_doubt(a.room, a.state, a.senses, OutletId{o}, a.now);
  find_block(a, o, v);
  v.may_lease = v.on && proven && p.known && !r.order && !off_in_doubt && a.ready;
}

void see_demand(const Asked& a, std::uint32_t o, const Demand& d, OutletView& v) {
  v.want = d.want;
  if (!a.rules.holds(Rule::r1) && d.want == Want::protect) v.want = Want::charge;  // the mutant: like others
  v.deadline = d.deadline.value_or(never);
  const ChargeModel m = charge_model(a.room.outlets[o].brick_output, d.battery_Wh);
  const OutletLearned& l = a.sense(o).learned;
  // Where its draw falls below the plateau, that tells its charge better than any report (power facts 2.5b).
  const bool tapers = l.in_taper > Amps{} && l.plateau > Amps{};
  v.charge = d.charge;
  if (tapers && d.goal > m.crossover)
    v.charge = std::min(m.charge_at(l.in_taper.value() / l.plateau.value()), d.goal - short_of_goal);
  v.solo = m.solo(v.charge, d.goal);
  v.need_As = 3600.0 * m.energy_Wh(v.charge, d.goal) / m.brick_W * v.nominal.value();
  if (d.want != Want::charge || !d.has_battery) return;
  // A taper is counted on once it was seen: an estimate alone may be far ahead of the truth. What a Mac drew last it will
  // draw again at most: its charge only rises while it charges, and hardly falls while it waits.
  if (tapers) v.expected = std::min(v.nominal, l.in_taper);
  else if (l.plateau > Amps{}) v.expected = std::min(v.nominal, l.plateau);
  else v.expected = expected_current(m, v.nominal, 0.0);
}

std::vector<CircuitView> see_circuits(const Asked& a) {
  const Room& room = a.room;
  std::vector<CircuitView> views(room.circuits.size());
  for (std::uint32_t c = 0; c < views.size(); ++c) {
    CircuitView& v = views[c];
    const Circuit& circuit = room.circuits[c];
    v.hard = circuit.hard;
    v.soft = circuit.continuous;
    if (const auto& limit = a.state.circuits[c].limit) {
      v.hard = std::min(v.hard, *limit);
      v.soft = std::min(v.soft, *limit);
    }
    v.foreign = circuit.foreign_reserve;
    v.mean_A = c < a.senses.memory.loads.size() ? a.senses.memory.loads[c].mean_A : 0.0;
    if (!circuit.meter_pdu) continue;
    const std::uint32_t pdu = circuit.meter_pdu->value;
    const CircuitSense& s = a.senses.circuits[c];
    const bool fresh = a.state.pdus[pdu].known && s.began >= a.now - fresh_for(room.pdus[pdu]);
    if (!s.current || !fresh) continue;
    v.reading = s.current;
    v.began = s.began;
    v.error_per_mille = a.senses.pdus[pdu].meter_error_per_mille;
  }
  for (const Infrastructure& i : room.infrastructure) {
    if (i.circuit && i.circuit->value < views.size()) views[i.circuit->value].foreign += i.load;
  }
  return views;
}

void see_closes(const Asked& a, Views& views) {
  for (std::uint32_t o = 0; o < views.outlets.size(); ++o) {
    const OutletRecord& r = a.record(o);
    CircuitView& root = views.circuits[a.senses.tree.root[a.senses.tree.lowest[o]]];
    root.close_in_flight |= views.outlets[o].closing;
    if (r.closed_at > root.last_close) root.last_close = r.closed_at;
    if (r.failed_closes > 0 && r.failed_at > root.last_close) root.last_close = r.failed_at;
  }
}

}  // namespace

Duration fresh_for(const PduConfig& p) { return 2 * p.full_poll; }

Duration settle_time(const Room& room, const PowerSenses& senses, OutletId o) {
  return std::max(room.timings.settle, senses.pdus[room.outlets[o.value].pdu.value].meter_lag);
}

bool state_fresh(const Room& room, const PowerState& state, const PowerSenses& senses, OutletId o, TimePoint now) {
  const PduId pdu = room.outlets[o.value].pdu;
  return state.pdus[pdu.value].known && senses.outlets[o.value].state_began >= now - fresh_for(room.pdus[pdu.value]);
}

bool draw_fresh(const Room& room, const PowerState& state, const PowerSenses& senses, OutletId o, TimePoint now) {
  const PduId pdu = room.outlets[o.value].pdu;
  const OutletSense& s = senses.outlets[o.value];
  return state.pdus[pdu.value].known && s.current && s.draw_began >= now - fresh_for(room.pdus[pdu.value]);
}

bool map_proven(const Room& room, const RuleSet& rules, const PowerState& state, OutletId o) {
  if (!rules.holds(Rule::r13)) return true;
  return state.outlets[o.value].proven && state.pdus[room.outlets[o.value].pdu.value].known;
}

bool pdu_has_protected(const Room& room, const PowerState& state, PduId pdu) {
  for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
    if (room.outlets[o].pdu == pdu && state.outlets[o].lease) return true;
  }
  return false;
}

bool started_up(const Room& room, const PowerSenses& senses, TimePoint now) {
  for (std::uint32_t p = 0; p < room.pdus.size(); ++p) {
    if (!senses.pdus[p].answered && now < senses.started + fresh_for(room.pdus[p])) return false;
  }
  return true;
}

bool in_doubt(const Room& room, const PowerState& state, const PowerSenses& senses, OutletId o, TimePoint now) {
  const OutletRecord& r = state.outlets[o.value];
  if (!r.doubt) return false;
  const Duration queue = senses.pdus[room.outlets[o.value].pdu.value].longest_queue;
  const TimePoint over = r.doubt_since + queue;
  return now < over || senses.outlets[o.value].state_began < over;  // past the queue, and read again since
}

Views make_views(const Room& room, const RuleSet& rules, const PowerState& state, const PowerSenses& senses,
                 std::span<const Demand> demands, TimePoint now) {
  Asked a{room, rules, state, senses, now, {}, {}, !rules.holds(Rule::r3) || started_up(room, senses, now), {}};
  a.pdu_protects.assign(room.pdus.size(), 0);
  for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
    a.largest = std::max(a.largest, room.outlets[o].nameplate);
    a.largest_nominal = std::max(a.largest_nominal, room.outlets[o].nameplate_nominal);
    if (state.outlets[o].lease && rules.holds(Rule::r1)) a.pdu_protects[room.outlets[o].pdu.value] = 1;
  }
  Views views;
  views.circuits = see_circuits(a);
  views.outlets.resize(room.outlets.size());
  for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
    OutletView& v = views.outlets[o];
    see_electrics(a, o, v);
    v.expected = v.nominal;
    see_orders(a, o, v);
  }
  for (const Demand& d : demands) {
    if (d.slot.value >= room.slots.size() || !room.slots[d.slot.value].outlet) continue;
    const std::uint32_t o = room.slots[d.slot.value].outlet->value;
    see_demand(a, o, d, views.outlets[o]);
  }
  for (std::uint32_t o = 0; o < room.outlets.size(); ++o)
    views.outlets[o].counts = counts(a, o, views.outlets[o], views.circuits);
  see_closes(a, views);
  return views;
}

}  // namespace greenroom
