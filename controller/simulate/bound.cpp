#include "controller/simulate/bound.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "controller/simulate/bound_tree.hpp"

namespace greenroom::sim {
namespace {

constexpr double pack_efficiency = 0.96;
constexpr double brick_efficiency = 0.90;

double limited_rate(const ChargeNeed& n) {
  return std::min(n.c_rate, (n.adapter_W - n.idle_W) * pack_efficiency / n.capacity_Wh);
}
double taper_hours(const ChargeNeed& n) { return (1.0 - n.knee) / n.c_rate; }

}  // namespace

double ChargeNeed::crossover() const { return 1.0 - (1.0 - knee) * limited_rate(*this) / c_rate; }

double ChargeNeed::hours(double from, double to) const {
  if (from >= to) return 0.0;
  const double rate = limited_rate(*this), cross = crossover(), tau = taper_hours(*this);
  if (to <= cross) return (to - from) / rate;
  if (from >= cross) return tau * std::log((1.0 - from) / (1.0 - to));
  return (cross - from) / rate + tau * std::log((1.0 - cross) / (1.0 - to));
}

double ChargeNeed::needed(double hours_left) const {
  if (hours_left <= 0.0) return goal;
  const double rate = limited_rate(*this), cross = crossover(), tau = taper_hours(*this);
  if (goal <= cross) return goal - hours_left * rate;
  const double in_taper = tau * std::log((1.0 - cross) / (1.0 - goal));
  if (hours_left <= in_taper) return 1.0 - (1.0 - goal) * std::exp(hours_left / tau);
  return cross - (hours_left - in_taper) * rate;
}

double ChargeNeed::amp_hours(double from, double to, double volts) const {
  if (to <= from) return 0.0;
  return (capacity_Wh * (to - from) / pack_efficiency + idle_W * hours(from, to)) /
         (brick_efficiency * volts * power_factor);
}

double demand_bound_hours(std::span<const ChargeNeed> needs, Amps limit, Volts nominal) {
  LimitTree tree;
  tree.nodes.push_back({.continuous_A = limit.value(), .hard_A = limit.value()});
  std::vector<ChargeTask> tasks;
  for (const ChargeNeed& n : needs) tasks.push_back({.need = n});
  return demand_bound_hours(tree, tasks, nominal.value());
}

double Bound::largest() const { return std::max({solo_s, slots_s, demand_s}); }

Bound bound(std::span<const MacNeed> macs, int restore_slots, int places, Amps continuous, Volts nominal) {
  Bound b;
  double in_slots = 0.0, at_places = 0.0;
  std::vector<ChargeNeed> needs;
  for (const MacNeed& mac : macs) {
    const double charging = mac.charge ? 3600.0 * mac.charge->hours(mac.charge->start, mac.charge->goal) : 0.0;
    const double after = std::max(0.0, charging - mac.charging_in_slot_s);
    b.solo_s = std::max(b.solo_s, mac.in_slot_s + after);
    in_slots += mac.in_slot_s;
    at_places += charging;
    if (mac.charge) needs.push_back(*mac.charge);
  }
  if (restore_slots > 0) b.slots_s = in_slots / restore_slots;
  if (places > 0) b.slots_s = std::max(b.slots_s, at_places / places);
  b.demand_s = 3600.0 * demand_bound_hours(needs, continuous, nominal);
  return b;
}

}  // namespace greenroom::sim
