// R1: who is protected, and from whom.
#include <gtest/gtest.h>

#include "controller/domain/power/power.hpp"
#include "controller/domain/power/views.hpp"
#include "tests/support/power_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::PowerRig;
using test::started;

TEST(Power, ASlotIsProtectedOnceItsOutletReadsOn) {
  PowerRig rig = started();
  rig.want("left:1", Want::protect);
  rig.plan();
  EXPECT_FALSE(lease_held(rig.state, OutletId{0}));
  rig.obey(rig.orders()[0]);
  ASSERT_TRUE(lease_held(rig.state, OutletId{0}));
  EXPECT_EQ(1U, *rig.record("left:1").lease);
  EXPECT_FALSE(may_open(rig.room, rig.rules, rig.state, OutletId{0}, false));
  EXPECT_TRUE(may_open(rig.room, rig.rules, rig.state, OutletId{0}, true));
}

TEST(Power, NoLeaseWhileAnOffOrderIsInDoubt) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.run(60s);
  rig.want_no_more("left:1");
  rig.plan();
  ASSERT_EQ(1U, rig.orders().size());
  rig.want("left:1", Want::protect);
  rig.answer(rig.orders()[0], Sensed::unknown);
  rig.run(9s, false);
  EXPECT_FALSE(lease_held(rig.state, OutletId{0}));
  EXPECT_EQ("in_doubt", rig.record("left:1").waits_reason);
  rig.run(6s, false);  // the longest queue of 10 s is past, and it still reads on
  EXPECT_TRUE(lease_held(rig.state, OutletId{0}));
}

TEST(Power, ALeaseEndsWithTheStepAndTheOutletStaysAtNameplateForTenMinutes) {
  PowerRig rig = started();
  rig.want("left:1", Want::protect);
  rig.run(5min);
  rig.want("left:1", Want::charge);
  rig.run(60s);
  EXPECT_FALSE(lease_held(rig.state, OutletId{0}));
  EXPECT_EQ(rig.room.outlets[0].nameplate, rig.senses.memory.loads[1].present);
  rig.run(10min);
  EXPECT_EQ(Amps::of(1.05), rig.senses.memory.loads[1].present);
}

TEST(Power, AfterProtectionAnOutletThatNobodyWantsStaysOnForAMinute) {
  PowerRig rig = started();
  rig.want("left:1", Want::protect);
  rig.run(60s);
  rig.want_no_more("left:1");
  rig.run(55s);
  EXPECT_TRUE(rig.at("left:1").on);
  rig.run(10s);
  EXPECT_FALSE(rig.at("left:1").on);
}

TEST(Power, ASilentPollHoldsBackEveryCloseUntilIdentityIsProvenAndOneSettledReadingIsIn) {
  PowerRig rig = started();
  rig.input(PduSilent{PduId{0}, "no reply", false});
  rig.want("left:1", Want::charge);
  rig.run(60s);
  EXPECT_FALSE(rig.at("left:1").on);
  rig.identify(0);
  rig.run(45s);
  EXPECT_TRUE(rig.at("left:1").on);
}

TEST(Power, AChangeWhileThePduWasSilentIsARestartAndNotAForeignHand) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.run(60s);
  rig.input(PduSilent{PduId{0}, "no reply", false});
  rig.identify(0);
  rig.at("left:1").on = false;
  rig.read(0);
  EXPECT_TRUE(rig.all<ForeignSwitch>().empty());
  EXPECT_EQ(1U, rig.all<PduLost>().size());
}

TEST(Power, AFullRoomMakesRoomForAProtectedStep) {
  PowerRig rig = started();
  for (int i = 1; i <= 12; ++i) rig.want("shelf:" + std::to_string(i), Want::charge);
  for (int i = 2; i <= 8; ++i) rig.want("left:" + std::to_string(i), Want::charge);
  rig.run(20min);
  rig.want("left:1", Want::protect);
  rig.run(30s);
  EXPECT_TRUE(lease_held(rig.state, OutletId{0}));
}

TEST(Power, WithoutR1AProtectedOutletIsTreatedLikeAnyOther) {
  PowerRig rig = started();
  rig.rules = RuleSet::all().without(Rule::r1);
  rig.want("left:1", Want::protect);
  rig.run(6min);
  rig.command(CommandKind::limit, "branch", "", 1000);
  rig.run(10s);
  EXPECT_FALSE(rig.at("left:1").on);
}

TEST(Power, AConfirmedOpenOfAProtectedOutletNeedsItsNameAgain) {
  PowerRig rig = started();
  rig.want("left:1", Want::protect);
  rig.run(5s);
  rig.command(CommandKind::open_confirmed, "left:1", "yes");
  EXPECT_TRUE(rig.orders().empty());
  rig.command(CommandKind::open_confirmed, "left:1", "left:1");
  ASSERT_EQ(1U, rig.orders().size());
  EXPECT_EQ("open_confirmed", rig.orders()[0].reason);
  rig.obey(rig.orders()[0]);
  rig.run(10min);
  EXPECT_FALSE(rig.at("left:1").on);
  EXPECT_EQ("locked_out", rig.record("left:1").waits_reason);
}

}  // namespace
}  // namespace greenroom
