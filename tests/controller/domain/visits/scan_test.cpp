// Lists, labels, bindings, commands by key, demands and chores.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct ScanTest : testing::Test {
  Rig r;
  void SetUp() override { r.import({row(2, mac_a), row(3, mac_b), row(4, mac_c)}); }
};

TEST(Import, OpensOneCaseWithItsOwnerForEachRowThatCannotBeWorked) {
  Rig r;
  ExpectedRow denied_row = row(6, "C02DDDDDDDDD");
  denied_row.status = "Deployed";
  r.import({row(2, mac_a), row(3, mac_a), row(4, mac_b, "Abacus", "A0000"), row(5, "C0-2"), denied_row});
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("duplicate_serial", "unknown_model", "malformed_serial", "not_approved"));
  for (const Case& k : r.state.visits.cases) EXPECT_EQ(k.owner, "batch_lead");
  EXPECT_EQ(r.state.visits.cases[0].subject, "returns row 3");
  const Tally t = tally(r.state.visits);
  EXPECT_EQ(t.macs, 5U);
  EXPECT_EQ(t.in_case, 4U);
  EXPECT_EQ(t.unfinished, 1U);
}

TEST(Import, KeepsTheRowAsItStoodAndNamesTheModelByNumber) {
  Rig r;
  r.import({row(2, "c02aaaaaaaaa", "whatever they call it", "a2485")});
  const MacExpected e = r.all<MacExpected>().at(0);
  EXPECT_EQ(e.serial, mac_a);
  EXPECT_EQ(e.model, "whatever they call it");
  EXPECT_EQ(e.product_type, "MacBookPro18,1");
  EXPECT_TRUE(e.approved);
}

TEST(Import, RefusesAnEmptyListAndANameInUseWhole) {
  Rig r;
  r.import({});
  EXPECT_TRUE(r.refused);
  r.import({row(2, mac_a)});
  const std::size_t before = r.facts.size();
  r.import({row(2, mac_b)});
  EXPECT_TRUE(r.refused);
  EXPECT_EQ(r.facts.size(), before);
}

TEST(Import, ASerialStillWorkedFromAnotherListIsADuplicate) {
  Rig r;
  r.import({row(2, mac_a)}, "monday");
  r.import({row(2, mac_a)}, "tuesday");
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("duplicate_serial"));
}

TEST_F(ScanTest, MacThenSlotBinds) {
  r.scan(mac_a);
  EXPECT_EQ(r.answer, mac_a + ": now scan its slot");
  r.scan("1-01");
  EXPECT_EQ(r.visit_at("1-01"), 1U);
  EXPECT_EQ(r.visit().bound_by, "anna");
}

TEST_F(ScanTest, SlotThenAssetTagBinds) {
  r.scan("1-02");
  r.scan("TAG3");
  EXPECT_EQ(r.visit_at("1-02"), 1U);
  EXPECT_EQ(r.visit().serial, mac_b);
}

TEST_F(ScanTest, HalfABindingLapsesAfterThirtySeconds) {
  r.scan(mac_a);
  r.wait(seconds{30});
  EXPECT_EQ(r.all<BindingLapsed>().size(), 1U);
  r.scan("1-01");
  EXPECT_EQ(r.visit_at("1-01"), 0U);
}

TEST_F(ScanTest, LabelsOfTwoPeopleDoNotBindTogether) {
  r.scan(mac_a, "anna");
  r.scan("1-01", "ben");
  EXPECT_EQ(r.visit_at("1-01"), 0U);
}

TEST_F(ScanTest, AFullSlotIsRefusedByTheNameOfItsMac) {
  r.seat(mac_a, "1-01");
  r.seat(mac_b, "1-01");
  EXPECT_TRUE(r.refused);
  EXPECT_THAT(r.answer, testing::HasSubstr(mac_a));
  EXPECT_EQ(r.visit_at("1-01"), 1U);
}

TEST_F(ScanTest, AWrongKindOfSlotIsRefusedAndSaysWhereToGo) {
  r.seat(mac_a, "S-01");
  EXPECT_TRUE(r.refused);
  EXPECT_THAT(r.answer, testing::HasSubstr("a restore slot"));
}

TEST_F(ScanTest, AMacInItsRestoreStaysWhereItIs) {
  r.to_permit(mac_a, "1-01", ecid_a);
  r.seat(mac_a, "1-02");
  EXPECT_TRUE(r.refused);
  EXPECT_THAT(r.answer, testing::HasSubstr("leave it in slot 1-01"));
  EXPECT_EQ(r.visit_at("1-01"), 1U);
}

TEST_F(ScanTest, AnotherRestoreSlotBeforeTheEraseIdentifiesAgain) {
  r.to_charge_gate(mac_a, "1-01");
  r.seat(mac_a, "1-02");
  EXPECT_EQ(r.visit_at("1-01"), 0U);
  EXPECT_EQ(r.visit_at("1-02"), 1U);
  EXPECT_EQ(r.at(), "identify running");
  EXPECT_EQ(r.all<SeatingEnded>().at(0).why, "moved");
}

TEST_F(ScanTest, AnUnknownAssetIsACaseAndAnUnknownLabelAreWords) {
  r.scan("C02ZZZZZZZZZ");
  EXPECT_TRUE(r.refused);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("unknown_asset"));
  r.scan("??");
  EXPECT_TRUE(r.refused);
  EXPECT_EQ(r.open_cases().size(), 1U);
}

TEST_F(ScanTest, ADeniedSerialOpensNoVisit) {
  r.command(CommandKind::deny, mac_a, 0, "lost");
  r.scan(mac_a);
  EXPECT_TRUE(r.refused);
  EXPECT_TRUE(r.state.visits.visits.empty());
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("denied"));
  EXPECT_EQ(tally(r.state.visits).in_case, 1U);
}

TEST_F(ScanTest, AMacThatNobodyCanFindIsACaseForTheBatchLead) {
  r.command(CommandKind::step_failed, mac_a, 0, "not on the trolley");
  EXPECT_FALSE(r.refused);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("not_found"));
  EXPECT_EQ(tally(r.state.visits).in_case, 1U);
  EXPECT_EQ(chores(r.context())[0].serial, mac_b);
}

TEST_F(ScanTest, ATickOnAStepThatIsNotForTicksIsRefused) {
  r.seat(mac_a, "1-01");
  r.command(CommandKind::step_done, {}, 1);
  EXPECT_TRUE(r.refused);
  r.command(CommandKind::step_done, {}, 99);
  EXPECT_TRUE(r.refused);
}

TEST_F(ScanTest, ChoresSendOnlyAsManyMacsAsThereAreFreeRestoreSlots) {
  const auto list = chores(r.context());
  ASSERT_EQ(list.size(), 2U);  // three Macs, two slots
  EXPECT_EQ(list[0].kind, "seat");
  EXPECT_EQ(list[0].serial, mac_a);
  EXPECT_EQ(list[0].slot, "1-01");
  EXPECT_EQ(list[1].slot, "1-02");
}

TEST_F(ScanTest, ChoresSendNobodyToASlotWhereAStrangerIsPluggedIn) {
  r.shows("1-01", MacMode::booted, "C02ZZZZZZZZZ");
  const auto list = chores(r.context());
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].kind, "look");
  EXPECT_EQ(list[0].slot, "1-01");
  EXPECT_EQ(list[1].slot, "1-02");
  EXPECT_TRUE(r.all<EffectStarted>().empty());
}

TEST_F(ScanTest, ChoresBringAMacPluggedInAtTheNeighboursPlaceHome) {
  r.seat(mac_a, "1-01");
  r.shows("1-02", MacMode::booted, mac_a);
  const auto list = chores(r.context());
  ASSERT_FALSE(list.empty());
  EXPECT_EQ(list[0].kind, "look");
  EXPECT_EQ(list[0].slot, "1-01");
}

TEST_F(ScanTest, DemandsChargeBeforeTheGateAndProtectFromDfuToFirstBoot) {
  r.to_charge_gate(mac_a, "1-01");
  ASSERT_EQ(demands(r.context()).size(), 1U);
  EXPECT_EQ(demands(r.context())[0].want, Want::charge);
  r.command(CommandKind::battery, mac_a, 40);
  EXPECT_EQ(demands(r.context())[0].want, Want::protect);
  r.lease("1-01");
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_EQ(demands(r.context())[0].want, Want::protect);
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  r.now += minutes{12};
  r.erased(r.last_effect("engine"), mac_a, ecid_a);
  EXPECT_EQ(demands(r.context())[0].want, Want::protect);  // first boot
  r.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(demands(r.context())[0].want, Want::charge);
  EXPECT_DOUBLE_EQ(demands(r.context())[0].charge, 0.40);
  EXPECT_DOUBLE_EQ(demands(r.context())[0].goal, 0.80);
}

TEST_F(ScanTest, ADesktopIsProtectedWheneverSeated) {
  Rig d;
  d.import({row(2, mac_a, "Mac mini", "A2348")});
  d.seat(mac_a, "1-01");
  ASSERT_EQ(demands(d.context()).size(), 1U);
  EXPECT_EQ(demands(d.context())[0].want, Want::protect);
  EXPECT_FALSE(demands(d.context())[0].has_battery);
}

}  // namespace
}  // namespace greenroom::test
