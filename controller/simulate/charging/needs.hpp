// What a cell's Macs need of its circuits, for the bounds; and deadlines at the necessary edge.
#pragma once

#include "controller/simulate/bound.hpp"
#include "controller/simulate/charging/cell.hpp"
#include "hw/base/random.hpp"

namespace greenroom::sim::charging {

struct CellBound {
  double demand_s{};   // no schedule within the continuous limits is faster
  double integer_s{};  // the same for whole outlets of one class; 0: not computed
};
// `allowance`: the limits may be exceeded, up to the hard ones, for 60 s of every hour (R2).
CellBound bound_of(const Cell&);

// Three waves, due at 1, 1.6 and 2.4 times the shortest time for which the necessary condition holds, times the slack.
void set_deadlines(Cell&, Random);

}  // namespace greenroom::sim::charging
