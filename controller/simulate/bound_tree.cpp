#include "controller/simulate/bound_tree.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace greenroom::sim {
namespace {

constexpr int grid_points = 160;
constexpr int bisections = 24;
constexpr double rounding_Ah = 1e-9;
constexpr double seconds_an_hour = 3600.0;

// Directions on the octant of the sphere: (cos e cos a, cos e sin a, sin e) on a grid, and the one of equal phases, which
// is where a balanced feed meets its neutral's limit.
constexpr int steps = 6;
std::vector<std::array<double, 3>> make_planes() {
  std::vector<std::array<double, 3>> planes;
  const double quarter = std::acos(-1.0) / 2.0;
  for (int e = 0; e < steps; ++e) {
    for (int a = 0; a <= steps; ++a) {
      const double up = quarter * e / steps, around = quarter * a / steps;
      planes.push_back({std::cos(up) * std::cos(around), std::cos(up) * std::sin(around), std::sin(up)});
    }
  }
  planes.push_back({0.0, 0.0, 1.0});
  const double equal = 1.0 / std::sqrt(3.0);
  planes.push_back({equal, equal, equal});
  for (auto& plane : planes) {
    for (double& part : plane) part = std::max(0.0, part);
  }
  return planes;
}

class Condition {
 public:
  Condition(const LimitTree& tree, std::span<const ChargeTask> tasks, double volts)
      : tree_(tree), tasks_(tasks), volts_(volts), due_(tree.nodes.size()) {
    starts_.push_back(0.0);
    for (const ChargeTask& task : tasks) {
      if (std::find(starts_.begin(), starts_.end(), task.arrives_h) == starts_.end()) starts_.push_back(task.arrives_h);
    }
  }

  [[nodiscard]] bool holds(double makespan) {
    double last = 0.0;
    for (const ChargeTask& task : tasks_) {
      const double end = task.due_h.value_or(makespan);
      if (task.arrives_h + task.need.hours(task.need.start, task.need.goal) > end * (1 + 1e-12)) return false;
      last = std::max(last, end);
    }
    return std::all_of(starts_.begin(), starts_.end(), [&](double start) {
      if (start >= last) return true;
      for (int k = 1; k <= grid_points; ++k) {
        if (!carried(start, start + (last - start) * k / grid_points, makespan)) return false;
      }
      return true;
    });
  }

 private:
  bool carried(double from, double t, double makespan) {
    std::fill(due_.begin(), due_.end(), 0.0);
    for (const ChargeTask& task : tasks_) {
      if (task.arrives_h < from) continue;
      const ChargeNeed& n = task.need;
      due_[task.node] += n.amp_hours(n.start, std::min(n.goal, n.needed(task.due_h.value_or(makespan) - t)), volts_);
    }
    for (std::size_t c = due_.size(); c-- > 0;) {
      if (due_[c] > tree_.nodes[c].carries_Ah(from, t) + rounding_Ah) return false;
      if (tree_.nodes[c].parent) due_[*tree_.nodes[c].parent] += due_[c];
    }
    return std::all_of(tree_.neutrals.begin(), tree_.neutrals.end(), [&](const NeutralLimit& neutral) {
      const double most = neutral.limit.carries_Ah(from, t) + rounding_Ah;
      const auto planes = neutral_planes();
      return std::none_of(planes.begin(), planes.end(), [&](const std::array<double, 3>& n) {
        return n[0] * due_[neutral.phases[0]] + n[1] * due_[neutral.phases[1]] + n[2] * due_[neutral.phases[2]] > most;
      });
    });
  }

  const LimitTree& tree_;
  std::span<const ChargeTask> tasks_;
  double volts_;
  std::vector<double> due_, starts_;
};

}  // namespace

std::span<const std::array<double, 3>> neutral_planes() {
  static const std::vector<std::array<double, 3>> planes = make_planes();
  return planes;
}

double LimitNode::carries_Ah(double from_h, double until_h) const {
  const double time = until_h - from_h;
  if (time <= 0) return 0.0;
  const double over_h = std::min(time, over_s / seconds_an_hour * std::ceil(time));
  const double lowered_h = std::max(0.0, std::min(until_h, response_until_h) - std::max(from_h, response_from_h));
  return continuous_A * time + std::max(0.0, hard_A - continuous_A) * over_h -
         std::max(0.0, continuous_A - response_A) * lowered_h;
}

bool necessary_condition(const LimitTree& tree, std::span<const ChargeTask> tasks, double volts, double makespan_h) {
  return Condition(tree, tasks, volts).holds(makespan_h);
}

double demand_bound_hours(const LimitTree& tree, std::span<const ChargeTask> tasks, double volts) {
  Condition condition(tree, tasks, volts);
  double low = 0.0, all = 0.0, least = std::numeric_limits<double>::infinity();
  for (const LimitNode& node : tree.nodes) least = std::min(least, node.continuous_A);
  for (const NeutralLimit& neutral : tree.neutrals) least = std::min(least, neutral.limit.continuous_A);
  for (const ChargeTask& task : tasks) {
    low = std::max(low, task.arrives_h + task.need.hours(task.need.start, task.need.goal));
    all += task.need.amp_hours(task.need.start, task.need.goal, volts);
  }
  if (all <= 0.0 || least <= 0.0 || condition.holds(low)) return low;
  double high = low + 0.1;
  for (int i = 0; i < 30 && !condition.holds(high); ++i) high = 2 * high;
  for (int i = 0; i < bisections; ++i) {
    const double middle = (low + high) / 2.0;
    (condition.holds(middle) ? high : low) = middle;
  }
  return low;  // the side that is known not to fit: never above the true bound
}

double integer_bound_hours(const LimitNode& limit, std::span<const ChargeNeed> needs, double volts) {
  if (needs.empty()) return 0.0;
  const double knee = needs.front().crossover();
  double tail = 0.0, longest = 0.0, all = 0.0;
  for (const ChargeNeed& n : needs) {
    const double to = std::min(n.goal, knee);
    const double hours = n.hours(n.start, to);
    tail = std::max(tail, n.hours(to, n.goal));
    longest = std::max(longest, hours);
    all += hours;
  }
  // Amps of one Mac below the knee: amp-hours over hours.
  const ChargeNeed& one = needs.front();
  const double amps = one.amp_hours(0.0, 0.1, volts) / one.hours(0.0, 0.1);
  const double m = std::floor(limit.continuous_A / amps + 1e-9);
  if (m < 1) return 0.0;
  const double more = std::floor(limit.hard_A / amps + 1e-9) - m;  // while the limit may be exceeded
  double low = longest, high = std::max(longest, all / m);
  for (int i = 0; i < bisections && low < high; ++i) {
    const double middle = (low + high) / 2.0;
    const double over_h = std::min(middle, limit.over_s / seconds_an_hour * std::ceil(middle));
    (m * middle + more * over_h >= all ? high : low) = middle;
  }
  return low + tail;
}

}  // namespace greenroom::sim
