// R3 and R8: the start, what does not answer, and the return of power. A room of two PDUs on one 20 A branch.
#include <gtest/gtest.h>

#include "controller/domain/power/power.hpp"
#include "tests/support/power_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::PowerRig;
using test::started;

TEST(Power, NothingClosesBeforeEveryPduHasAnswered) {
  PowerRig rig(test::small_room());
  for (const FactBody& f : commission(rig.room)) rig.take(f);
  rig.silent[1] = 1;
  rig.want("left:1", Want::charge);
  rig.identify(0);
  rig.run(15s, false);
  EXPECT_TRUE(rig.orders().empty());
  EXPECT_EQ("start_up", rig.record("left:1").waits_reason);
}

TEST(Power, TwoFullPollsAfterTheStartASilentPduNoLongerHoldsTheOthersBack) {
  PowerRig rig(test::small_room());
  for (const FactBody& f : commission(rig.room)) rig.take(f);
  rig.silent[1] = 1;
  rig.want("left:1", Want::charge);
  rig.identify(0);
  rig.run(40s, false);
  // 12 unknown outlets at 1.485 A make 17.8 A: one more would fit below 20 A, but not below 16 A continuous.
  EXPECT_TRUE(rig.orders().empty());
  EXPECT_EQ("circuit", rig.record("left:1").waits_reason);
  EXPECT_EQ("branch", rig.record("left:1").waits_circuit);
}

TEST(Power, WhatDoesNotAnswerCountsAsOnAtNameplate) {
  PowerRig rig = started();
  EXPECT_EQ(Amps{}, rig.senses.memory.loads[1].present);
  rig.input(PduSilent{PduId{1}, "line lost", true});
  EXPECT_EQ(rig.room.outlets[8].nameplate * 12, rig.senses.memory.loads[1].present);
}

TEST(Power, OneVoidPollChangesNothingWhileTheLastSampleIsFresh) {
  PowerRig rig = started();
  rig.forget_facts();
  rig.input(PduSilent{PduId{1}, "no reply", false});
  EXPECT_TRUE(rig.since<PduLost>().empty());
  EXPECT_EQ(Amps{}, rig.senses.memory.loads[1].present);
}

TEST(Power, AfterALossNothingClosesBeforeOneSettledReading) {
  PowerRig rig = started();
  rig.input(PduSilent{PduId{0}, "line lost", true});
  rig.want("left:1", Want::charge);
  rig.identify(0);
  rig.run(20s);
  EXPECT_FALSE(rig.at("left:1").on);
  EXPECT_EQ("return_of_power", rig.record("left:1").waits_reason);
  rig.run(20s);
  EXPECT_TRUE(rig.at("left:1").on);
}

TEST(Power, AProtectedOutletThatLostItsPowerIsTheFirstToReturn) {
  PowerRig rig = started();
  rig.want("left:1", Want::protect);
  rig.run(5s);
  ASSERT_TRUE(rig.record("left:1").lease);
  rig.want("left:2", Want::charge, 0.05);
  rig.run(60s);
  rig.input(PduSilent{PduId{0}, "line lost", true});
  for (auto& t : rig.truth) t.on = false;
  rig.identify(0);
  rig.forget_facts();
  rig.run(60s);
  const auto closes = rig.since<SwitchStarted>();
  ASSERT_GE(closes.size(), 2U);
  EXPECT_EQ("left:1", closes[0].outlet);
}

TEST(Power, OutletsThatAllGoOffAtOnceAreALossOfPowerAndNotAForeignHand) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.want("left:2", Want::charge);
  rig.run(60s);
  ASSERT_EQ(2, rig.how_many_on());
  rig.at("left:1").on = rig.at("left:2").on = false;
  rig.read(0);
  EXPECT_TRUE(rig.all<ForeignSwitch>().empty());
  EXPECT_EQ(1U, rig.all<PduLost>().size());
  EXPECT_EQ(1U, rig.all<PduKnown>().size() - 1U);
  rig.identify(0);
  rig.run(90s);
  EXPECT_EQ(2, rig.how_many_on());
}

TEST(Power, ATrippedBranchIsNotClosedAgainWithoutAPerson) {
  test::RoomBuilder b;
  const CircuitId one = b.breaker("one", 20), two = b.breaker("two", 20);
  const PduId left = b.pdu("left", one, 2), right = b.pdu("right", one, 2), other = b.pdu("other", two, 2);
  b.slots("A", SlotKind::shelf, left, 2);
  b.slots("B", SlotKind::shelf, right, 2);
  b.slots("C", SlotKind::shelf, other, 2);
  PowerRig rig(b.room);
  rig.start();
  rig.want("left:1", Want::charge);
  rig.run(30s);
  for (auto& t : rig.truth) t.on = false;
  rig.input(PduSilent{left, "line lost", true});
  rig.input(PduSilent{right, "line lost", true});
  ASSERT_EQ(1U, rig.all<CircuitLost>().size());
  EXPECT_TRUE(rig.all<CircuitLost>()[0].needs_person);
  rig.identify(0);
  rig.identify(1);
  rig.run(120s);
  EXPECT_EQ(0, rig.how_many_on());
  EXPECT_EQ("circuit_lost", rig.record("left:1").waits_reason);
  EXPECT_EQ("one", rig.record("left:1").waits_circuit);
  rig.command(CommandKind::restore_circuit, "one");
  rig.run(60s);
  EXPECT_TRUE(rig.at("left:1").on);
}

TEST(Power, ABlackoutOfTheWholeRoomReturnsInStepsByItself) {
  PowerRig rig = started();
  for (int i = 1; i <= 4; ++i) rig.want("left:" + std::to_string(i), Want::charge);
  rig.run(120s);
  ASSERT_EQ(4, rig.how_many_on());
  for (auto& t : rig.truth) t.on = false;
  rig.input(PduSilent{PduId{0}, "line lost", true});
  rig.input(PduSilent{PduId{1}, "line lost", true});
  ASSERT_EQ(1U, rig.all<CircuitLost>().size());
  EXPECT_FALSE(rig.all<CircuitLost>()[0].needs_person);
  rig.identify(0);
  rig.identify(1);
  rig.run(120s);
  EXPECT_EQ(4, rig.how_many_on());
}

TEST(Power, TheNextCloseWaitsUntilTheLastIsReadBack) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.want("shelf:1", Want::charge, 0.2);
  rig.plan();
  ASSERT_EQ(1U, rig.orders().size());
  rig.now += 1500ms;
  rig.plan();
  EXPECT_EQ(1U, rig.orders().size());
  EXPECT_EQ("spacing", rig.record("left:1").waits_reason);
  rig.obey(rig.orders()[0]);
  EXPECT_TRUE(rig.orders().empty());  // 200 ms have not passed
  rig.now += 200ms;
  rig.plan();
  EXPECT_EQ(1U, rig.orders().size());
}

TEST(Power, WithoutR3WhatDoesNotAnswerIsTakenForOff) {
  PowerRig rig = started();
  rig.rules = RuleSet::all().without(Rule::r3);
  rig.input(PduSilent{PduId{1}, "line lost", true});
  EXPECT_EQ(Amps{}, rig.senses.memory.loads[1].present);
}

TEST(Power, WithoutR8ClosesAreNotSpaced) {
  PowerRig rig = started();
  rig.rules = RuleSet::all().without(Rule::r8);
  rig.want("left:1", Want::charge);
  rig.want("left:2", Want::charge);
  rig.plan();
  EXPECT_EQ(2U, rig.orders().size());
}

}  // namespace
}  // namespace greenroom
