// A visit from the list to the pack table, step by step, and what may go wrong at each.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct VisitTest : testing::Test {
  Rig r;
  void SetUp() override { r.import({row(2, mac_a), row(3, mac_b), row(4, mac_c, "Mac mini", "A2348")}); }
};

TEST_F(VisitTest, AHealthyLaptopGoesFromTheListToThePackTableInSixScans) {
  r.seat(mac_a, "1-01");
  EXPECT_EQ(r.at(), "identify running");
  r.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(r.at(), "charge_gate waiting");
  EXPECT_EQ(r.visit().what, "power on left.in");
  r.power("1-01", true);
  EXPECT_EQ(r.at(), "charge_gate running");
  r.power("1-01", true, 120, 15.0);
  EXPECT_EQ(r.at(), "dfu waiting");
  EXPECT_EQ(r.visit().what, "power lease on left.in");
  r.lease("1-01");
  EXPECT_EQ(r.at(), "dfu running");
  r.gone("1-01");
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_EQ(r.at(), "restore running");
  const auto engine = r.effects("engine").at(0);
  EXPECT_EQ(engine.ecid, ecid_a);
  EXPECT_EQ(engine.detail, "macos");
  EXPECT_EQ(engine.restore_kind, "erase");
  r.now += seconds{5};
  r.gone("1-01");
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  r.result(r.last_effect("permit"), true);
  r.now += minutes{12};
  r.gone("1-01");
  r.erased(engine.effect, mac_a, ecid_a);
  EXPECT_EQ(r.at(), "first_boot running");
  r.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(r.at(), "move hands");
  r.seat(mac_a, "S-01");
  r.gone("1-01");
  EXPECT_EQ(r.at(), "charge waiting");
  EXPECT_EQ(r.visit_at("1-01"), 0U);
  r.power("S-01", true);
  EXPECT_EQ(r.at(), "charge running");
  r.command(CommandKind::battery, mac_a, 81);
  EXPECT_EQ(r.at(), "label running");
  r.result(r.last_effect("print_label"), true);
  EXPECT_EQ(r.at(), "move hands");
  r.seat(mac_a, "pack");
  ASSERT_EQ(r.all<VisitReleased>().size(), 1U);
  EXPECT_EQ(r.all<VisitReleased>()[0].how, "packed");
  EXPECT_EQ(r.all<VisitReleased>()[0].proof, "booted_serial");
  EXPECT_TRUE(r.open_cases().empty());
  EXPECT_EQ(tally(r.state.visits).packed, 1U);
}

TEST_F(VisitTest, ADesktopHasNoChargeGateNoShelfAndNoCharge) {
  r.seat(mac_c, "1-01");
  EXPECT_EQ(r.at(), "identify waiting");  // without power it shows nothing
  r.wait(minutes{10});
  EXPECT_EQ(r.at(), "identify waiting");
  r.power("1-01", true);
  EXPECT_EQ(r.at(), "identify running");
  r.shows("1-01", MacMode::booted, mac_c);
  EXPECT_EQ(r.at(), "dfu waiting");
  r.lease("1-01");
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, mac_c, ecid_a);
  r.now += minutes{12};
  r.erased(r.last_effect("engine"), mac_c, ecid_a);
  r.shows("1-01", MacMode::booted, mac_c);
  EXPECT_EQ(r.at(), "label running");
}

TEST_F(VisitTest, AT2GetsMacOsAndEndsThatStepOnlyByItsCheckIn) {
  Rig t2;
  t2.import({row(2, mac_a, "MacBook Pro 16 T2", "A2141")});
  const auto engine = t2.to_permit(mac_a, "1-01", ecid_a);
  t2.now += minutes{12};
  t2.erased(engine, mac_a, ecid_a);
  EXPECT_EQ(t2.at(), "install_os hands");
  t2.shows("1-01", MacMode::t2_booted, mac_a);
  EXPECT_EQ(t2.at(), "install_os hands");
  t2.command(CommandKind::mdm_seen, mac_a);
  EXPECT_EQ(t2.at(), "move hands");  // first_boot needs nothing more
}

TEST_F(VisitTest, ABindingLapsesWhenNoMacShowsWithinTwoMinutes) {
  r.seat(mac_a, "1-01");
  r.wait(seconds{119});
  EXPECT_EQ(r.visit_at("1-01"), 1U);
  r.wait(seconds{1});
  EXPECT_EQ(r.visit_at("1-01"), 0U);
  EXPECT_EQ(r.at(), "seat hands");
  EXPECT_EQ(r.all<BindingLapsed>().size(), 1U);
}

TEST_F(VisitTest, AMacBoundASecondTimeAndStillDarkIsLookedAtAndThenACase) {
  r.seat(mac_a, "1-01");
  r.wait(minutes{2});
  r.seat(mac_a, "1-01");
  r.wait(minutes{2});
  EXPECT_EQ(r.at(), "identify hands");
  r.wait(minutes{10});
  r.wait(minutes{10});
  EXPECT_EQ(r.at(), "identify held");
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("not_seen"));
}

TEST_F(VisitTest, ABootedSerialOtherThanTheLabelIsACaseAndNoWork) {
  r.seat(mac_a, "1-01");
  r.shows("1-01", MacMode::booted, mac_b);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("wrong_label", "wrong_label"));  // both rows
  EXPECT_TRUE(r.all<EffectStarted>().empty());
}

TEST_F(VisitTest, AMacFoundUnderAnotherLabelGivesItsOwnRowACaseToo) {
  r.seat(mac_a, "1-01");
  r.shows("1-01", MacMode::booted, mac_b);
  EXPECT_EQ(tally(r.state.visits).in_case, 2U);
  r.scan(mac_b);
  EXPECT_TRUE(r.refused);
}

TEST_F(VisitTest, TheLastMacStillPluggedInIsGivenTimeToLeave) {
  r.shows("1-01", MacMode::booted, mac_b);
  r.now += seconds{1};
  r.seat(mac_a, "1-01");
  EXPECT_EQ(r.at(), "identify running");
  r.gone("1-01");
  r.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(r.at(), "charge_gate waiting");
}

TEST_F(VisitTest, TheChargeGatePassesByAReportOfThirtyPercentButNotByLess) {
  r.to_charge_gate(mac_a, "1-01");
  r.command(CommandKind::battery, mac_a, 29);
  EXPECT_EQ(r.at(), "charge_gate running");
  r.command(CommandKind::battery, mac_a, 30);
  EXPECT_EQ(r.at(), "dfu waiting");
}

TEST_F(VisitTest, TheChargeGatePassesByATaperOrByAPersonsTick) {
  r.to_charge_gate(mac_a, "1-01");
  r.senses.power.outlets[r.outlet("1-01").value].learned.taper_seen = true;
  r.settle();
  EXPECT_EQ(r.at(), "dfu waiting");
  EXPECT_EQ(r.all<ChargeNoted>().back().how, "taper");
  r.to_charge_gate(mac_b, "1-02");
  r.command(CommandKind::step_done, {}, 2);
  EXPECT_EQ(r.at(2), "dfu waiting");
  EXPECT_EQ(r.all<ChargeNoted>().back().how, "person");
}

TEST_F(VisitTest, AMacThatDrawsNothingIsLookedAtAndThenGoesToRepair) {
  r.to_charge_gate(mac_a, "1-01");
  r.power("1-01", true, 1);
  r.wait(minutes{5});
  EXPECT_EQ(r.at(), "charge_gate hands");
  ASSERT_FALSE(chores(r.context()).empty());
  EXPECT_EQ(chores(r.context())[0].kind, "look");
  r.wait(minutes{25});
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("charger_or_pack"));
  EXPECT_EQ(r.state.visits.cases[0].owner, "repair");
}

TEST_F(VisitTest, AFlatPackThatBeginsToDrawGoesOn) {
  r.to_charge_gate(mac_a, "1-01");
  r.power("1-01", true, 1);
  r.wait(minutes{6});
  r.power("1-01", true, 90);
  EXPECT_EQ(r.at(), "charge_gate running");
}

TEST_F(VisitTest, AMacGoneForThirtySecondsBeforeDfuUnbinds) {
  r.to_charge_gate(mac_a, "1-01");
  r.now += minutes{1};
  r.gone("1-01");
  r.wait(seconds{29});
  EXPECT_EQ(r.visit_at("1-01"), 1U);
  r.wait(seconds{1});
  EXPECT_EQ(r.visit_at("1-01"), 0U);
  EXPECT_EQ(r.at(), "seat hands");
}

TEST_F(VisitTest, AMacBackWithinThirtySecondsGoesOnInSilence) {
  r.to_charge_gate(mac_a, "1-01");
  r.now += minutes{1};
  r.gone("1-01");
  r.wait(seconds{20});
  r.shows("1-01", MacMode::booted, mac_a);
  r.wait(minutes{1});
  EXPECT_EQ(r.at(), "charge_gate running");
  EXPECT_TRUE(r.all<SeatingEnded>().empty());
}

TEST_F(VisitTest, AHeldMacIsPutAsideAndFreesItsSlot) {
  r.to_charge_gate(mac_a, "1-01");
  r.command(CommandKind::step_failed, {}, 1, "the lid is broken");
  const auto list = chores(r.context());
  ASSERT_FALSE(list.empty());
  EXPECT_EQ(list[0].kind, "move");
  EXPECT_EQ(list[0].slot, "pack");
  r.seat(mac_a, "pack");
  EXPECT_EQ(r.visit_at("1-01"), 0U);
  EXPECT_EQ(r.all<VisitReleased>()[0].how, "held_out");
  EXPECT_EQ(tally(r.state.visits).in_case, 1U);
}

TEST_F(VisitTest, AHeldMacGoesOnFromItsSlotWhenItsCaseIsClosed) {
  r.to_charge_gate(mac_a, "1-01");
  r.command(CommandKind::step_failed, {}, 1, "no charger");
  r.command(CommandKind::close_case, {}, 1, "charger found");
  EXPECT_TRUE(r.open_cases().empty());
  EXPECT_EQ(r.at(), "charge_gate running");
}

TEST_F(VisitTest, AMacPutAsideComesBackInANewVisitWhenItsCaseIsClosed) {
  r.to_charge_gate(mac_a, "1-01");
  r.command(CommandKind::step_failed, {}, 1, "no charger");
  r.seat(mac_a, "pack");
  r.scan(mac_a);
  EXPECT_TRUE(r.refused);
  r.command(CommandKind::close_case, {}, 1, "charger found");
  r.gone("1-01");
  r.seat(mac_a, "1-02");
  EXPECT_EQ(r.visit_at("1-02"), 2U);
}

TEST_F(VisitTest, ALabelInDoubtIsAskedOfAPerson) {
  r.to_shelf(mac_a, "1-01", ecid_a, "S-01");
  r.power("S-01", true);
  r.command(CommandKind::battery, mac_a, 85);
  ASSERT_EQ(r.at(), "label running");
  r.wait(minutes{30});
  EXPECT_EQ(r.at(), "label hands");
  r.command(CommandKind::step_done, {}, 1);
  EXPECT_EQ(r.at(), "move hands");
}

TEST_F(VisitTest, AMacFullEnoughGoesPastTheShelf) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.command(CommandKind::battery, mac_a, 95);
  r.now += minutes{12};
  r.erased(engine, mac_a, ecid_a);
  r.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(r.at(), "label running");
}

TEST_F(VisitTest, AShelfPlaceWhereTheChargeDoesNotRiseIsLookedAt) {
  r.to_shelf(mac_a, "1-01", ecid_a, "S-01");
  r.senses.power.pdus[1].meters_outlets = false;
  r.power("S-01", true, 0);
  r.senses.power.outlets[r.outlet("S-01").value].current.reset();
  r.senses.power.outlets[r.outlet("S-01").value].power.reset();
  r.senses.power.outlets[r.outlet("S-01").value].learned.under_3W_from = never;
  ASSERT_EQ(r.at(), "charge running");
  r.wait(minutes{25});
  r.command(CommandKind::battery, mac_a, 57);  // 55 before: reports differ by 2 points
  r.wait(minutes{5});
  EXPECT_EQ(r.at(), "charge hands");
  r.command(CommandKind::battery, mac_a, 61);  // plugged in: it rises
  EXPECT_EQ(r.at(), "charge running");
}

TEST_F(VisitTest, AWaitForALockedOutOutletIsNotBlamedOnItsCircuit) {
  r.seat(mac_a, "1-01");
  r.shows("1-01", MacMode::booted, mac_a);
  r.apply_one(OutletWaits{r.setup.room.outlets[r.outlet("1-01").value].name, "locked_out", ""});
  r.wait(hours{4});
  ASSERT_EQ(r.state.visits.cases.size(), 1U);
  EXPECT_EQ(r.state.visits.cases[0].words, mac_a + " waits for its outlet, which is locked out, for hours.");
  EXPECT_EQ(r.state.visits.cases[0].next, "Clear the lock-out when its reason is gone, or seat the Mac elsewhere.");
}

TEST_F(VisitTest, AWaitForPowerThatLastsHasAnOwnerAndIsNoFailure) {
  r.seat(mac_a, "1-01");
  r.shows("1-01", MacMode::booted, mac_a);
  r.wait(hours{4});
  EXPECT_EQ(r.at(), "charge_gate waiting");
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("waits_for_power"));
  EXPECT_EQ(r.state.visits.cases[0].owner, "facilities");
  EXPECT_EQ(tally(r.state.visits).in_case, 0U);
  r.power("1-01", true);
  EXPECT_EQ(r.at(), "charge_gate running");
  EXPECT_TRUE(r.open_cases().empty());
}

TEST_F(VisitTest, WaitsNameTheCircuitThatThePowerHalfNames) {
  r.seat(mac_a, "1-01");
  r.shows("1-01", MacMode::booted, mac_a);
  r.apply_one(OutletWaits{"left:1", "circuit", "branch"});
  r.settle();
  EXPECT_EQ(r.visit().what, "power on branch");
}

TEST_F(VisitTest, HandsAreCountedInStaffedTime) {
  for (int day = 0; day < 5; ++day) r.setup.room.shifts.push_back({day, hours{8}, hours{17}});
  r.now = TimePoint{hours{15} + minutes{50}};  // Monday: its erase ends before 17:00
  r.to_shelf(mac_a, "1-01", ecid_a, "S-01");
  r.power("S-01", true);
  r.command(CommandKind::battery, mac_a, 85);
  r.result(r.last_effect("print_label"), false, "no paper");
  r.result(r.last_effect("print_label"), false, "no paper");
  ASSERT_EQ(r.at(), "label hands");  // 30 minutes from 16:02 on
  EXPECT_EQ(r.visit().deadline, r.now + minutes{30});
  r.now = TimePoint{hours{16} + minutes{45}};
  r.wait(Duration{0});
  EXPECT_EQ(r.at(), "label held");  // 8 h to answer the case: 15 min today, 7 h 45 min tomorrow
  EXPECT_EQ(r.state.visits.cases[0].deadline, TimePoint{hours{24 + 8 + 7} + minutes{45}});
}

}  // namespace
}  // namespace greenroom::test
