#include "controller/simulate/charging/suite.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <thread>

namespace greenroom::sim::charging {
namespace {

struct Kind {
  const char* name;
  Wiring wiring;
};
// Power facts 4c and the circuits of its prototype; L-N volts.
const std::array small_kinds{
    Kind{"24 on 15 A/120 V", {.slots = 24, .volts = 120, .hard_A = 15, .continuous_A = 12}},
    Kind{"24 on 20 A/120 V", {.slots = 24, .volts = 120, .hard_A = 20, .continuous_A = 16}},
    Kind{"48 on 20 A/120 V", {.slots = 48, .volts = 120, .hard_A = 20, .continuous_A = 16}},
    Kind{"24 on 16 A/230 V", {.slots = 24, .volts = 230, .hard_A = 16, .continuous_A = 12.8}},
};
const std::array large_kinds{
    Kind{"240 on 2 x 3 x 32 A", {.slots = 240, .volts = 230, .hard_A = 32, .continuous_A = 32, .feeds = 2, .panel_A = 60}},
    Kind{
        "1000 on 8 x 3 x 32 A",
        {.slots = 1000, .volts = 230, .hard_A = 32, .continuous_A = 32, .feeds = 8, .panel_A = 200, .demand_response = 0.7}},
};
const std::array other_planners{Planner::nameplate, Planner::timer,         Planner::strip_add, Planner::greedy,
                                Planner::edf,       Planner::lowest_charge, Planner::llf};

constexpr double full_goal = 0.99, partial_goal = 0.80, deadline_goal = 0.90, deadline_slack = 1.05;
constexpr double longest_times_bound = 8, longest_more_s = 7200;  // a planner that needs more is not finished

struct Listing {
  std::uint64_t first{}, last{};
  std::vector<Task> tasks;

  void add(Part part, CellSpec spec, bool baselines) {
    spec.name = spec.name + ", " + std::string(to_string(spec.mix)) + ", to " +
                std::to_string(static_cast<int>(std::lround(100 * spec.goal))) + " %";
    if (part == Part::wall_only) spec.name += ", wall only";
    if (part == Part::deadlines) spec.name += ", deadlines";
    for (std::uint64_t seed = first; seed <= last; ++seed) {
      spec.seed = seed;
      spec.drawn = seed == first && spec.wiring.feeds == 0;
      tasks.push_back({part, spec, baselines});
    }
  }

  template <class Kinds>
  void every(const Kinds& kinds, std::initializer_list<double> goals, Part part, bool baselines,
             const std::function<void(CellSpec&)>& with = {}) {
    for (const Kind& kind : kinds) {
      for (const Mix mix : mixes) {
        for (const double goal : goals) {
          CellSpec spec;
          spec.name = kind.name;
          spec.wiring = kind.wiring;
          spec.mix = mix;
          spec.goal = goal;
          if (with) with(spec);
          add(part, spec, baselines);
        }
      }
    }
  }

  void wall_only() {
    const auto blind = [](CellSpec& s) { s.wall_only = true; };
    every(small_kinds, {full_goal}, Part::wall_only, false, blind);
    every(large_kinds, {full_goal}, Part::wall_only, false, blind);
  }

  void headline() {
    every(small_kinds, {partial_goal, full_goal}, Part::cells, true);
    every(large_kinds, {partial_goal, full_goal}, Part::cells, false);
    wall_only();
    CellSpec spec;
    spec.name = small_kinds[2].name;
    spec.wiring = small_kinds[2].wiring;
    spec.mix = Mix::m2;
    spec.goal = deadline_goal;
    spec.deadlines = deadline_slack;
    add(Part::deadlines, spec, true);
  }
};

// What a run costs, for the share that is done: plans times slots.
double weight(const Task& t) {
  const auto slots = static_cast<double>(t.spec.wiring.slots);
  return slots * std::sqrt(slots) * (t.baselines ? 6 : 1);
}

}  // namespace

std::string_view to_string(Suite s) {
  switch (s) {
    case Suite::headline: return "headline";
    case Suite::wall_only: return "wall-only";
    case Suite::bank_meter: return "bank-meter";
    case Suite::hard_is_continuous: return "hard-is-continuous";
    case Suite::stress: return "stress";
  }
  return "";
}

std::optional<Suite> suite_named(std::string_view name) {
  const auto* found = std::find_if(suites.begin(), suites.end(), [&](Suite s) { return to_string(s) == name; });
  return found == suites.end() ? std::nullopt : std::optional(*found);
}

std::vector<Task> tasks_of(Suite suite, std::uint64_t first_seed, std::uint64_t last_seed) {
  Listing l{first_seed, last_seed, {}};
  switch (suite) {
    case Suite::headline: l.headline(); break;
    case Suite::wall_only: l.wall_only(); break;
    case Suite::bank_meter:
      l.every(small_kinds, {partial_goal, full_goal}, Part::cells, false, [](CellSpec& s) { s.bank_meter = true; });
      break;
    case Suite::hard_is_continuous:
      l.every(small_kinds, {partial_goal, full_goal}, Part::cells, false, [](CellSpec& s) { s.hard_is_soft = true; });
      break;
    case Suite::stress:
      l.every(small_kinds, {deadline_goal}, Part::cells, false, [](CellSpec& s) { s.trouble = true; });
      break;
  }
  return std::move(l.tasks);
}

Outcome perform(const Task& task) {
  Outcome out;
  CellSpec spec = task.spec;
  Cell cell = make_cell(spec);
  out.bound = bound_of(cell);
  const double longest_s = longest_times_bound * out.bound.demand_s + longest_more_s;
  out.product = run(cell, longest_s);
  if (!task.baselines) return out;
  for (const Planner planner : other_planners) {
    cell.spec.planner = planner;
    cell.spec.drawn = false;
    out.others.emplace_back(planner, run(cell, longest_s));
  }
  return out;
}

std::vector<Outcome> perform_all(const std::vector<Task>& tasks, unsigned workers, const Progress& progress) {
  // The largest first, so that no core waits for another at the end.
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return weight(tasks[a]) > weight(tasks[b]); });
  double all = 0;
  for (const Task& t : tasks) all += weight(t);

  std::vector<Outcome> outcomes(tasks.size());
  std::atomic<std::size_t> next{0};
  std::mutex guard;
  std::condition_variable told;
  double done = 0;
  std::size_t count = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < order.size(); i = next++) {
      outcomes[order[i]] = perform(tasks[order[i]]);
      const std::lock_guard lock(guard);
      done += weight(tasks[order[i]]);
      ++count;
      told.notify_one();
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned w = 0; w < std::max(1U, workers); ++w) threads.emplace_back(work);
  std::unique_lock lock(guard);
  while (count < tasks.size()) {
    told.wait(lock);
    if (!progress) continue;
    const double share = done / all;
    lock.unlock();
    progress(share);
    lock.lock();
  }
  return outcomes;
}

}  // namespace greenroom::sim::charging
