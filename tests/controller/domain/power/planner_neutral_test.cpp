// A wye feed whose neutral no meter reads: sqrt(Ia^2 + Ib^2 + Ic^2) against its limits (rules.md R2).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "controller/domain/power/sums.hpp"
#include "hw/base/random.hpp"

namespace greenroom {
namespace {

constexpr TimePoint now = TimePoint{} + std::chrono::hours{10};

// Three phases of one feed, their neutral, and so many outlets on each phase, off and wanting charge.
struct Feed {
  Room room;
  CircuitTree tree;
  std::vector<OutletView> outlets;
  std::vector<CircuitView> circuits;

  Feed(double phase_A, double neutral_A, int on_each) {
    for (const char* name : {"L1", "L2", "L3", "N"}) {
      Circuit c;
      c.name = name;
      c.kind = name[0] == 'N' ? CircuitKind::neutral : CircuitKind::breaker;
      if (c.kind == CircuitKind::neutral) c.phases = {CircuitId{0}, CircuitId{1}, CircuitId{2}};
      room.circuits.push_back(c);
      CircuitView v;
      v.hard = v.soft = Amps::of(name[0] == 'N' ? neutral_A : phase_A);
      circuits.push_back(v);
    }
    for (std::uint32_t phase = 0; phase < 3; ++phase) {
      for (int i = 0; i < on_each; ++i) {
        Outlet o;
        o.circuit = CircuitId{phase};
        room.outlets.push_back(o);
        OutletView v;
        v.nameplate = v.nominal = v.expected = Amps::of(1);
        v.may_open = true;
        v.want = Want::charge;
        v.solo = std::chrono::hours{1};
        outlets.push_back(v);
      }
    }
    tree = make_tree(room);
  }

  void on(std::uint32_t o, double draw_A) {
    OutletView& v = outlets[o];
    v.on = v.own_meter = v.may_lease = true;
    v.counts = Counts::at_draw;
    v.draw = v.expected = Amps::of(draw_A);
    v.settled_from = now - std::chrono::hours{1};
  }
  [[nodiscard]] Plan plan() const { return plan_power(tree, outlets, circuits, {}, Timings{}, RuleSet::all(), now); }
};

constexpr std::uint32_t neutral = 3;

TEST(Neutral, CarriesTheRootOfTheSquaresOfItsPhases) {
  Feed f(100, 100, 5);
  for (const std::uint32_t o : {0U, 1U, 2U}) f.on(o, 1.0);      // 3 A on L1
  for (const std::uint32_t o : {5U, 6U, 7U, 8U}) f.on(o, 1.0);  // 4 A on L2
  const Sums sums(f.tree, f.outlets, f.circuits);
  EXPECT_EQ(sums.at(neutral).present, Amps::of(5));
  EXPECT_EQ(sums.at(neutral).expected, Amps::of(5));
}

TEST(Neutral, KeepsWhatMayJumpOnThePhaseThatCarriesMost) {
  Feed f(100, 100, 5);
  for (const std::uint32_t o : {0U, 1U, 2U}) f.on(o, 1.0);
  for (const std::uint32_t o : {5U, 6U, 7U, 8U}) f.on(o, 1.0);
  f.outlets[0].nameplate = f.outlets[1].nameplate = Amps::of(1.5);  // gaps of 0.5 A, both on L1
  const Sums sums(f.tree, f.outlets, f.circuits);
  EXPECT_EQ(sums.hard(neutral).milli, static_cast<std::int64_t>(std::ceil(std::sqrt(3000.0 * 3000 + 5000.0 * 5000))));
}

TEST(Neutral, KeepsAnOutletOffThatItsPhaseWouldCarry) {
  Feed f(100, 5.1, 5);
  for (const std::uint32_t o : {0U, 1U, 2U}) f.on(o, 1.0);
  for (const std::uint32_t o : {5U, 6U, 7U, 8U}) f.on(o, 1.0);
  const Plan p = f.plan();
  for (const Order& o : p.orders) EXPECT_FALSE(o.on);
  ASSERT_FALSE(p.waits.empty());
  for (const Wait& w : p.waits) {
    EXPECT_EQ(w.reason, WaitReason::circuit);
    EXPECT_EQ(w.circuit, neutral);
  }
}

TEST(Neutral, LetsAnotherPhaseCarryWhatItBarelyFeels) {
  // 4 A on L2 alone: one more there makes 5 A, one on L3 makes 4.12 A.
  Feed f(100, 4.5, 5);
  for (const std::uint32_t o : {5U, 6U, 7U, 8U}) f.on(o, 1.0);
  for (const Order& o : f.plan().orders) EXPECT_NE(f.tree.lowest[o.outlet], 1U);
  EXPECT_FALSE(f.plan().orders.empty());
}

TEST(Neutral, AboveItsHardLimitShedsOnAnyOfItsPhases) {
  Feed f(100, 4.5, 5);
  for (const std::uint32_t o : {0U, 1U, 2U}) f.on(o, 1.0);
  for (const std::uint32_t o : {5U, 6U, 7U, 8U}) f.on(o, 1.0);
  f.outlets[6].solo = std::chrono::minutes{5};
  const Plan p = f.plan();
  ASSERT_FALSE(p.orders.empty());
  EXPECT_FALSE(p.orders.front().on);
  EXPECT_TRUE(p.orders.front().shed);
  EXPECT_EQ(p.orders.front().outlet, 6U);
}

TEST(Neutral, RefusesALeaseThatItCouldNotCarry) {
  Feed f(100, 1.2, 2);
  f.on(0, 1.0);
  f.outlets[0].want = Want::protect;
  f.outlets[0].is_protected = true;
  f.outlets[0].counts = Counts::held;
  f.outlets[2].want = Want::protect;  // on L2: sqrt(2) A of nameplates on 1.2 A
  const Plan p = f.plan();
  const auto wait = std::find_if(p.waits.begin(), p.waits.end(), [](const Wait& w) { return w.outlet == 2; });
  ASSERT_NE(wait, p.waits.end());
  EXPECT_EQ(wait->reason, WaitReason::lease_would_not_fit);
  EXPECT_EQ(wait->circuit, neutral);
}

RC_GTEST_PROP(Neutral, NoCloseIsOrderedThatWouldExceedIt, (std::uint64_t seed)) {
  Random dice(seed);
  Feed f(20, dice.uniform(3, 20), 12);
  for (std::uint32_t o = 0; o < f.outlets.size(); ++o) {
    if (dice.chance(0.4)) f.on(o, dice.uniform(0.1, 1.0));
  }
  const Sums sums(f.tree, f.outlets, f.circuits);
  for (const Order& order : f.plan().orders) {
    if (!order.on) continue;
    std::array<double, 3> phases{};
    for (std::uint32_t p = 0; p < 3; ++p) phases.at(p) = sums.at(p).present.value();
    phases.at(f.tree.lowest[order.outlet]) += f.outlets[order.outlet].nameplate.value();
    const double all = std::hypot(phases[0], phases[1], phases[2]);
    RC_ASSERT(all <= f.circuits[neutral].hard.value() + 1e-9);
  }
}

RC_GTEST_PROP(Neutral, NeverFallsWhenALoadBecomesUnknown, (std::uint64_t seed)) {
  Random dice(seed);
  Feed f(20, 20, 12);
  for (std::uint32_t o = 0; o < f.outlets.size(); ++o) {
    if (dice.chance(0.6)) f.on(o, dice.uniform(0.1, 1.0));
  }
  f.on(0, 0.5);
  const Sums before(f.tree, f.outlets, f.circuits);
  OutletView& v = f.outlets[0];
  v.counts = Counts::unsettled;
  v.on = v.own_meter = false;
  v.unknown = true;
  v.settled_from = never;
  v.expected = v.nominal;
  const Sums after(f.tree, f.outlets, f.circuits);
  RC_ASSERT(after.at(neutral).present >= before.at(neutral).present);
  RC_ASSERT(after.hard(neutral) >= before.hard(neutral));
  RC_ASSERT(after.at(neutral).expected >= before.at(neutral).expected);
}

}  // namespace
}  // namespace greenroom
