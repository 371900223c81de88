#include "hw/model/grid.hpp"

#include <algorithm>
#include <cmath>

namespace greenroom::model {
namespace {

// Returns true when the breaker trips.
bool flow(Grid::Sum& sum, double hard, double seconds) {
  sum.amp_seconds += sum.amps * seconds;
  if (sum.amps > hard) sum.over_hard_As += (sum.amps - hard) * seconds;
  return sum.breaker.carry(sum.amps, seconds);
}

void close_second(Grid::Sum& sum, std::size_t at, double continuous) {
  const std::int64_t milli = std::llround(sum.amp_seconds * 1000.0);
  sum.ring_total += milli - sum.ring[at];
  sum.ring[at] = milli;
  sum.amp_seconds = 0.0;
  if (sum.mean() > continuous) sum.over_soft_s += 1.0;
}

}  // namespace

Grid::Node::Node(const CircuitSpec& s)
    : parent(s.parent ? static_cast<int>(s.parent->value) : -1),
      hard(s.hard.value()),
      continuous(s.continuous.value()),
      base(s.base.value()),
      all(s),
      clean(s) {}

Grid::Grid(const std::vector<CircuitSpec>& specs) {
  nodes_.reserve(specs.size());
  for (const CircuitSpec& s : specs) nodes_.emplace_back(s);
}

void Grid::clear() {
  for (Node& n : nodes_) {
    n.all.amps = n.live ? n.base + n.foreign : 0.0;
    n.clean.amps = n.live ? n.base : 0.0;
  }
}

void Grid::sum() {
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    const Node& n = nodes_[i];
    if (n.parent < 0) continue;
    Node& above = nodes_[static_cast<std::size_t>(n.parent)];
    above.all.amps += n.all.amps;
    above.clean.amps += n.clean.amps;
  }
}

void Grid::carry(double seconds, std::vector<CircuitId>& trips) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& n = nodes_[i];
    if (flow(n.clean, n.hard, seconds)) n.clean_tripped = true;
    const bool trip = flow(n.all, n.hard, seconds);
    n.peak_A = std::max(n.peak_A, n.all.amps);
    n.peak_theta = std::max(n.peak_theta, n.all.breaker.theta());
    if (trip && n.closed) trips.push_back(CircuitId{static_cast<std::uint32_t>(i)});
  }
}

void Grid::whole_second() {
  for (Node& n : nodes_) {
    close_second(n.all, second_, n.continuous);
    close_second(n.clean, second_, n.continuous);
  }
  second_ = (second_ + 1) % mean_seconds;
}

void Grid::update_live() {
  for (Node& n : nodes_) {
    n.live = n.closed && n.supplied && (n.parent < 0 || nodes_[static_cast<std::size_t>(n.parent)].live);
  }
}

}  // namespace greenroom::model
