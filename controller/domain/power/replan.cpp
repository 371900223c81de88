// A plan becomes facts: proofs of maps, leases, orders, reasons for waiting, bands.
#include <algorithm>

#include "controller/domain/power/planner.hpp"
#include "controller/domain/power/power.hpp"
#include "controller/domain/power/views.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

// A closed, occupied outlet that never drew anything for so long feeds another slot, or nothing. Longer than the
// 25 minutes that a flat pack may idle (power facts 2.2).
constexpr Duration silent_too_long = 35min;

struct Replanning {
  const Room& room;
  const RuleSet& rules;
  const PowerState& state;
  const PowerSenses& senses;
  std::span<const Demand> demands;
  TimePoint now;
  std::vector<FactBody> facts;
  std::vector<const Demand*> by_outlet;

  const Demand* demand_of(std::uint32_t o) const { return by_outlet[o]; }

  void index_demands() {
    by_outlet.assign(room.outlets.size(), nullptr);
    for (const Demand& d : demands) {
      if (d.slot.value < room.slots.size() && room.slots[d.slot.value].outlet)
        by_outlet[room.slots[d.slot.value].outlet->value] = &d;
    }
  }

  bool settled_reading(std::uint32_t o) const {
    const OutletSense& s = senses.outlets[o];
    return s.closed_seen != never && draw_fresh(room, state, senses, OutletId{o}, now) &&
           s.draw_began >= s.closed_seen + settle_time(room, senses, OutletId{o});
  }

  // A step of draw proves the map only while no other slot of the PDU could have made it.
  bool proven_by_draw(std::uint32_t o) const {
    const OutletSense& s = senses.outlets[o];
    if (state.outlets[o].proven || s.state != Sensed::on || !demand_of(o) || !settled_reading(o)) return false;
    if (s.current->milli * 100 < room.outlets[o].nameplate_nominal.milli * 15) return false;
    for (std::uint32_t x = 0; x < room.outlets.size(); ++x) {
      if (x != o && room.outlets[x].pdu == room.outlets[o].pdu && !state.outlets[x].proven && demand_of(x)) return false;
    }
    return true;
  }

  // A Mac that needs charge has had the outlet for long, and a meter that could have shown its draw showed none.
  bool fed_nothing(std::uint32_t o) const {
    const OutletSense& s = senses.outlets[o];
    const Demand* d = demand_of(o);
    const bool hungry = d != nullptr && d->want == Want::charge && d->charge < 0.9;
    if (s.state != Sensed::on || !hungry || s.learned.ever_drew || s.closed_seen == never) return false;
    // At 230 V a small charger stays below one step of a serial meter, which then can tell nothing of it.
    const std::int64_t least = room.outlets[o].nameplate_nominal.milli * 15 / 100;
    if (least < senses.pdus[room.outlets[o].pdu.value].meter_floor.milli) return false;
    return now - std::max(s.closed_seen, s.learned.since) >= silent_too_long;
  }

  std::string contradiction(std::uint32_t o) const {
    const OutletRecord& r = state.outlets[o];
    const OutletSense& s = senses.outlets[o];
    if (!r.proven || !state_fresh(room, state, senses, OutletId{o}, now) ||
        !draw_fresh(room, state, senses, OutletId{o}, now))
      return {};
    const Amps floor = senses.pdus[room.outlets[o].pdu.value].meter_floor + Amps::from_milli(50);
    const TimePoint settled_off = r.sensed_at == long_ago ? never : r.sensed_at + settle_time(room, senses, OutletId{o});
    // Where meters are read apart, the state must have been read no earlier than the draw: it was closed in between
    // otherwise.
    const bool still_off = s.state == Sensed::off && s.state_began >= s.draw_began;
    if (still_off && *s.current > floor && s.draw_began >= settled_off)
      return "it reads off and draws " + std::to_string(s.current->milli) + " mA";
    if (fed_nothing(o)) return "it has been on under a Mac that needs charge and has drawn nothing";
    return {};
  }

  // Below this a step may be the meter's own: serial PDUs print tenths of an ampere (Baytech status), so three of them.
  static constexpr std::int64_t coarse_step = 300;

  // Two outlets whose draws changed places between two samples, with no order of ours: their cords were exchanged.
  // That takes two loads: one that ends while another begins is a Mac unplugged and another that starts to draw.
  std::string exchanged(std::uint32_t o) const {
    const Amps least = std::max(senses.pdus[room.outlets[o].pdu.value].meter_floor, Amps{1});
    const auto stepped = [&](std::uint32_t x) {
      const OutletSense& s = senses.outlets[x];
      return state.outlets[x].proven && s.before && s.current && std::min(*s.before, *s.current) >= least &&
             draw_fresh(room, state, senses, OutletId{x}, now) &&
             std::abs(s.current->milli - s.before->milli) >
                 std::max(room.outlets[x].nameplate_nominal.milli / 10, coarse_step);
    };
    const auto near = [&](Amps a, Amps b) { return std::abs(a.milli - b.milli) <= 30 + std::max(a.milli, b.milli) / 20; };
    if (!stepped(o)) return {};
    for (std::uint32_t x = 0; x < room.outlets.size(); ++x) {
      const OutletSense &s = senses.outlets[o], &other = senses.outlets[x];
      if (x == o || room.outlets[x].pdu != room.outlets[o].pdu || !stepped(x) || s.draw_began != other.draw_began) continue;
      if (near(*s.current, *other.before) && near(*other.current, *s.before)) {
        return "it and " + room.outlets[x].name + " exchanged their loads";
      }
    }
    return {};
  }

  void judge_maps() {
    if (!rules.holds(Rule::r13)) return;
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      const Outlet& outlet = room.outlets[o];
      if (!outlet.slot) continue;
      if (proven_by_draw(o)) facts.emplace_back(MapProven{outlet.name, room.slots[outlet.slot->value].name, "draw"});
      std::string why = contradiction(o);
      if (why.empty()) why = exchanged(o);
      if (why.empty()) continue;
      facts.emplace_back(MapRevoked{outlet.name, why});
      CaseOpened c;
      c.subject = outlet.name;
      c.reason = "map_doubtful";
      c.words = outlet.name + " may not feed " + room.slots[outlet.slot->value].name + ": " + why + ".";
      c.next = "Follow the cable of " + outlet.name + " to its Mac, then prove its map.";
      c.owner = "facilities";
      c.deadline = now + 4h;
      facts.emplace_back(std::move(c));
    }
  }

  void end_leases(Views& views) {
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      const OutletRecord& r = state.outlets[o];
      if (!r.lease) continue;
      const Demand* d = demand_of(o);
      if (d != nullptr && d->want == Want::protect && d->visit == *r.lease) continue;
      facts.emplace_back(LeaseEnded{room.outlets[o].name, d == nullptr ? "no visit asks for it" : "the step is over"});
      views.outlets[o].is_protected = false;
      views.outlets[o].lingers = true;
    }
  }

  // The mutant without R1: a lease is a word that holds nobody back. Given to whoever asks and is on.
  void give_empty_leases() {
    if (rules.holds(Rule::r1)) return;
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      const Demand* d = demand_of(o);
      const bool asks = d != nullptr && d->want == Want::protect && !state.outlets[o].lease;
      if (asks && senses.outlets[o].state == Sensed::on) facts.emplace_back(LeaseGiven{room.outlets[o].name, d->visit});
    }
  }

  void write_orders(const Plan& plan, std::uint64_t next_effect) {
    for (const std::uint32_t o : plan.leases) {
      if (const Demand* d = demand_of(o)) facts.emplace_back(LeaseGiven{room.outlets[o].name, d->visit});
    }
    const TimePoint expires = now + room.timings.order_expiry;
    for (const bool close : {false, true}) {
      for (const Order& order : plan.orders) {
        if (order.on != close) continue;
        const Outlet& outlet = room.outlets[order.outlet];
        if (close) facts.emplace_back(GrantIssued{outlet.name, outlet.nameplate, std::string(order.reason)});
        facts.emplace_back(
            SwitchStarted{next_effect++, outlet.name, close ? "on" : "off", expires, order.shed, std::string(order.reason)});
      }
    }
  }

  void write_waits(const Plan& plan) {
    std::size_t w = 0;
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      std::string reason, circuit;
      if (w < plan.waits.size() && plan.waits[w].outlet == o) {
        reason = to_string(plan.waits[w].reason);
        if (plan.waits[w].circuit != no_circuit) circuit = room.circuits[plan.waits[w].circuit].name;
        while (w < plan.waits.size() && plan.waits[w].outlet == o) ++w;
      }
      const OutletRecord& r = state.outlets[o];
      if (r.waits_reason != reason || r.waits_circuit != circuit)
        facts.emplace_back(OutletWaits{room.outlets[o].name, reason, circuit});
    }
  }

  // normal; warning above the continuous limit; critical above the hard one; two per cent of hysteresis on the way down.
  static std::string band(const CircuitLoad& load, const std::string& was) {
    const Amps worst = load.reading ? std::max(*load.reading, load.expected) : load.expected;
    const auto above = [&](Amps limit, bool already) { return worst.milli * 100 > limit.milli * (already ? 98 : 100); };
    if (load.unknown && !load.reading) return "unknown";
    if (above(load.hard_limit, was == "critical")) return "critical";
    if (above(load.soft_limit, was == "warning" || was == "critical")) return "warning";
    return "normal";
  }

  void write_bands(const Plan& plan) {
    for (std::uint32_t c = 0; c < room.circuits.size() && c < plan.memory.loads.size(); ++c) {
      const std::string now_in = band(plan.memory.loads[c], state.circuits[c].band);
      if (now_in != state.circuits[c].band) facts.emplace_back(BandChanged{room.circuits[c].name, now_in});
    }
  }
};

}  // namespace

PowerDecision replan(const Room& room, const RuleSet& rules, Planner planner, const PowerState& state,
                     const PowerSenses& senses, std::span<const Demand> demands, std::uint64_t next_effect, TimePoint now) {
  Replanning r{room, rules, state, senses, demands, now, {}, {}};
  r.index_demands();
  r.judge_maps();
  Views views = make_views(room, rules, state, senses, demands, now);
  r.end_leases(views);
  Plan plan =
      planner == Planner::planned
          ? plan_power(senses.tree, views.outlets, views.circuits, senses.memory, room.timings, rules, now)
          : plan_otherwise(planner, senses.tree, views.outlets, views.circuits, senses.memory, room.timings, rules, now);
  r.give_empty_leases();
  r.write_orders(plan, next_effect);
  r.write_waits(plan);
  r.write_bands(plan);
  return PowerDecision{std::move(r.facts), std::move(plan.memory), plan.wake_at};
}

}  // namespace greenroom
