// Whole runs of small cells, and suites over them. What must be zero is shown to be able not to be.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/simulate/charging/silence.hpp"
#include "controller/simulate/charging/sums_up.hpp"

namespace greenroom::sim::charging {
namespace {

CellSpec spec_of(Mix mix, double goal) {
  CellSpec spec;
  spec.name = "test";
  spec.wiring = {.slots = 24, .volts = 120, .hard_A = 20, .continuous_A = 16};
  spec.mix = mix;
  spec.goal = goal;
  spec.seed = 7;
  return spec;
}

RunResult run_of(const CellSpec& spec) { return run(make_cell(spec), 12 * 3600.0); }

TEST(ChargingRun, OfTheSameCellIsTheSameRun) {
  const RunResult a = run_of(spec_of(Mix::m4, 0.8)), b = run_of(spec_of(Mix::m4, 0.8));
  EXPECT_EQ(a.makespan_s, b.makespan_s);
  EXPECT_EQ(a.relay_operations, b.relay_operations);
  EXPECT_EQ(a.plans, b.plans);
}

TEST(ChargingRun, OfAnotherSeedIsAnotherRun) {
  CellSpec other = spec_of(Mix::m4, 0.8);
  other.seed = 8;
  EXPECT_NE(run_of(other).makespan_s, run_of(spec_of(Mix::m4, 0.8)).makespan_s);
}

TEST(ChargingRun, OfTheProductKeepsEveryLimitAndIsNoFasterThanTheBound) {
  for (const Mix mix : mixes) {
    const Cell cell = make_cell(spec_of(mix, 0.99));
    const RunResult r = run(cell, 12 * 3600.0);
    EXPECT_TRUE(r.finished);
    EXPECT_EQ(r.hard_As, 0.0);
    EXPECT_EQ(r.trips, 0);
    EXPECT_LE(r.over_soft_s_per_hour, 60.0);
    EXPECT_EQ(r.close_closes, 0);
    EXPECT_LE(r.if_dead, 1.0) << "a controller that dies leaves no circuit above its hard limit";
    EXPECT_GE(r.makespan_s, bound_of(cell).demand_s) << to_string(mix);
  }
}

TEST(ChargingRun, OfEverythingAtOnceIsAboveTheHardLimitAndTrips) {
  CellSpec spec = spec_of(Mix::m1, 0.99);
  spec.planner = Planner::all_on;
  const RunResult r = run_of(spec);
  EXPECT_GT(r.hard_As, 0.0);
  EXPECT_GT(r.trips, 0);
  EXPECT_GT(r.over_soft_s_per_hour, 60.0);
  EXPECT_GT(r.if_dead, 1.0);
}

TEST(ChargingRun, OfATimerTakesAboutTwoToThreeTimesTheBound) {
  // Carts with timers: 1.93 to 3.20 times (power facts 4c).
  CellSpec spec = spec_of(Mix::m1, 0.99);
  spec.planner = Planner::timer;
  const Cell cell = make_cell(spec);
  const double ratio = run(cell, 24 * 3600.0).makespan_s / bound_of(cell).demand_s;
  EXPECT_GT(ratio, 1.9);
  EXPECT_LT(ratio, 3.3);
}

TEST(ChargingRun, MeetsDeadlinesWithFivePerCentMoreThanTheEdge) {
  CellSpec spec = spec_of(Mix::m2, 0.90);
  spec.wiring.slots = 48;
  spec.deadlines = 1.05;
  const RunResult r = run_of(spec);
  EXPECT_EQ(r.due, 48U);
  EXPECT_EQ(r.misses, 0U);
}

TEST(ChargingRun, CountsTheDeadlinesThatATimerMisses) {
  CellSpec spec = spec_of(Mix::m2, 0.90);
  spec.wiring.slots = 48;
  spec.deadlines = 1.05;
  spec.planner = Planner::timer;
  EXPECT_GT(run_of(spec).misses, 0U);
}

TEST(ChargingRun, OfATreeWithNeutralsKeepsThemToo) {
  CellSpec spec = spec_of(Mix::m1, 0.80);
  spec.wiring = {.slots = 240, .volts = 230, .hard_A = 32, .continuous_A = 32, .feeds = 2, .panel_A = 60};
  const RunResult r = run_of(spec);
  EXPECT_TRUE(r.finished);
  EXPECT_EQ(r.hard_As, 0.0);
  EXPECT_LE(r.over_soft_s_per_hour, 60.0);
}

TEST(ChargingRun, WithTroubleOpensNothingThatIsProtected) {
  CellSpec spec = spec_of(Mix::m4, 0.90);
  spec.trouble = true;
  const RunResult r = run_of(spec);
  EXPECT_EQ(r.protected_opens, 0);
  EXPECT_EQ(r.hard_As, 0.0);
}

TEST(ChargingSilence, LastsTwoMinutesAboutEveryHalfHourAndOnlyWhereThereIsTrouble) {
  CellSpec spec = spec_of(Mix::m4, 0.90);
  Silence none(make_cell(spec), TimePoint{});
  spec.trouble = true;
  Silence some(make_cell(spec), TimePoint{});
  int silent = 0, ends = 0, never_silent = 0;
  for (int s = 0; s < 100 * 3600; ++s) {
    const TimePoint t = TimePoint{} + std::chrono::seconds{s};
    never_silent += none.holds(PduId{0}, t) ? 1 : 0;
    const bool now_silent = some.holds(PduId{0}, t);
    silent += now_silent ? 1 : 0;
    ends += some.back(PduId{0}, now_silent) ? 1 : 0;
  }
  EXPECT_EQ(never_silent, 0);
  EXPECT_NEAR(silent / 120.0, ends, 1.0);
  EXPECT_NEAR(ends, 100 * 3600 / 1920.0, 50);
}

TEST(ChargingRun, FromTheWallAloneCallsNobodyFullThatIsNot) {
  CellSpec spec = spec_of(Mix::m1, 0.99);
  spec.wall_only = true;
  const RunResult r = run_of(spec);
  EXPECT_TRUE(r.finished);
  EXPECT_EQ(r.false_full, 0);
}

// Each figure that must be zero is not, once the rule behind it is off.
TEST(ChargingMutant, WithoutR1OpensProtectedOutlets) {
  CellSpec spec = spec_of(Mix::m1, 0.90);
  spec.wiring.slots = 48;
  spec.wiring.hard_A = 15;
  spec.wiring.continuous_A = 12;
  spec.trouble = true;
  EXPECT_EQ(run_of(spec).protected_opens, 0);
  spec.rules = RuleSet::all().without(Rule::r1);
  EXPECT_GT(run_of(spec).protected_opens, 0);
}

TEST(ChargingMutant, WithoutR2IsAboveTheHardLimitAndTrips) {
  CellSpec spec = spec_of(Mix::m1, 0.90);
  spec.rules = RuleSet::all().without(Rule::r2);
  const RunResult r = run_of(spec);
  EXPECT_GT(r.hard_As, 0.0);
  EXPECT_GT(r.trips, 0);
}

TEST(ChargingMutant, WithoutR8ClosesTooSoonAfterAnother) {
  CellSpec spec = spec_of(Mix::m1, 0.90);
  spec.wiring.slots = 48;  // two lines
  spec.rules = RuleSet::all().without(Rule::r8);
  EXPECT_GT(run_of(spec).close_closes, 0);
}

std::vector<Task> few_tasks() {
  std::vector<Task> tasks;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    CellSpec spec = spec_of(Mix::m1, 0.8);
    spec.seed = seed;
    tasks.push_back({Part::cells, spec, seed == 0});
  }
  return tasks;
}

TEST(ChargingSuite, ComesToTheSameWithOneWorkerAndWithFour) {
  const auto tasks = few_tasks();
  EXPECT_EQ(as_csv(tasks, perform_all(tasks, 1, {})), as_csv(tasks, perform_all(tasks, 4, {})));
}

TEST(ChargingSuite, TellsItsShareUpToAll) {
  double last = 0;
  perform_all(few_tasks(), 2, [&](double share) { last = std::max(last, share); });
  EXPECT_NEAR(last, 1.0, 1e-9);
}

TEST(ChargingSuite, OfTheHeadlineHasEveryCellEverySeedAndTheOtherPlannersOnSmallOnes) {
  const auto tasks = tasks_of(Suite::headline, 0, 19);
  // 6 circuits x 4 mixes x 2 goals, 6 x 4 from the wall alone, one of deadlines; 20 seeds each.
  EXPECT_EQ(tasks.size(), (48 + 24 + 1) * 20U);
  for (const Task& t : tasks) EXPECT_EQ(t.baselines, t.part != Part::wall_only && t.spec.wiring.slots <= 48);
}

TEST(ChargingSuite, PrintsTheFiguresThatAreAskedForAsOneLineOfJson) {
  const auto tasks = few_tasks();
  const std::string line = as_json(sum_up(Suite::headline, tasks, perform_all(tasks, 2, {})));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  for (const char* key :
       {"mean", "p99", "worst_cell_mean", "mean_wall_only", "trips", "hard_limit_amp_seconds", "soft_over_seconds_per_hour",
        "protected_opens", "deadline_miss_ratio", "relay_operations_per_device", "cells", "baselines"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["cells"].size(), 1U);
  EXPECT_EQ(json["baselines"].size(), 7U);
}

TEST(ChargingSuite, TakesMeanWorstAndPercentileOverItsRuns) {
  std::vector<Task> tasks;
  std::vector<Outcome> outcomes;
  for (int i = 1; i <= 100; ++i) {
    CellSpec spec;
    spec.name = i <= 50 ? "one" : "two";
    tasks.push_back({Part::cells, spec, false});
    Outcome o;
    o.bound.demand_s = 1000;
    o.product.finished = true;
    o.product.makespan_s = 1000 + i;
    outcomes.push_back(o);
  }
  const Summary s = sum_up(Suite::headline, tasks, outcomes);
  EXPECT_NEAR(s.mean, 1.0505, 1e-9);
  EXPECT_NEAR(s.p99, 1.099, 1e-9);
  EXPECT_EQ(s.worst_cell, "two");
  EXPECT_NEAR(s.worst_cell_mean, 1.0755, 1e-9);
  EXPECT_TRUE(s.clean());
}

TEST(ChargingSuite, IsNotCleanWhenAnythingOfOursWasAboveAHardLimit) {
  Outcome o;
  o.product.finished = true;
  o.product.hard_As = 0.5;
  EXPECT_FALSE(sum_up(Suite::headline, {Task{}}, {o}).clean());
  o.product.hard_As = 0;
  o.product.finished = false;
  EXPECT_FALSE(sum_up(Suite::headline, {Task{}}, {o}).clean());
}

TEST(ChargingPage, HasARowForEveryCellAndAPictureOfTheFirstSeed) {
  auto tasks = few_tasks();
  tasks[0].spec.drawn = true;
  const auto outcomes = perform_all(tasks, 2, {});
  const std::string html = as_html(sum_up(Suite::headline, tasks, outcomes), tasks, outcomes);
  EXPECT_NE(html.find("<td>test</td>"), std::string::npos);
  EXPECT_NE(html.find("<polyline class=\"now\""), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
}

}  // namespace
}  // namespace greenroom::sim::charging
