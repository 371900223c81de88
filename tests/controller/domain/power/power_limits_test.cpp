// R2: what an outlet counts at, and the two limits. A room of two PDUs on one 20 A branch.
#include <gtest/gtest.h>

#include "controller/domain/power/power.hpp"
#include "tests/support/power_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::PowerRig;
using test::started;

TEST(Power, AFreshlyClosedOutletCountsAtNameplateUntilASampleBeganAfterSettling) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.plan();
  rig.obey(rig.orders()[0]);
  rig.run(27s);
  EXPECT_EQ(rig.room.outlets[0].nameplate, rig.senses.memory.loads[1].present);
  rig.run(9s);
  EXPECT_EQ(Amps::of(1.05), rig.senses.memory.loads[1].present);
}

TEST(Power, APackThatIdlesBeforeItChargesCountsAtNameplate) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge, 0.0);
  rig.at("left:1").draw = Amps::of(0.05);
  rig.run(15min);
  EXPECT_EQ(rig.room.outlets[0].nameplate, rig.senses.memory.loads[1].present);
}

TEST(Power, TheRoomFillsUntilTheBranchBindsAndEveryWaitingOutletNamesIt) {
  PowerRig rig = started();
  for (int i = 1; i <= 8; ++i) rig.want("left:" + std::to_string(i), Want::charge);
  for (int i = 1; i <= 12; ++i) rig.want("shelf:" + std::to_string(i), Want::charge);
  rig.run(20min);
  // Continuous 16 A less 1.5 %: at most 15 of 1.05 A; hard: n x 1.05 + 3 gaps of 0.435 + one nameplate.
  EXPECT_GE(rig.how_many_on(), 14);
  EXPECT_LE(rig.how_many_on(), 15);
  int named = 0;
  for (const OutletRecord& r : rig.state.outlets)
    named += r.waits_reason == "circuit" && r.waits_circuit == "branch" ? 1 : 0;
  EXPECT_EQ(20 - rig.how_many_on(), named);
}

TEST(Power, ACloseDoesNotShedItself) {
  for (const char meters_outlets : {0, 1}) {
    test::RoomBuilder b;
    const CircuitId branch = b.breaker("branch", 20);
    const PduId left = b.pdu("left", branch, 20);
    b.slots("S", SlotKind::shelf, left, 20);
    PowerRig rig(b.room);
    rig.meters_outlets[0] = meters_outlets;
    rig.start();
    for (int i = 1; i <= 20; ++i) rig.want("left:" + std::to_string(i), Want::charge);
    rig.run(15min);
    EXPECT_GE(rig.how_many_on(), 13);
    for (const SwitchStarted& s : rig.all<SwitchStarted>()) EXPECT_EQ("on", s.to) << s.outlet << " " << s.reason;
  }
}

TEST(Power, ALimitLoweredLaterShedsUnprotectedOutletsAndNeverProtectedOnes) {
  PowerRig rig = started();
  for (int i = 1; i <= 4; ++i) rig.want("left:" + std::to_string(i), Want::protect);
  for (int i = 1; i <= 6; ++i) rig.want("shelf:" + std::to_string(i), Want::charge);
  rig.run(5min);
  ASSERT_EQ(10, rig.how_many_on());
  rig.forget_facts();
  rig.command(CommandKind::limit, "branch", "", 3000);
  rig.run(60s);
  for (int i = 1; i <= 4; ++i) EXPECT_TRUE(rig.at("left:" + std::to_string(i)).on);
  EXPECT_EQ(4, rig.how_many_on());
  for (const SwitchStarted& s : rig.since<SwitchStarted>()) EXPECT_TRUE(s.shed) << s.outlet;
}

TEST(Power, BankMeteredOutletsDoNotStayAtNameplate) {
  test::RoomBuilder b;
  const CircuitId branch = b.breaker("branch", 20);
  const PduId left = b.pdu("left", branch, 12);
  b.slots("S", SlotKind::shelf, left, 12);
  PowerRig rig(b.room);
  rig.meters_outlets[0] = 0;
  rig.start();
  for (int i = 1; i <= 12; ++i) rig.want("left:" + std::to_string(i), Want::charge);
  rig.run(15min);
  // 12 x 1.05 + 3 gaps of a whole nameplate is 17.1 A; at nameplate 12 would be 17.8 A: both below 20 A. Soft 12.6 A.
  EXPECT_EQ(12, rig.how_many_on());
}

TEST(Power, AnOutletThatFeedsNoSlotIsNeverOpenedAndCountsThroughItsMeter) {
  test::RoomBuilder b;
  const CircuitId branch = b.breaker("branch", 20);
  const PduId left = b.pdu("left", branch, 4);
  b.slots("S", SlotKind::shelf, left, 1);
  PowerRig rig(b.room);
  for (int i = 2; i <= 4; ++i) rig.at("left:" + std::to_string(i)) = {true, Amps::of(1.4)};
  rig.start();
  rig.run(60s);
  EXPECT_EQ(3, rig.how_many_on());
  EXPECT_EQ(Amps::of(4.2), rig.senses.memory.loads[1].present);
}

TEST(Power, AnExpiredOrderThatWasNotSentReleasesItsGrant) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.plan();
  ASSERT_TRUE(rig.record("left:1").granted);
  const SwitchStarted order = rig.orders()[0];
  EXPECT_EQ(rig.now + 2s, order.expires);
  rig.want_no_more("left:1");
  rig.now += 2s;
  rig.answer(order, Sensed::unknown, false);
  EXPECT_FALSE(rig.record("left:1").granted);
  EXPECT_FALSE(rig.record("left:1").doubt);
}

TEST(Power, TheOtherPlannersLookAtNoReading) {
  for (const auto& [planner, on] : {std::pair{Planner::all_on, 20}, {Planner::nameplate, 11}, {Planner::timer, 11}}) {
    PowerRig rig = started();
    rig.planner = planner;
    for (int i = 1; i <= 8; ++i) rig.want("left:" + std::to_string(i), Want::charge);
    for (int i = 1; i <= 12; ++i) rig.want("shelf:" + std::to_string(i), Want::charge);
    rig.now = TimePoint{} + 120min;  // the first minute of the first of two groups of 15 minutes
    rig.run(90s);
    // 140 W bricks are 1.336 A at nominal voltage: 11 of them below 16 A continuous.
    EXPECT_EQ(on, rig.how_many_on()) << static_cast<int>(planner);
  }
}

}  // namespace
}  // namespace greenroom
