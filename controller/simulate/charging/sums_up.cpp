#include "controller/simulate/charging/sums_up.hpp"

#include <algorithm>
#include <cmath>

namespace greenroom::sim::charging {
namespace {

constexpr double accepted_mean = 1.08;  // above it, a cell of one class is held against the integer bound

// The order statistic below which 99 % lie.
double percentile_99(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(std::ceil(0.99 * static_cast<double>(values.size()))) - 1];
}

void add(Row& row, const Outcome& o) {
  const RunResult& r = o.product;
  ++row.runs;
  if (!r.finished) ++row.unfinished;
  const double ratio = o.ratio(r);
  row.mean += ratio;
  row.worst = std::max(row.worst, ratio);
  if (o.bound.integer_s > 0) row.integer_mean += r.makespan_s / o.bound.integer_s;
  row.p50_s += r.p50_s;
  row.p95_s += r.p95_s;
  row.misses += r.misses;
  row.due += r.due;
  row.over_soft_s_per_hour = std::max(row.over_soft_s_per_hour, r.over_soft_s_per_hour);
  row.now_over_s_per_hour += r.now_over_s / std::max(1.0, r.virtual_s / 3600.0);
  row.hard_As += r.hard_As;
  row.fault_As += r.fault_As;
  row.worst_theta = std::max(row.worst_theta, r.worst_theta);
  row.trips += r.trips;
  row.if_dead = std::max(row.if_dead, r.if_dead);
  row.protected_opens += r.protected_opens;
  row.close_closes += r.close_closes;
  row.maps_revoked += r.maps_revoked;
  row.false_full += r.false_full;
  row.operations_per_device += r.operations_per_device();
  row.times_real += r.wall_s > 0 ? r.virtual_s / r.wall_s : 0.0;
}

void divide(Row& row) {
  const auto n = static_cast<double>(row.runs);
  for (double* mean : {&row.mean, &row.integer_mean, &row.p50_s, &row.p95_s, &row.now_over_s_per_hour,
                       &row.operations_per_device, &row.times_real})
    *mean /= n;
}

void compare(Summary& s, const Outcome& o) {
  for (const auto& [planner, r] : o.others) {
    auto found =
        std::find_if(s.baselines.begin(), s.baselines.end(), [p = planner](const Compared& c) { return c.planner == p; });
    if (found == s.baselines.end()) {
      s.baselines.emplace_back();
      found = s.baselines.end() - 1;
      found->planner = planner;
    }
    if (r.due > 0) {
      found->miss_ratio = static_cast<double>(r.misses) / static_cast<double>(r.due) + found->miss_ratio;
      continue;  // its makespan is not what it was asked for
    }
    ++found->runs;
    if (!r.finished) ++found->unfinished;
    found->trips += static_cast<std::uint64_t>(r.trips);
    found->mean += o.ratio(r);
    found->worst = std::max(found->worst, o.ratio(r));
    found->hard_As += r.hard_As;
    found->operations_per_device += r.operations_per_device();
  }
}

void pool(Summary& s) {
  std::uint64_t due = 0, misses = 0, small = 0;
  double operations = 0;
  for (const Row& row : s.rows) {
    s.runs += row.runs;
    s.unfinished += row.unfinished;
    s.hard_As += row.hard_As;
    s.fault_As += row.fault_As;
    s.over_soft_s_per_hour = std::max(s.over_soft_s_per_hour, row.over_soft_s_per_hour);
    s.worst_theta = std::max(s.worst_theta, row.worst_theta);
    s.trips += row.trips;
    s.if_dead = std::max(s.if_dead, row.if_dead);
    s.protected_opens += row.protected_opens;
    s.close_closes += row.close_closes;
    s.false_full += row.false_full;
    s.maps_revoked += row.maps_revoked;
    due += row.due;
    misses += row.misses;
    operations += row.operations_per_device * static_cast<double>(row.runs);
    s.worst_operations = std::max(s.worst_operations, row.operations_per_device);
    if (row.slots <= 48) {
      s.times_real_48 += row.times_real;
      ++small;
    }
    if (row.part != Part::cells) continue;
    if (row.mean > s.worst_cell_mean) {
      s.worst_cell_mean = row.mean;
      s.worst_cell = row.cell;
    }
    if (row.mean > accepted_mean) s.worst_over_integer = std::max(s.worst_over_integer, row.integer_mean);
  }
  if (due > 0) s.miss_ratio = static_cast<double>(misses) / static_cast<double>(due);
  if (s.runs > 0) s.operations_per_device = operations / static_cast<double>(s.runs);
  if (small > 0) s.times_real_48 /= static_cast<double>(small);
}

}  // namespace

Summary sum_up(Suite suite, const std::vector<Task>& tasks, const std::vector<Outcome>& outcomes) {
  Summary s;
  s.suite = to_string(suite);
  if (!tasks.empty()) s.first_seed = tasks.front().spec.seed, s.last_seed = tasks.back().spec.seed;
  std::vector<double> ratios, blind;
  double due_runs = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (s.rows.empty() || s.rows.back().cell != tasks[i].spec.name) {
      s.rows.emplace_back();
      s.rows.back().cell = tasks[i].spec.name;
      s.rows.back().part = tasks[i].part;
      s.rows.back().slots = tasks[i].spec.wiring.slots;
    }
    add(s.rows.back(), outcomes[i]);
    compare(s, outcomes[i]);
    const double ratio = outcomes[i].ratio(outcomes[i].product);
    if (tasks[i].part == Part::cells) ratios.push_back(ratio);
    if (tasks[i].part == Part::wall_only) blind.push_back(ratio);
    if (tasks[i].part == Part::deadlines) ++due_runs;
  }
  for (Row& row : s.rows) divide(row);
  const auto mean = [](const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += x;
    return v.empty() ? 0.0 : sum / static_cast<double>(v.size());
  };
  s.mean = mean(ratios);
  s.p99 = percentile_99(ratios);
  s.mean_wall_only = mean(blind);
  for (Compared& c : s.baselines) {
    const auto n = static_cast<double>(std::max<std::uint64_t>(c.runs, 1));
    c.mean /= n;
    c.operations_per_device /= n;
    if (due_runs > 0) c.miss_ratio /= due_runs;
  }
  pool(s);
  return s;
}

}  // namespace greenroom::sim::charging
