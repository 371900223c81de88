// R7, R14, R6: orders are read back, foreign hands, locks, limits by hand, and one reason for every wait.
#include <gtest/gtest.h>

#include "controller/domain/power/power.hpp"
#include "tests/support/power_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::PowerRig;
using test::started;

TEST(Power, AnOutletThatSomebodySwitchedOnIsNotFought) {
  PowerRig rig = started();
  rig.at("left:5") = {true, Amps::of(1.0)};
  rig.run(10min);
  EXPECT_TRUE(rig.at("left:5").on);
  EXPECT_EQ(1U, rig.all<ForeignSwitch>().size());
}

TEST(Power, AnOutletThatSomebodySwitchedOffIsNotClosedAgainWithoutAPerson) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.want("left:2", Want::charge);
  rig.run(60s);
  rig.at("left:1").on = false;
  rig.run(10min);
  EXPECT_FALSE(rig.at("left:1").on);
  EXPECT_EQ("foreign_off", rig.record("left:1").waits_reason);
  ASSERT_EQ(1U, rig.all<CaseOpened>().size());
  EXPECT_EQ("facilities", rig.all<CaseOpened>()[0].owner);
  rig.command(CommandKind::clear_lock, "left:1");
  rig.run(10s);
  EXPECT_TRUE(rig.at("left:1").on);
}

TEST(Power, TwoForeignSwitchesInTenMinutesMakeTheLineReadOnly) {
  PowerRig rig = started();
  rig.want("left:3", Want::charge);
  rig.run(60s);
  rig.at("left:1").on = true;
  rig.run(9min);
  rig.at("left:2").on = true;
  rig.run(10s);
  ASSERT_EQ(1U, rig.all<LineReadOnly>().size());
  rig.want_no_more("left:3");
  rig.forget_facts();
  rig.run(60s);
  EXPECT_TRUE(rig.since<SwitchStarted>().empty());
  EXPECT_FALSE(may_open(rig.room, rig.rules, rig.state, OutletId{2}, false));
  rig.command(CommandKind::clear_read_only, "left");
  rig.run(10s);
  EXPECT_FALSE(rig.at("left:3").on);
}

TEST(Power, TwoForeignSwitchesElevenMinutesApartDoNot) {
  PowerRig rig = started();
  rig.at("left:1").on = true;
  rig.run(11min);
  rig.at("left:2").on = true;
  rig.run(10s);
  EXPECT_TRUE(rig.all<LineReadOnly>().empty());
}

TEST(Power, AnOrderInDoubtThatActsLateIsOurs) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.plan();
  rig.answer(rig.orders()[0], Sensed::unknown);
  rig.run(6s);
  rig.at("left:1").on = true;
  rig.run(5s);
  EXPECT_TRUE(rig.all<ForeignSwitch>().empty());
  EXPECT_EQ(Sensed::on, rig.record("left:1").sensed);
}

TEST(Power, AnOrderInDoubtCountsAtNameplateAndHoldsTheNextClose) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge, 0.1);
  rig.want("left:2", Want::charge, 0.5);
  rig.plan();
  rig.answer(rig.orders()[0], Sensed::unknown);
  rig.run(8s, false);
  EXPECT_TRUE(rig.orders().empty());
  EXPECT_EQ(rig.room.outlets[0].nameplate, rig.senses.memory.loads[1].present);
}

TEST(Power, ARelayThatDoesNotOpenCountsOnAndBecomesACase) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.run(60s);
  rig.want_no_more("left:1");
  for (int i = 0; i < 3; ++i) {
    rig.run(40s, false);
    ASSERT_EQ(1U, rig.orders().size()) << i;
    rig.answer(rig.orders()[0], Sensed::on);
  }
  rig.run(5min, false);
  EXPECT_TRUE(rig.orders().empty());
  ASSERT_EQ(1U, rig.all<CaseOpened>().size());
  EXPECT_EQ("outlet_stuck_on", rig.all<CaseOpened>()[0].reason);
}

TEST(Power, WithoutR7ASwitchIsCalledDoneThatNobodyReadBack) {
  PowerRig rig = started();
  rig.rules = RuleSet::all().without(Rule::r7);
  rig.want("left:1", Want::charge);
  rig.plan();
  rig.answer(rig.orders()[0], Sensed::unknown);
  ASSERT_EQ(1U, rig.all<SwitchEnded>().size());
  EXPECT_EQ("on", rig.all<SwitchEnded>()[0].read_back);
}

TEST(Power, ALockedOutOutletPduOrCircuitIsNeverClosed) {
  for (const char* what : {"left:1", "left", "branch"}) {
    PowerRig rig = started();
    rig.command(CommandKind::lock_out, what);
    rig.want("left:1", Want::charge);
    rig.run(60s);
    EXPECT_FALSE(rig.at("left:1").on) << what;
    EXPECT_EQ("locked_out", rig.record("left:1").waits_reason) << what;
    rig.command(CommandKind::clear_lock, what);
    rig.run(5s);
    EXPECT_TRUE(rig.at("left:1").on) << what;
  }
}

TEST(Power, ALimitCanOnlyBeLowered) {
  PowerRig rig = started();
  rig.command(CommandKind::limit, "branch", "", 25000);
  EXPECT_FALSE(rig.state.circuits[1].limit);
  rig.command(CommandKind::limit, "branch", "", 12000);
  EXPECT_EQ(Amps::of(12), *rig.state.circuits[1].limit);
  rig.command(CommandKind::limit, "branch", "", 0);
  EXPECT_FALSE(rig.state.circuits[1].limit);
}

TEST(Power, AReasonIsSaidOnceAndAgainWhenItChanges) {
  PowerRig rig = started();
  rig.command(CommandKind::lock_out, "left:1");
  rig.want("left:1", Want::charge);
  rig.run(60s);
  EXPECT_EQ(1U, rig.all<OutletWaits>().size());
  rig.command(CommandKind::clear_lock, "left:1");
  ASSERT_EQ(2U, rig.all<OutletWaits>().size());
  EXPECT_EQ("", rig.all<OutletWaits>()[1].reason);
}

TEST(Power, ReplanningComesToRest) {
  PowerRig rig = started();
  for (int i = 1; i <= 8; ++i) rig.want("left:" + std::to_string(i), i % 2 ? Want::charge : Want::protect);
  for (int i = 0; i < 200; ++i) {
    rig.run(1s);
    EXPECT_LE(rig.plan(), 2);
  }
}

}  // namespace
}  // namespace greenroom
