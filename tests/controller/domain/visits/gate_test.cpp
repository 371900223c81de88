// R4, clause by clause: no permit unless everything holds at that moment.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

struct GateTest : testing::Test {
  Rig r;
  void SetUp() override { r.import({row(2, mac_a), row(3, mac_b)}); }
  void expect_refused(const std::string& clause, const std::string& reason) const {
    EXPECT_TRUE(r.effects("permit").empty());
    ASSERT_EQ(r.all<GateRefused>().size(), 1U);
    EXPECT_EQ(r.all<GateRefused>()[0].clause, clause);
    EXPECT_EQ(r.effects("stop_engine").size(), 1U);
    EXPECT_THAT(r.open_cases(), testing::Each(reason));
    EXPECT_FALSE(r.open_cases().empty());
    EXPECT_EQ(r.at(), "restore held");
  }
};

TEST_F(GateTest, PermitsWhenEveryClauseHolds) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  ASSERT_EQ(r.all<GatePermitted>().size(), 1U);
  const GatePermitted p = r.all<GatePermitted>()[0];
  EXPECT_EQ(p.engine, engine);
  EXPECT_EQ(p.serial, mac_a);
  EXPECT_EQ(p.batch, "returns");
  EXPECT_EQ(p.bound_by, "anna");
  EXPECT_EQ(p.ecid, ecid_a);
}

TEST_F(GateTest, ThePermitEffectComesAfterTheFactThatTheGateMayOpen) {
  r.to_permit(mac_a, "1-01", ecid_a);
  std::size_t fact = 0, effect = 0;
  for (std::size_t i = 0; i < r.facts.size(); ++i) {
    if (std::holds_alternative<GatePermitted>(r.facts[i])) fact = i;
    if (const auto* e = std::get_if<EffectStarted>(&r.facts[i]); e != nullptr && e->kind == "permit") effect = i;
  }
  EXPECT_GT(fact, 0U);
  EXPECT_LT(fact, effect);
}

TEST_F(GateTest, IsAskedOnceForEachRun) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.gone("1-01");
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  EXPECT_EQ(r.effects("permit").size(), 1U);
}

TEST_F(GateTest, StaysShutWhileNoSerialIsShown) {
  r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::recovery, "", ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_TRUE(r.all<GateRefused>().empty());
  EXPECT_EQ(r.at(), "restore running");
}

TEST_F(GateTest, StaysShutForAGarbledSerial) {
  r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::recovery, "C02A#?", ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_TRUE(r.open_cases().empty());
}

TEST_F(GateTest, DoesNotTakeABootedSerialForTheMacsOwnWordInThisRun) {
  r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::booted, mac_a, ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
}

TEST_F(GateTest, RefusesBySerialNotOnAnyApprovedList) {  // clause a
  r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::recovery, "C02ZZZZZZZZZ", ecid_a);
  expect_refused("a", "not_approved");
}

TEST_F(GateTest, RefusesASerialThatWasDeniedAfterItWasBound) {  // clause a
  r.to_restore(mac_a, "1-01", ecid_a);
  r.apply_one(SerialDenied{mac_a, "legal hold", false});
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  expect_refused("a", "denied");
}

TEST_F(GateTest, RefusesAnotherEcidThanWasSeenInDfu) {  // clause b
  r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::recovery, mac_a, ecid_b);
  expect_refused("b", "other_mac");
}

TEST_F(GateTest, RefusesAChipOrBoardThatIsNotTheRowsModel) {  // clause c
  r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a, m1_chip, 0x0C);
  expect_refused("c", "wrong_model");
}

TEST_F(GateTest, RefusesAnApprovedSerialThatNobodyBoundToThisSlot) {  // clause d
  r.to_restore(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::recovery, mac_b, ecid_a);
  expect_refused("d", "wrong_label");
}

TEST_F(GateTest, RefusesWhenNoPersonMadeTheBinding) {  // clause d
  r.to_restore(mac_a, "1-01", ecid_a);
  r.apply_one(SeatingBegan{1, "1-01"}, "");
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  expect_refused("d", "wrong_label");
}

TEST_F(GateTest, RefusesWhenAnotherOpenVisitHoldsTheEcid) {  // clause e
  r.to_restore(mac_a, "1-01", ecid_a);
  r.scan(mac_b);
  r.state.visits.visit(2)->ecid = ecid_a;
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  expect_refused("e", "duplicate");
}

TEST_F(GateTest, WithoutItsRulePermitsAtOnce) {
  Rig mutant(RuleSet::all().without(Rule::r4));
  mutant.import({row(2, mac_a)});
  mutant.to_restore(mac_a, "1-01", ecid_a);
  EXPECT_EQ(mutant.effects("permit").size(), 1U);
}

TEST_F(GateTest, WithoutOneOfItsClausesOnlyThatOneIsNotAsked) {
  const auto refuses = [](Clause off, const std::string& serial, std::uint64_t ecid, std::uint8_t board) {
    Rig mutant(RuleSet::all().without(off));
    mutant.import({row(2, mac_a), row(3, mac_b)});
    mutant.to_restore(mac_a, "1-01", ecid_a);
    mutant.shows("1-01", MacMode::recovery, serial, ecid, m1_chip, board);
    return mutant.effects("permit").empty();
  };
  EXPECT_FALSE(refuses(Clause::ecid, mac_a, ecid_b, m1_board));
  EXPECT_FALSE(refuses(Clause::model, mac_a, ecid_a, 0x0C));
  EXPECT_FALSE(refuses(Clause::binding, mac_b, ecid_a, m1_board));
  EXPECT_TRUE(refuses(Clause::serial, mac_a, ecid_b, m1_board));
  EXPECT_TRUE(refuses(Clause::one_visit, mac_b, ecid_a, m1_board));
  EXPECT_TRUE(refuses(Clause::ecid, mac_a, ecid_a, 0x0C));
}

TEST_F(GateTest, MayStillOpenWhileTheMacChangesItsMode) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.gone("1-01");
  EXPECT_EQ(permit_refusal(r.context(), engine), std::nullopt);
}

TEST_F(GateTest, StaysShutWhenTheSerialWasDeniedBeforeThePermitWentOut) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.command(CommandKind::deny, mac_a, 0, "legal hold");
  EXPECT_EQ(permit_refusal(r.context(), engine), mac_a + " was denied meanwhile");
}

TEST_F(GateTest, StaysShutWhenAnotherMacCameBeforeThePermitWentOut) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  r.gone("1-01");
  r.now += std::chrono::seconds{20};
  r.shows("1-01", MacMode::dfu, "", ecid_b);
  EXPECT_TRUE(permit_refusal(r.context(), engine));
}

TEST_F(GateTest, JudgesAnewAfterAPermitThatWasNotWritten) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.result(r.last_effect("permit"), false, "the controller was restarted");
  EXPECT_EQ(r.effects("permit").size(), 1U);  // not on what was seen before
  r.now += std::chrono::seconds{20};
  r.gone("1-01");
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  EXPECT_EQ(r.effects("permit").size(), 2U);
}

TEST_F(GateTest, RestsOnWhatWasSeenSinceTheProcessStarted) {
  r.to_restore(mac_a, "1-01", ecid_a);
  r.now += std::chrono::seconds{5};
  r.gone("1-01");
  r.now += std::chrono::seconds{60};
  r.apply_one(ServiceStarted{"greenroom", "boot-1", {}});
  r.state.visits.slots[r.slot_id("1-01").value].port.since = r.now - std::chrono::seconds{30};
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  EXPECT_EQ(r.state.visits.slots[r.slot_id("1-01").value].port.since, r.now);
  EXPECT_EQ(r.effects("permit").size(), 1U);
}

TEST_F(GateTest, PutsARefusedMacBackOnceItsEngineHasEnded) {
  const auto engine = r.to_restore(mac_a, "1-01", ecid_a);
  r.now += std::chrono::seconds{5};
  r.shows("1-01", MacMode::recovery, mac_b, ecid_a);
  EXPECT_TRUE(r.effects("put_back").empty());  // the engine still owns the device
  r.result(r.last_effect("stop_engine"), true);
  ASSERT_EQ(r.effects("put_back").size(), 1U);
  EXPECT_FALSE(r.visit().run.open());
  EXPECT_EQ(r.all<EffectEnded>().back().effect, engine);
}

// Past bootx a Mac stands in its restore OS: only a restart ends that, and auto-boot is false.
TEST_F(GateTest, PutsAMacBackThatWasRefusedInItsRestoreOs) {
  r.to_restore(mac_a, "1-01", ecid_a);
  r.now += std::chrono::seconds{5};
  r.shows("1-01", MacMode::restore, mac_b, ecid_a);
  r.result(r.last_effect("stop_engine"), true);
  ASSERT_EQ(r.effects("put_back").size(), 1U);
  r.result(r.last_effect("put_back"), false, "only a restart ends it");
  EXPECT_THAT(r.open_cases(), testing::Contains("put_back_by_hand"));
  EXPECT_EQ(r.state.visits.cases.back().subject, mac_a);
  r.now += std::chrono::minutes{1};
  r.shows("1-01", MacMode::recovery, "", ecid_a);  // somebody restarted it
  EXPECT_EQ(r.effects("put_back").size(), 2U);
}

TEST_F(GateTest, LeavesAMacAloneWhoseRestoreOsMayBeErasingIt) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.shows("1-01", MacMode::restore, "", ecid_a);
  r.command(CommandKind::step_failed, "", 1, "smoke");
  r.result(r.last_effect("stop_engine"), true);
  EXPECT_EQ(r.at(), "restore held");
  EXPECT_TRUE(r.effects("put_back").empty());
}

TEST_F(GateTest, CallsAPersonByNameOfTheMacWhenPuttingBackFails) {
  r.to_restore(mac_a, "1-01", ecid_a);
  r.now += std::chrono::seconds{5};
  r.shows("1-01", MacMode::recovery, mac_b, ecid_a);
  r.result(r.last_effect("stop_engine"), true);
  r.result(r.last_effect("put_back"), false, "no answer");
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("wrong_label", "wrong_label", "put_back_by_hand"));
  EXPECT_EQ(r.effects("put_back").size(), 1U);
  EXPECT_EQ(r.state.visits.cases.back().subject, mac_a);
}

TEST_F(GateTest, StopsTheRunWhenAnotherMacComesToThePort) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.gone("1-01");
  r.now += std::chrono::seconds{20};
  r.shows("1-01", MacMode::dfu, "", ecid_b);
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("other_mac"));
}

}  // namespace
}  // namespace greenroom::test
