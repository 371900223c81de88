// The demand bound over trees, arrivals, deadlines and neutrals, by hand. Fluid reasoning: 96 Wh at 1C behind a 90 % brick
// with a power factor of 1 at 120 V is 0.92593 A below the knee, 0.46296 Ah for half of its charge.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "controller/simulate/bound_tree.hpp"

namespace greenroom::sim {
namespace {

constexpr double volts = 120, amps_of_one = 0.925926, half_Ah = 0.462963;

ChargeNeed plain() {
  ChargeNeed n;
  n.capacity_Wh = 96;
  n.adapter_W = 200;
  n.power_factor = 1.0;
  n.start = 0.30;
  n.goal = 0.80;
  return n;
}

LimitNode node(double amps, std::optional<std::uint32_t> parent = {}) {
  LimitNode n;
  n.parent = parent;
  n.continuous_A = n.hard_A = amps;
  return n;
}

std::vector<ChargeTask> tasks(std::size_t count, std::uint32_t at = 0) {
  return std::vector<ChargeTask>(count, ChargeTask{.need = plain(), .node = at});
}

TEST(TreeBound, OfALowNodeHoldsThoughTheRootIsWide) {
  const LimitTree tree{{node(100), node(amps_of_one, 0)}, {}};
  EXPECT_NEAR(demand_bound_hours(tree, tasks(4, 1), volts), 4 * 0.5, 1e-3);
}

TEST(TreeBound, OfTheRootHoldsThoughEveryBranchIsWide) {
  const LimitTree tree{{node(amps_of_one), node(100, 0), node(100, 0)}, {}};
  std::vector<ChargeTask> all = tasks(2, 1);
  for (const ChargeTask& t : tasks(2, 2)) all.push_back(t);
  EXPECT_NEAR(demand_bound_hours(tree, all, volts), 4 * 0.5, 1e-3);
}

TEST(TreeBound, OfBalancedPhasesIsTheirNeutrals) {
  // Three phases that carry the same: each may carry 1 / sqrt(3) of the neutral's limit.
  LimitTree tree{{node(100), node(100), node(100)}, {}};
  tree.neutrals.push_back({{0, 1, 2}, node(amps_of_one)});
  std::vector<ChargeTask> all;
  for (std::uint32_t p = 0; p < 3; ++p) {
    for (const ChargeTask& t : tasks(2, p)) all.push_back(t);
  }
  EXPECT_NEAR(demand_bound_hours(tree, all, volts), 2 * half_Ah / (amps_of_one / std::sqrt(3.0)), 1e-3);
}

TEST(TreeBound, OfOneLoadedPhaseIsTheNeutralsWholeLimit) {
  LimitTree tree{{node(100), node(100), node(100)}, {}};
  tree.neutrals.push_back({{0, 1, 2}, node(amps_of_one)});
  EXPECT_NEAR(demand_bound_hours(tree, tasks(4, 1), volts), 4 * 0.5, 1e-3);
}

TEST(TreeBound, HasAtLeast24PlanesOfLength1) {
  EXPECT_GE(neutral_planes().size(), 24U);
  for (const auto& n : neutral_planes()) {
    EXPECT_NEAR(n[0] * n[0] + n[1] * n[1] + n[2] * n[2], 1.0, 1e-12);
    EXPECT_GE(std::min({n[0], n[1], n[2]}), 0.0);
  }
}

TEST(TreeBound, CountsWhatArrivesLateFromItsArrival) {
  const LimitTree tree{{node(amps_of_one)}, {}};
  std::vector<ChargeTask> all = tasks(4);
  for (ChargeTask& t : all) t.arrives_h = 1.0;
  EXPECT_NEAR(demand_bound_hours(tree, all, volts), 1.0 + 4 * 0.5, 1e-3);
}

TEST(TreeBound, OfOneThatArrivesLastIsItsArrivalAndItsOwnTime) {
  const LimitTree tree{{node(100)}, {}};
  std::vector<ChargeTask> all = tasks(2);
  all[1].arrives_h = 3.0;
  EXPECT_NEAR(demand_bound_hours(tree, all, volts), 3.5, 1e-6);
}

TEST(TreeBound, MayUseTheAllowanceAboveTheContinuousLimit) {
  LimitNode limit = node(amps_of_one);
  limit.hard_A = 2 * amps_of_one;
  limit.over_s = 60;
  const LimitTree tree{{limit}, {}};
  // 2 h of one at a time, of which two run together for a minute in each hour that begins: T + 2 x 60 s = 2 h.
  EXPECT_NEAR(demand_bound_hours(tree, tasks(4), volts), 2.0 - 2 * 60.0 / 3600.0, 2e-3);
}

TEST(TreeBound, CarriesLessWhileADemandResponseLasts) {
  LimitNode limit = node(amps_of_one);
  limit.response_A = amps_of_one / 2;
  limit.response_from_h = 0.5;
  limit.response_until_h = 1.5;
  EXPECT_NEAR(limit.carries_Ah(0, 2), 1.5 * amps_of_one, 1e-9);
  const LimitTree tree{{limit}, {}};
  EXPECT_NEAR(demand_bound_hours(tree, tasks(4), volts), 2.5, 2e-3);
}

TEST(TreeBound, RefusesADeadlineBeforeTheCircuitCanCarryIt) {
  const LimitTree tree{{node(amps_of_one)}, {}};
  std::vector<ChargeTask> all = tasks(4);
  for (ChargeTask& t : all) t.due_h = 2.01;
  EXPECT_TRUE(necessary_condition(tree, all, volts, 5.0));
  for (ChargeTask& t : all) t.due_h = 1.98;
  EXPECT_FALSE(necessary_condition(tree, all, volts, 5.0));
}

TEST(TreeBound, RefusesADeadlineThatOneAloneCannotMeet) {
  const LimitTree tree{{node(100)}, {}};
  std::vector<ChargeTask> one = tasks(1);
  one[0].due_h = 0.49;
  EXPECT_FALSE(necessary_condition(tree, one, volts, 5.0));
}

TEST(IntegerBound, RunsWholeOutletsAtATime) {
  // 2.5 Macs' worth of amps run two at a time: five half hours on two outlets.
  const std::vector<ChargeNeed> five(5, plain());
  EXPECT_NEAR(integer_bound_hours(node(2.5 * amps_of_one), five, volts), 5 * 0.5 / 2, 1e-6);
}

TEST(IntegerBound, IsNoShorterThanTheLongestAlone) {
  std::vector<ChargeNeed> three(3, plain());
  three[2].start = 0.05;
  EXPECT_NEAR(integer_bound_hours(node(3.2 * amps_of_one), three, volts), 0.75, 1e-6);
}

TEST(IntegerBound, AddsTheTaperOfOneAfterTheKnee) {
  std::vector<ChargeNeed> two(2, plain());
  for (ChargeNeed& n : two) n.goal = 0.90;
  EXPECT_NEAR(integer_bound_hours(node(1.5 * amps_of_one), two, volts), 2 * 0.5 + 0.2 * std::log(2.0), 1e-6);
}

}  // namespace
}  // namespace greenroom::sim
