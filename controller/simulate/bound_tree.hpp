// The demand bound over a tree of limits, with arrivals, deadlines and neutrals. Pure. Hours, amps, amp-hours.
//
// Why it holds: Q_i(s -> s') is the least charge at the wall that lifts Mac i from s to s' by on and off alone, and a Mac
// that is to be at its goal by D must by then have s*_i(D - t) at time t, from which the goal is D - t of full rate away.
// So for every window [r, t], the Macs that arrive at r or later have drawn at least sum w_i Q_i(s_i -> s*_i(D_i - t))
// through every sum of currents with weights w_i >= 0, and no more than that sum may carry in t - r. A node of the tree is
// the sum with weights 1 below it. A neutral with |(Ia, Ib, Ic)| <= In carries at most In under every plane
// n.(Ia, Ib, Ic), |n| = 1, n >= 0: each plane is a weighted node. Only some t and some n are tested: fewer necessary
// conditions, a smaller bound, never a wrong one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "controller/simulate/bound.hpp"

namespace greenroom::sim {

// What one sum of currents may carry. `over_s`: seconds of every hour in which it may be above `continuous_A`, up to
// `hard_A` (R2's 60 s).
struct LimitNode {
  std::optional<std::uint32_t> parent{};  // a smaller index
  double continuous_A{}, hard_A{};
  double over_s{};
  double response_A{}, response_from_h{}, response_until_h{};  // a lower limit for a time; equal hours: none

  [[nodiscard]] double carries_Ah(double from_h, double until_h) const;  // the most
};
struct NeutralLimit {
  std::array<std::uint32_t, 3> phases{};  // nodes
  LimitNode limit;
};
struct LimitTree {
  std::vector<LimitNode> nodes;  // parents before children
  std::vector<NeutralLimit> neutrals;
};

struct ChargeTask {
  ChargeNeed need;
  std::uint32_t node{};  // the lowest above it
  double arrives_h{};
  std::optional<double> due_h{};  // none: by the makespan
};

// Could all be done by their deadlines, and the others by `makespan_h`, as far as the necessary condition tells?
bool necessary_condition(const LimitTree&, std::span<const ChargeTask>, double volts, double makespan_h);
// The least makespan for which it holds; tasks with deadlines of their own are held to those.
double demand_bound_hours(const LimitTree&, std::span<const ChargeTask>, double volts);

// Directions of the planes of a neutral, 24 or more, each of length 1 and without a negative part.
std::span<const std::array<double, 3>> neutral_planes();

// Whole outlets: Macs of one class that draw the same current below the knee run `m` at a time at most, so their hours
// need sum / m (McNaughton). Above the knee, only the part up to it counts, and the rest of one Mac comes after it.
double integer_bound_hours(const LimitNode&, std::span<const ChargeNeed> one_class, double volts);

}  // namespace greenroom::sim
