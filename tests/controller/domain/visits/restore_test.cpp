// From DFU to the proof of erasure: what is tried again, what is stopped, and what is never released.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct RestoreTest : testing::Test {
  Rig r;
  void SetUp() override { r.import({row(2, mac_a), row(3, mac_b), row(4, mac_c, "Mac mini", "A2348")}); }
};

TEST_F(RestoreTest, DfuEntryIsTriedThreeTimesAndThenACase) {
  r.to_dfu(mac_a, "1-01");
  for (int i = 1; i <= 3; ++i) {
    ASSERT_EQ(r.effects("enter_dfu").size(), static_cast<std::size_t>(i));
    r.result(r.last_effect("enter_dfu"), false, "the Mac stayed as it was");
  }
  EXPECT_EQ(r.effects("enter_dfu").size(), 3U);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("dfu_not_reached"));
}

TEST_F(RestoreTest, AMacOfAnotherVisitThatShowsHereInItsWorkIsProtectedHere) {
  r.to_permit(mac_b, "1-02", ecid_b);
  const std::uint64_t engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.apply_one(OutletSensed{r.setup.room.outlets[r.outlet("1-01").value].name, "on"});
  r.gone("1-01");
  r.shows("1-01", MacMode::restore, "", ecid_b);  // exchanged while nobody looked
  r.result(engine, false, "The engine was stopped.");
  EXPECT_EQ(r.visit(2).what.substr(0, 9), "other_mac");
  const auto all = demands(r.context());
  const auto here = std::find_if(all.begin(), all.end(), [this](const Demand& d) { return d.slot == r.slot_id("1-01"); });
  ASSERT_NE(here, all.end());
  EXPECT_EQ(here->want, Want::protect);
}

TEST_F(RestoreTest, DfuOfAnotherModelIsACaseAndLeavesDfu) {
  r.to_dfu(mac_a, "1-01");
  r.shows("1-01", MacMode::dfu, "", ecid_a, m1_chip, 0x0C);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("wrong_model"));
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);
  EXPECT_TRUE(r.effects("engine").empty());
}

TEST_F(RestoreTest, ThePortControllersEcidIsNotTheMacs) {
  r.to_dfu(mac_a, "1-01");
  r.shows("1-01", MacMode::port_dfu, "", ecid_b);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_EQ(r.at(), "restore running");
  EXPECT_EQ(r.visit().ecid, 0U);
  EXPECT_EQ(r.visit().run.ecid, 0U);
}

TEST_F(RestoreTest, OneEcidInTwoOpenVisitsBlocksBoth) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.to_dfu(mac_b, "1-02");
  r.shows("1-02", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_EQ(r.at(1), "restore held");
  EXPECT_EQ(r.at(2), "dfu held");
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("duplicate", "duplicate"));
}

TEST_F(RestoreTest, AnEngineThatFailsIsRunAgainFromDfuAndThenHeldWithItsOwner) {
  const auto first = r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::recovery, "", ecid_a);
  r.result(first, false, "The Mac vanished.", "technician");
  EXPECT_EQ(r.at(), "dfu running");
  r.now += seconds{30};
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_EQ(r.at(), "restore running");
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, "", ecid_a);
  r.result(r.last_effect("engine"), false, "The Mac vanished.", "technician");
  EXPECT_EQ(r.at(), "restore held");
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("restore_failed"));
  EXPECT_EQ(r.state.visits.cases[0].owner, "technician");
  EXPECT_EQ(r.effects("put_back").size(), 1U);
}

TEST_F(RestoreTest, AnEngineThatDidNothingIsTriedAgainAfterTwoMinutesBecauseItsReasonMayPass) {
  const auto first = r.to_restore(mac_a, "1-01", ecid_a);
  r.now += seconds{1};
  r.result(first, false, "macos.ipsw was touched since it was read.", "bench_owner");
  EXPECT_EQ(r.at(), "dfu waiting");
  EXPECT_EQ(r.visit().what,
            "two minutes, then the next try: the engine did nothing to this Mac. macos.ipsw was touched since it was read.");
  r.wait(minutes{2} - seconds{1});
  EXPECT_EQ(r.effects("engine").size(), 1U);
  r.wait(seconds{1});
  EXPECT_EQ(r.effects("engine").size(), 2U);
  r.result(r.last_effect("engine"), false, "macos.ipsw was touched since it was read.", "bench_owner");
  EXPECT_EQ(r.at(), "restore held");
}

TEST_F(RestoreTest, AfterTheCaseOfAnEngineThatDidNothingTheNextStartIsAtOnce) {
  const auto first = r.to_restore(mac_a, "1-01", ecid_a);
  r.result(first, false, "No IPSW fits.", "recipe_owner");
  ASSERT_EQ(r.at(), "restore held");
  r.result(r.last_effect("leave_dfu"), false);
  r.command(CommandKind::close_case, "", 1);
  EXPECT_EQ(r.effects("engine").size(), 2U) << r.answer << r.visit().what;
}

TEST_F(RestoreTest, AFirmwareThatAppleRefusesIsNotTriedTwice) {
  const auto engine = r.to_restore(mac_a, "1-01", ecid_a);
  r.result(engine, false, "Apple does not sign this firmware.", "recipe_owner");
  EXPECT_EQ(r.at(), "restore held");
  EXPECT_EQ(r.state.visits.cases[0].owner, "recipe_owner");
}

TEST_F(RestoreTest, SuccessWithoutConfirmedErasureIsTriedAgainAndThenForTheAuditor) {
  const auto first = r.to_permit(mac_a, "1-01", ecid_a);
  r.erased(first, mac_a, ecid_a, Erased::unconfirmed);
  EXPECT_EQ(r.at(), "dfu running");
  r.now += seconds{30};
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  r.erased(r.last_effect("engine"), mac_a, ecid_a, Erased::unconfirmed);
  EXPECT_EQ(r.at(), "restore held");
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("erase_unconfirmed"));
  EXPECT_EQ(r.state.visits.cases[0].owner, "auditor");
}

TEST_F(RestoreTest, EvidenceOfAnotherRunOrMacProvesNothing) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.erased(engine, mac_b, ecid_a);
  EXPECT_EQ(r.at(), "dfu running");
}

TEST_F(RestoreTest, AnEngineThatHangsIsStoppedAtItsDeadlineAndRunAgain) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.wait(hours{1});
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
  r.result(r.last_effect("stop_engine"), true);
  EXPECT_EQ(r.at(), "dfu running");
  EXPECT_EQ(r.effects("enter_dfu").size(), 2U);
}

TEST_F(RestoreTest, ReenumerationDuringARunIsNoLoss) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.gone("1-01");
  r.wait(minutes{4});
  r.shows("1-01", MacMode::restore, mac_a, ecid_a);
  EXPECT_EQ(r.at(), "restore running");
  EXPECT_EQ(r.visit_at("1-01"), 1U);
}

TEST_F(RestoreTest, AMacThatLeftDuringARunIsCalledForAndResumesInANewRunThroughTheGate) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.gone("1-01");
  r.now += seconds{40};
  r.result(engine, false, "The Mac is gone.", "technician");
  r.result(r.last_effect("enter_dfu"), false, "nothing at the port");
  EXPECT_EQ(r.at(), "dfu hands");
  EXPECT_EQ(chores(r.context())[0].kind, "look");
  r.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(r.at(), "dfu running");
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_EQ(r.effects("engine").size(), 2U);
  EXPECT_EQ(r.effects("permit").size(), 1U);
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  EXPECT_EQ(r.effects("permit").size(), 2U);
}

TEST_F(RestoreTest, WorkDoesNotResumeWithAnotherEcid) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.gone("1-01");
  r.result(engine, false, "The Mac is gone.", "technician");
  r.shows("1-01", MacMode::dfu, "", ecid_b);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("other_mac"));
  EXPECT_EQ(r.effects("engine").size(), 1U);
}

TEST_F(RestoreTest, NothingLeavesUnproven) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.now += minutes{12};
  r.gone("1-01");
  r.erased(engine, mac_a, ecid_a);
  EXPECT_EQ(r.at(), "first_boot running");
  r.shows("1-01", MacMode::booted, "");
  EXPECT_EQ(r.at(), "first_boot running");
  r.state.visits.visit(1)->step = 12;  // as if the Mac had come to the pack table without its own word
  r.state.visits.visit(1)->state = StepState::hands;
  r.seat(mac_a, "pack");
  EXPECT_TRUE(r.all<VisitReleased>().empty());
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("no_proof"));
}

TEST_F(RestoreTest, WithoutItsRuleAnUnconfirmedErasureIsPacked) {
  Rig mutant(RuleSet::all().without(Rule::r12));
  mutant.import({row(2, mac_a)});
  const auto engine = mutant.to_permit(mac_a, "1-01", ecid_a);
  mutant.now += minutes{12};
  mutant.erased(engine, mac_a, ecid_a, Erased::unconfirmed);
  mutant.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(mutant.at(), "move hands");
  mutant.seat(mac_a, "S-01");
  mutant.power("S-01", true);
  mutant.command(CommandKind::battery, mac_a, 90);
  mutant.result(mutant.last_effect("print_label"), true);
  mutant.seat(mac_a, "pack");
  ASSERT_EQ(mutant.all<VisitReleased>().size(), 1U);
  EXPECT_EQ(mutant.all<VisitReleased>()[0].proof, "");
}

TEST_F(RestoreTest, ACheckInBeforeTheEraseProvesNothing) {
  r.to_charge_gate(mac_a, "1-01");
  r.command(CommandKind::mdm_seen, mac_a);
  EXPECT_TRUE(r.all<SelfReported>().empty());
}

TEST_F(RestoreTest, ADeniedSerialIsHeldAtAnyTimeBeforeTheGate) {
  r.to_restore(mac_a, "1-01", ecid_a);
  r.command(CommandKind::deny, mac_a, 0, "legal hold");
  EXPECT_EQ(r.at(), "restore held");
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_EQ(r.state.visits.cases[0].owner, "security");
}

TEST_F(RestoreTest, AHeldMacInDfuLeavesIt) {
  r.to_dfu(mac_a, "1-01");
  r.command(CommandKind::step_failed, {}, 1, "the lid is broken");
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);
  r.result(r.last_effect("leave_dfu"), false, "no answer");
  r.wait(hours{1});
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);  // once for each arrival
}

TEST_F(RestoreTest, AMacParkedInDfuForTenMinutesWithoutAnEngineLeavesIt) {
  r.to_charge_gate(mac_a, "1-01");
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.wait(minutes{9});
  EXPECT_TRUE(r.effects("leave_dfu").empty());
  r.wait(minutes{1});
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);
}

}  // namespace
}  // namespace greenroom::test
