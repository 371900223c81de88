// The least time in which any controller could have worked through a batch: what a makespan is held against. Pure.
// Three bounds, each valid for every schedule, so their largest is (demand bound: Q_i(s -> s*_i(T - t)) summed must fit
// under L t for all t; a clairvoyant schedule reaches it within 0.4 %).
// Seconds unless a name says otherwise; shares of charge run from 0 to 1.
#pragma once

#include <optional>
#include <span>

#include "hw/base/units.hpp"

namespace greenroom::sim {

// A pack behind a brick: constant current, then a taper that is linear in what is missing,
// ds/dt = min(rc, r (1-s)/(1-knee)).
struct ChargeNeed {
  double capacity_Wh{};
  double adapter_W{};  // the smaller of brick and machine
  double idle_W{};     // what the machine takes beside its pack
  double c_rate{1.0};  // r, per hour
  double knee{0.80};
  double power_factor{0.97};
  double start{}, goal{};

  [[nodiscard]] double crossover() const;                                      // the charge at which the taper begins
  [[nodiscard]] double hours(double from, double to) const;                    // solo, at full rate
  [[nodiscard]] double needed(double hours_left) const;                        // the charge from which the goal is that far
  [[nodiscard]] double amp_hours(double from, double to, double volts) const;  // at the wall, by on and off alone
};

struct MacNeed {
  double in_slot_s{};                // the least time in a restore slot
  double charging_in_slot_s{};       // how much of it can charge
  std::optional<ChargeNeed> charge;  // none: no pack
};

struct Bound {
  double solo_s{};    // the longest visit, alone in the room
  double slots_s{};   // slot time over slots, of restore slots and of shelf places
  double demand_s{};  // the charging part on the branch's continuous limit
  [[nodiscard]] double largest() const;
};

// The least T hours such that the needs fit under the limit; 0 when there is nothing to charge.
double demand_bound_hours(std::span<const ChargeNeed>, Amps limit, Volts);

// `places`: all that can charge on the limit. No restore slots or no places: that part bounds nothing.
Bound bound(std::span<const MacNeed>, int restore_slots, int places, Amps continuous, Volts);

}  // namespace greenroom::sim
