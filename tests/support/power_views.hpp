// Random views for properties of the planner and for its benchmark: a panel, breakers of 24 slots each with a PDU input
// and two banks, outlets in every state. The same seed gives the same views.
#pragma once

#include <string>

#include "controller/domain/power/planner.hpp"
#include "hw/base/random.hpp"

namespace greenroom::test {

inline constexpr TimePoint views_now = TimePoint{} + std::chrono::hours{10};

struct RandomViews {
  CircuitTree tree;
  std::vector<OutletView> outlets;
  std::vector<CircuitView> circuits;
};

inline CircuitView random_circuit(Random& dice, double hard, double soft, double load, bool metered) {
  CircuitView v;
  v.hard = Amps::of(hard);
  v.soft = Amps::of(soft);
  v.mean_A = load * dice.uniform(0.8, 1.1);
  if (metered) {
    v.reading = Amps::of(load * dice.uniform(0.9, 1.1));
    v.began = views_now - std::chrono::seconds{static_cast<int>(dice.below(6))};
    v.error_per_mille = 20;
  }
  return v;
}

inline OutletView random_outlet(Random& dice, bool own_meter) {
  OutletView v;
  const double nominal = dice.chance(0.5) ? 1.336 : 0.916;
  v.nominal = Amps::of(nominal);
  v.nameplate = Amps::of(nominal / 0.9);
  v.expected = Amps::of(nominal * dice.uniform(0.1, 1.0));
  v.error_per_mille = 20;
  v.may_open = dice.chance(0.95);
  v.settled_from = views_now - std::chrono::hours{1};
  v.solo = std::chrono::seconds{static_cast<int>(dice.below(7200))};
  if (dice.chance(0.3)) v.deadline = views_now + std::chrono::seconds{static_cast<int>(dice.below(20000))};
  const double kind = dice.uniform();
  v.want = dice.chance(0.85) ? Want::charge : Want::nothing;
  if (kind < 0.5) {
    if (dice.chance(0.1)) v.block = WaitReason::min_off;
    return v;
  }
  v.on = true;
  v.own_meter = own_meter;
  v.draw = own_meter ? Amps::of(nominal * dice.uniform(0.05, 1.0)) : Amps{};
  v.counts = own_meter ? Counts::at_draw : Counts::through_meter;
  if (dice.chance(0.3)) v.min_on_until = views_now + std::chrono::seconds{60};
  if (kind > 0.95) {
    v.counts = Counts::unsettled;
    v.settled_from = never;
  } else if (kind > 0.85) {
    v.counts = Counts::held;
    v.want = Want::protect;
    v.is_protected = dice.chance(0.8);
    v.may_lease = true;
  } else if (kind > 0.84) {
    v.is_foreign = true;
  } else if (kind > 0.83) {
    v.opening = true;
  }
  return v;
}

inline RandomViews random_room(std::uint64_t seed, std::size_t slots) {
  Random dice(seed);
  Room room;
  RandomViews r;
  const auto add = [&](std::optional<std::uint32_t> parent, CircuitView v) {
    Circuit c;
    c.name = "c" + std::to_string(room.circuits.size());
    if (parent) c.parent = CircuitId{*parent};
    room.circuits.push_back(c);
    r.circuits.push_back(v);
    return static_cast<std::uint32_t>(room.circuits.size() - 1);
  };
  const double all = static_cast<double>(slots);
  const std::uint32_t panel = add(std::nullopt, random_circuit(dice, all, all * 0.8, all * 0.5, false));
  std::uint32_t input = 0, bank = 0;
  bool own_meter = false;
  for (std::size_t s = 0; s < slots; ++s) {
    if (s % 24 == 0) {
      const bool upstream = dice.chance(0.3);
      const std::uint32_t breaker = add(panel, random_circuit(dice, 20, 16, 9, upstream));
      input = add(breaker, random_circuit(dice, 20, 20, 9, true));
      own_meter = dice.chance(0.5);
    }
    if (s % 12 == 0) bank = add(input, random_circuit(dice, 15, 15, 5, !own_meter));
    Outlet o;
    o.circuit = CircuitId{bank};
    room.outlets.push_back(o);
    r.outlets.push_back(random_outlet(dice, own_meter));
  }
  r.tree = make_tree(room);
  return r;
}

}  // namespace greenroom::test
