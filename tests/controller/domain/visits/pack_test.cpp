// A Mac that leaves without a system: the ECID that it shows at the pack table must be the one that was erased (R12).
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct Table : Rig {
  explicit Table(bool with_port = true, RuleSet rules = RuleSet::all()) : Rig(rules) {
    Recipe& r = setup.catalogue.recipes[0];
    r.steps[6].restore_kind = "erase_only";
    r.steps.erase(r.steps.begin() + 7, r.steps.begin() + 12);  // straight to the pack table
    if (with_port) setup.room.slots[slot_id("pack").value].data_port = "host/1-9";
    start();
    import({row(2, mac_a), row(3, mac_b)});
  }
  void erase(const std::string& serial, const std::string& slot, std::uint64_t ecid) {
    const std::uint64_t engine = to_permit(serial, slot, ecid);
    now += minutes{2};
    gone(slot);
    Evidence e;
    e.serial = serial;
    e.ecid = Ecid{ecid};
    e.erased = Erased::confirmed;
    e.os = OsState::none;
    feed(EffectResult{engine, true, {}, {}, {}, e});
  }
  void at_table() {
    erase(mac_a, "1-01", ecid_a);
    seat(mac_a, "pack");
  }
};

TEST(PackTable, AMacWithoutASystemWaitsForItsEcid) {
  Table t;
  t.at_table();
  EXPECT_EQ(t.at(), "pack hands");
  EXPECT_TRUE(t.visit().open);
  const auto list = chores(t.context());
  ASSERT_FALSE(list.empty());
  EXPECT_EQ(list[0].kind, "keys");
  EXPECT_EQ(list[0].slot, "pack");
  EXPECT_THAT(list[0].words, testing::HasSubstr("data cable of pack into " + mac_a));
}

TEST(PackTable, TheEcidOfTheEvidenceReleasesIt) {
  Table t;
  t.at_table();
  t.shows("pack", MacMode::dfu, "", ecid_a);
  EXPECT_FALSE(t.visit().open);
  EXPECT_EQ(t.visit().released, "packed");
  EXPECT_EQ(t.visit().proof, "dfu_ecid");
}

TEST(PackTable, AnotherEcidIsACaseForTheAuditor) {
  Table t;
  t.at_table();
  t.wait(minutes{1});
  t.shows("pack", MacMode::dfu, "", ecid_b);
  EXPECT_TRUE(t.visit().open);
  EXPECT_EQ(t.at(), "pack held");
  ASSERT_EQ(t.open_cases(), std::vector<std::string>{"other_mac"});
  EXPECT_EQ(t.state.visits.cases[0].owner, "auditor");
}

TEST(PackTable, TheMacBeforeMayStillBePluggedIn) {
  Table t;
  t.shows("pack", MacMode::dfu, "", ecid_b);
  t.wait(minutes{1});
  t.at_table();
  EXPECT_EQ(t.at(), "pack hands");
  t.gone("pack");
  t.shows("pack", MacMode::dfu, "", ecid_a);
  EXPECT_EQ(t.visit().proof, "dfu_ecid");
}

TEST(PackTable, ItReadsOneEcidAtATime) {
  Table t;
  t.at_table();
  t.erase(mac_b, "1-02", ecid_b);
  for (const Chore& c : chores(t.context())) EXPECT_NE(c.kind, "move") << c.words;
  t.seat(mac_b, "pack");
  EXPECT_TRUE(t.refused);
  EXPECT_THAT(t.answer, testing::HasSubstr("waits for the ECID of " + mac_a));
  t.shows("pack", MacMode::dfu, "", ecid_a);
  t.gone("pack");
  t.seat(mac_b, "pack");
  EXPECT_FALSE(t.refused);
}

TEST(PackTable, AMacThatIsNeverSeenThereIsACase) {
  Table t;
  t.at_table();
  t.wait(hours{5});
  EXPECT_EQ(t.at(), "pack held");
  EXPECT_EQ(t.open_cases(), std::vector<std::string>{"no_proof"});
}

TEST(PackTable, WithoutADataPortNothingProvesAMacWithoutASystem) {
  Table t(false);
  t.at_table();
  EXPECT_EQ(t.open_cases(), std::vector<std::string>{"no_proof"});
  EXPECT_TRUE(t.visit().open);
}

TEST(PackTable, AMacWithASystemIsNotReleasedByItsEcidAlone) {
  Rig r;
  r.setup.room.slots[r.slot_id("pack").value].data_port = "host/1-9";
  r.start();
  r.import({row(2, mac_a)});
  r.to_shelf(mac_a, "1-01", ecid_a, "S-01");
  Visit& v = *r.state.visits.visit(1);
  v.booted_reported = v.mdm_reported = false;
  r.command(CommandKind::step_done, "", 1);
  r.result(r.last_effect("print_label"), true);
  r.seat(mac_a, "pack");
  r.shows("pack", MacMode::dfu, "", ecid_a);
  EXPECT_TRUE(r.visit().open);
  EXPECT_EQ(r.open_cases(), std::vector<std::string>{"no_proof"});
}

}  // namespace
}  // namespace greenroom::test
