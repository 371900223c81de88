// The electrical half of a room in a test, with PDUs that obey at once: readings go in, facts come out, and orders are
// carried out when the test says so. Time moves only when told.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "controller/domain/power/commands.hpp"
#include "controller/domain/power/power.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::test {

struct PowerRig {
  TimePoint now = TimePoint{} + std::chrono::hours{1};
  Room room;
  RuleSet rules = RuleSet::all();
  Planner planner = Planner::planned;
  PowerState state;
  PowerSenses senses;
  std::vector<Demand> demands;
  std::vector<Fact> facts;  // everything decided, in order
  std::uint64_t next_effect = 1;
  struct Truth {
    bool on{};
    Amps draw;
  };
  std::vector<Truth> truth;          // of every outlet
  std::vector<char> meters_outlets;  // by PDU
  std::vector<char> silent;          // by PDU: gives no reading
  std::size_t seen = 0;              // facts before this index were looked at by `said`

  explicit PowerRig(Room r) : room(std::move(r)), state(initial_power(room)), senses(initial_power_senses(room, now)) {
    truth.resize(room.outlets.size());
    meters_outlets.assign(room.pdus.size(), 1);
    silent.assign(room.pdus.size(), 0);
  }

  // Identified, commissioned, read, and settled after the start.
  void start() {
    for (const FactBody& f : commission(room)) take(f);
    for (std::uint32_t p = 0; p < room.pdus.size(); ++p) identify(p);
    read_all();
    run(room.timings.settle + std::chrono::seconds{10});
    seen = facts.size();
  }

  void take(FactBody body) {
    Fact f;
    f.seq = facts.size() + 1;
    f.at = now;
    f.by = "test";
    f.body = std::move(body);
    if (const auto* s = std::get_if<SwitchStarted>(&f.body)) next_effect = std::max(next_effect, s->effect + 1);
    apply_power(state, room, f);
    facts.push_back(std::move(f));
  }

  void input(const Input& in) {
    sense_power(senses, room, state, in, now);
    for (FactBody& f : decide_power(room, rules, state, senses, in, now)) take(std::move(f));
    plan();
  }

  // As the loop does: replan until nothing more is said. Returns the rounds it took.
  int plan() {
    for (int round = 1;; ++round) {
      PowerDecision d = replan(room, rules, planner, state, senses, demands, next_effect, now);
      if (d.memory) senses.memory = std::move(*d.memory);
      if (d.facts.empty() || round > 50) return round;
      for (FactBody& f : d.facts) take(std::move(f));
    }
  }

  void identify(std::uint32_t pdu, const std::string& identity = "unit 1") {
    PduIdentified i;
    i.pdu = PduId{pdu};
    i.model = "MMP";
    i.identity = identity + " of " + room.pdus[pdu].name;
    i.boots_all_off = true;
    i.meters_outlets = meters_outlets[pdu] != 0;
    i.longest_queue = std::chrono::seconds{10};
    i.meter_error_per_mille = 0;
    input(i);
  }

  void read(std::uint32_t pdu) {
    if (silent[pdu] != 0) return;
    PduRead r;
    r.pdu = PduId{pdu};
    r.began = now;
    Amps sum;
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      if (room.outlets[o].pdu.value != pdu) continue;
      OutletSample s;
      s.outlet = OutletId{o};
      s.state = truth[o].on ? Sensed::on : Sensed::off;
      const Amps draw = truth[o].on ? truth[o].draw : Amps{};
      sum += draw;
      if (meters_outlets[pdu] != 0) s.current = draw;
      r.outlets.push_back(s);
    }
    for (std::uint32_t c = 0; c < room.circuits.size(); ++c) {
      if (room.circuits[c].meter_pdu == PduId{pdu}) r.meters.push_back({CircuitId{c}, sum});
    }
    input(r);
  }
  void read_all() {
    for (std::uint32_t p = 0; p < room.pdus.size(); ++p) read(p);
  }

  // The orders that are on their way, oldest first.
  std::vector<SwitchStarted> orders() const {
    std::vector<SwitchStarted> open;
    for (const Fact& f : facts) {
      if (const auto* s = std::get_if<SwitchStarted>(&f.body)) open.push_back(*s);
      if (const auto* e = std::get_if<SwitchEnded>(&f.body)) {
        std::erase_if(open, [&](const SwitchStarted& s) { return s.effect == e->effect; });
      }
    }
    return open;
  }

  void answer(const SwitchStarted& order, Sensed read_back, bool sent = true) {
    SwitchResult r;
    r.effect = order.effect;
    r.outlet = *find_outlet(room, order.outlet);
    r.to_on = order.to == "on";
    r.read_back = read_back;
    r.sent = sent;
    if (read_back == Sensed::unknown) r.error = "no reply within 2 s";
    input(r);
  }
  void obey(const SwitchStarted& order) {
    const bool on = order.to == "on";
    truth[find_outlet(room, order.outlet)->value].on = on;
    answer(order, on ? Sensed::on : Sensed::off);
  }

  // Time passes in steps of a second: orders are obeyed, every PDU is read each 3 s.
  void run(Duration d, bool obeys = true) {
    const TimePoint end = now + d;
    int step = 0;
    while (now < end) {
      now += std::chrono::seconds{1};
      if (obeys) {
        for (const SwitchStarted& o : orders()) obey(o);
      }
      if (step++ % 3 == 0) read_all();
      else plan();
    }
  }

  // The visit's number is the outlet's index plus one.
  Demand& want(const std::string& outlet, Want want, double charge = 0.3, double goal = 0.99) {
    const OutletId id = *find_outlet(room, outlet);
    const SlotId slot = *room.outlets[id.value].slot;
    std::erase_if(demands, [&](const Demand& d) { return d.slot == slot; });
    Demand d;
    d.slot = slot;
    d.visit = id.value + 1;
    d.want = want;
    d.charge = charge;
    d.goal = want == Want::charge ? goal : 0.0;
    d.battery_Wh = 99.6;
    truth[id.value].draw = Amps::of(1.05);
    demands.push_back(d);
    return demands.back();
  }
  void want_no_more(const std::string& outlet) {
    const SlotId slot = *room.outlets[find_outlet(room, outlet)->value].slot;
    std::erase_if(demands, [&](const Demand& d) { return d.slot == slot; });
  }

  Truth& at(const std::string& outlet) { return truth[find_outlet(room, outlet)->value]; }
  const OutletRecord& record(const std::string& outlet) const { return state.outlets[find_outlet(room, outlet)->value]; }
  int how_many_on() const {
    return static_cast<int>(std::count_if(truth.begin(), truth.end(), [](const Truth& t) { return t.on; }));
  }
  template <class F>
  std::vector<F> all() const {
    std::vector<F> found;
    for (const Fact& f : facts) {
      if (const F* x = std::get_if<F>(&f.body)) found.push_back(*x);
    }
    return found;
  }
  // Facts of one kind since the last call of forget_facts.
  template <class F>
  std::vector<F> since() const {
    std::vector<F> found;
    for (std::size_t i = seen; i < facts.size(); ++i) {
      if (const F* x = std::get_if<F>(&facts[i].body)) found.push_back(*x);
    }
    return found;
  }
  void forget_facts() { seen = facts.size(); }
  void command(CommandKind kind, const std::string& label, const std::string& text = {}, std::uint64_t number = 0) {
    Command c;
    c.kind = kind;
    c.by = "Ada";
    c.label = label;
    c.text = text;
    c.number = number;
    input(c);
  }
};

// The room of two PDUs on one 20 A branch, identified, commissioned and settled.
inline PowerRig started() {
  PowerRig rig(small_room());
  rig.start();
  return rig;
}

}  // namespace greenroom::test
