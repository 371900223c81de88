// A summary as text, as one line of JSON and, run by run, as CSV.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "controller/simulate/charging/sums_up.hpp"

namespace greenroom::sim::charging {
namespace {

// Figures of a report: what is beyond is noise of the seed.
double rounded(double x) { return std::round(x * 1e4) / 1e4; }

nlohmann::json cell_json(const Row& r) {
  nlohmann::json j{{"cell", r.cell},
                   {"runs", r.runs},
                   {"unfinished", r.unfinished},
                   {"mean", rounded(r.mean)},
                   {"worst", rounded(r.worst)},
                   {"p50_ready_s", rounded(r.p50_s)},
                   {"p95_ready_s", rounded(r.p95_s)},
                   {"soft_over_seconds_per_hour", rounded(r.over_soft_s_per_hour)},
                   {"present_over_seconds_per_hour", rounded(r.now_over_s_per_hour)},
                   {"hard_limit_amp_seconds", rounded(r.hard_As)},
                   {"fault_amp_seconds", rounded(r.fault_As)},
                   {"worst_thermal_ratio", rounded(r.worst_theta)},
                   {"dead_controller_ratio", rounded(r.if_dead)},
                   {"trips", r.trips},
                   {"protected_opens", r.protected_opens},
                   {"maps_revoked", r.maps_revoked},
                   {"relay_operations_per_device", rounded(r.operations_per_device)},
                   {"times_real", std::round(r.times_real)}};
  if (r.integer_mean > 0) j["mean_over_integer_bound"] = rounded(r.integer_mean);
  if (r.due > 0) j["deadline_miss_ratio"] = rounded(static_cast<double>(r.misses) / static_cast<double>(r.due));
  if (r.part == Part::wall_only) j["false_full"] = r.false_full;
  return j;
}

nlohmann::json compared_json(const Compared& c) {
  return {{"mean", rounded(c.mean)},
          {"worst", rounded(c.worst)},
          {"runs", c.runs},
          {"unfinished", c.unfinished},
          {"trips", c.trips},
          {"hard_limit_amp_seconds", rounded(c.hard_As)},
          {"deadline_miss_ratio", rounded(c.miss_ratio)},
          {"relay_operations_per_device", rounded(c.operations_per_device)}};
}

}  // namespace

std::string as_json(const Summary& s) {
  nlohmann::json out{{"suite", s.suite},
                     {"first_seed", s.first_seed},
                     {"last_seed", s.last_seed},
                     {"runs", s.runs},
                     {"unfinished", s.unfinished},
                     {"mean", rounded(s.mean)},
                     {"p99", rounded(s.p99)},
                     {"worst_cell_mean", rounded(s.worst_cell_mean)},
                     {"worst_cell", s.worst_cell},
                     {"worst_mean_over_integer_bound", rounded(s.worst_over_integer)},
                     {"mean_wall_only", rounded(s.mean_wall_only)},
                     {"trips", s.trips},
                     {"hard_limit_amp_seconds", rounded(s.hard_As)},
                     {"fault_amp_seconds", rounded(s.fault_As)},
                     {"soft_over_seconds_per_hour", rounded(s.over_soft_s_per_hour)},
                     {"worst_thermal_ratio", rounded(s.worst_theta)},
                     {"dead_controller_ratio", rounded(s.if_dead)},
                     {"protected_opens", s.protected_opens},
                     {"close_closes", s.close_closes},
                     {"false_full", s.false_full},
                     {"maps_revoked", s.maps_revoked},
                     {"deadline_miss_ratio", rounded(s.miss_ratio)},
                     {"relay_operations_per_device", rounded(s.operations_per_device)},
                     {"worst_relay_operations_per_device", rounded(s.worst_operations)},
                     {"times_real_48", std::round(s.times_real_48)},
                     {"wall_s", rounded(s.wall_s)}};
  out["cells"] = nlohmann::json::array();
  for (const Row& r : s.rows) out["cells"].push_back(cell_json(r));
  out["baselines"] = nlohmann::json::object();
  for (const Compared& c : s.baselines) out["baselines"][std::string(to_string(c.planner))] = compared_json(c);
  return out.dump();
}

std::string as_text(const Summary& s) {
  std::string text =
      fmt::format("{:<46} {:>5} {:>7} {:>7} {:>8} {:>6} {:>6} {:>6} {:>5} {:>5} {:>6} {:>9}\n", "makespan over the bound",
                  "runs", "mean", "worst", "integer", "p50 h", "p95 h", "soft s", "A s", "trips", "relays", "x real");
  auto out = std::back_inserter(text);
  for (const Row& r : s.rows) {
    fmt::format_to(out, "{:<46} {:>5} {:>7.3f} {:>7.3f} {:>8} {:>6.2f} {:>6.2f} {:>6.0f} {:>5.0f} {:>5} {:>6.1f} {:>9.0f}\n",
                   r.cell, r.runs, r.mean, r.worst, r.integer_mean > 0 ? fmt::format("{:.3f}", r.integer_mean) : "",
                   r.p50_s / 3600, r.p95_s / 3600, r.over_soft_s_per_hour, r.hard_As, r.trips, r.operations_per_device,
                   r.times_real);
  }
  if (!s.baselines.empty())
    fmt::format_to(out, "\n{:<46} {:>5} {:>7} {:>7} {:>8} {:>6} {:>6}\n", "compared with", "runs", "mean", "worst", "missed",
                   "trips", "relays");
  for (const Compared& c : s.baselines) {
    fmt::format_to(out, "{:<46} {:>5} {:>7.3f} {:>7.3f} {:>6.1f} % {:>6} {:>6.1f}{}\n", to_string(c.planner), c.runs, c.mean,
                   c.worst, 100 * c.miss_ratio, c.trips, c.operations_per_device,
                   c.unfinished > 0 ? fmt::format("  {} not finished", c.unfinished) : "");
  }
  fmt::format_to(out,
                 "\nseeds {} to {}: mean {:.4f}, 99 % below {:.4f}, worst cell {:.4f} ({})\nwall only: mean {:.4f}\n"
                 "above hard limits {:.1f} A s (beyond the envelope {:.1f}), trips {}, protected opens {}, above continuous "
                 "limits {:.0f} s an hour at most\n"
                 "deadlines missed {:.2f} %, relay operations a device {:.1f}, in the worst cell {:.1f}\n"
                 "{:.0f} times real time a core on 48 slots and fewer; {:.0f} s\n",
                 s.first_seed, s.last_seed, s.mean, s.p99, s.worst_cell_mean, s.worst_cell, s.mean_wall_only, s.hard_As,
                 s.fault_As, s.trips, s.protected_opens, s.over_soft_s_per_hour, 100 * s.miss_ratio, s.operations_per_device,
                 s.worst_operations, s.times_real_48, s.wall_s);
  return text;
}

std::string as_csv(const std::vector<Task>& tasks, const std::vector<Outcome>& outcomes) {
  std::string csv =
      "cell,seed,planner,makespan_s,bound_s,integer_bound_s,ratio,p50_ready_s,p95_ready_s,finished,misses,due,"
      "hard_limit_amp_seconds,fault_amp_seconds,soft_over_s,present_over_s,worst_thermal_ratio,trips,relay_operations,"
      "protected_opens,virtual_s,plans\n";
  auto out = std::back_inserter(csv);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Outcome& o = outcomes[i];
    const auto line = [&](Planner planner, const RunResult& r) {
      fmt::format_to(out,
                     "\"{}\",{},{},{:.1f},{:.1f},{:.1f},{:.5f},{:.1f},{:.1f},{:d},{},{},{:.2f},{:.2f},{:.0f},{:.1f},{:.4f},{"
                     "},{},{},{:.1f},{}\n",
                     tasks[i].spec.name, tasks[i].spec.seed, to_string(planner), r.makespan_s, o.bound.demand_s,
                     o.bound.integer_s, o.ratio(r), r.p50_s, r.p95_s, r.finished, r.misses, r.due, r.hard_As, r.fault_As,
                     r.over_soft_s, r.now_over_s, r.worst_theta, r.trips, r.relay_operations, r.protected_opens, r.virtual_s,
                     r.plans);
    };
    line(Planner::planned, o.product);
    for (const auto& [planner, r] : o.others) line(planner, r);
  }
  return csv;
}

}  // namespace greenroom::sim::charging
