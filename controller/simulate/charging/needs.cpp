#include "controller/simulate/charging/needs.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "controller/simulate/bound_tree.hpp"

namespace greenroom::sim::charging {
namespace {

constexpr double allowed_over_s = 60;  // of every hour (R2)
constexpr double seconds_an_hour = 3600.0;

double hours_of(Duration d) { return in_seconds(d) / seconds_an_hour; }

LimitTree limits(const Cell& cell) {
  LimitTree tree;
  for (const Circuit& c : cell.room.circuits) {
    LimitNode node{.continuous_A = c.continuous.value(), .hard_A = c.hard.value(), .over_s = allowed_over_s};
    if (c.parent) node.parent = c.parent->value;
    const double share = cell.spec.wiring.demand_response;
    if (c.kind == CircuitKind::panel && share < 1) {
      node.response_A = share * c.continuous.value();
      node.response_from_h = hours_of(response_from);
      node.response_until_h = hours_of(response_until);
    }
    if (!c.phases.empty()) {
      tree.neutrals.push_back({{c.phases[0].value, c.phases[1].value, c.phases[2].value}, node});
      node.continuous_A = node.hard_A = 1e9;  // nothing hangs on the neutral itself
    }
    tree.nodes.push_back(node);
  }
  return tree;
}

ChargeNeed need_of(const Seat& seat) {
  ChargeNeed n;
  n.capacity_Wh = seat.mac.capacity.value() * seat.mac.health;
  n.adapter_W = seat.of->adapter_W;
  n.idle_W = seat.of->idle_W;
  n.c_rate = seat.of->c_rate;
  n.knee = seat.of->knee;
  n.power_factor = seat.of->power_factor;
  n.start = seat.mac.charge;
  n.goal = seat.goal;
  return n;
}

std::vector<ChargeTask> tasks(const Cell& cell) {
  std::vector<ChargeTask> all;
  for (std::size_t i = 0; i < cell.seats.size(); ++i) {
    const Seat& seat = cell.seats[i];
    // What never gets there bounds nothing.
    if (seat.mac.dead_pack || seat.mac.charge_limit < seat.goal) continue;
    ChargeTask t;
    t.need = need_of(seat);
    t.node = cell.room.outlets[i].circuit.value;
    t.arrives_h = hours_of(seat.arrives);
    all.push_back(t);
  }
  return all;
}

}  // namespace

CellBound bound_of(const Cell& cell) {
  const LimitTree tree = limits(cell);
  const std::vector<ChargeTask> all = tasks(cell);
  CellBound bound;
  bound.demand_s = seconds_an_hour * demand_bound_hours(tree, all, cell.spec.wiring.volts);
  if (!one_class(cell.spec.mix) || cell.spec.goal > 0.80 || cell.spec.trouble || cell.spec.wiring.feeds > 0) return bound;
  std::vector<ChargeNeed> needs;
  for (const ChargeTask& t : all) needs.push_back(t.need);
  bound.integer_s = seconds_an_hour * integer_bound_hours(tree.nodes.front(), needs, cell.spec.wiring.volts);
  return bound;
}

void set_deadlines(Cell& cell, Random dice) {
  constexpr std::array waves{1.0, 1.6, 2.4};
  std::vector<double> wave;
  for (std::size_t i = 0; i < cell.seats.size(); ++i) wave.push_back(waves[i % waves.size()]);
  for (std::size_t i = wave.size(); i > 1; --i) std::swap(wave[i - 1], wave[dice.below(i)]);
  LimitTree tree = limits(cell);
  // The edge is that of the continuous limits themselves, as in power facts 4c: no allowance.
  for (LimitNode& node : tree.nodes) node.over_s = 0;
  std::vector<ChargeTask> all = tasks(cell);
  const auto possible = [&](double hours) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i].due_h = hours * wave[i];
    return necessary_condition(tree, all, cell.spec.wiring.volts, hours * waves.back());
  };
  double low = 0.05, high = 20.0;
  for (int i = 0; i < 24; ++i) {
    const double middle = (low + high) / 2;
    (possible(middle) ? high : low) = middle;
  }
  for (std::size_t i = 0; i < cell.seats.size(); ++i)
    cell.seats[i].due = seconds_of(seconds_an_hour * high * cell.spec.deadlines * wave[i]);
}

}  // namespace greenroom::sim::charging
