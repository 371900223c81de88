// The judge on Macs: gate, evidence, release, and the words of a wait.
#include "tests/controller/simulate/judge_fixture.hpp"

namespace greenroom::sim {
namespace {

struct JudgeMacs : JudgeTest {
  static constexpr std::uint64_t run = 40;
  void permit(std::uint64_t number, const std::string& serial, const std::string& slot, std::uint64_t ecid) {
    fact(EffectStarted{run, "engine", number, slot, ecid, "macos", "erase"});
    fact(GatePermitted{number, run, slot, serial, "returns", "anna", ecid});
  }
  void permit_first() {
    visit(1, "C02AAAA0001", "1-01");
    permit(1, "C02AAAA0001", "1-01", plan.spec.macs[0].ecid);
  }
};

TEST_F(JudgeMacs, FindsNothingWrongWithAnEraseByItsPermit) {
  permit_first();
  tell(model::EraseStarted{model::MacId{0}, run});
  EXPECT_TRUE(verdict().clean());
}

TEST_F(JudgeMacs, CountsAnEraseOfAMacThatNobodyApproved) {
  visit(1, "C02AAAA0003", "1-03");
  permit(1, "C02AAAA0003", "1-03", plan.spec.macs[2].ecid);
  tell(model::EraseStarted{model::MacId{2}, run});
  EXPECT_EQ(verdict().wrong_mac, 1U);
  EXPECT_EQ(broken("R4"), 1U);
}

TEST_F(JudgeMacs, CountsAnEraseOfADeniedMac) {
  permit_first();
  fact(SerialDenied{"C02AAAA0001", "legal hold", false});
  tell(model::EraseStarted{model::MacId{0}, run});
  EXPECT_EQ(verdict().wrong_mac, 1U);
}

TEST_F(JudgeMacs, CountsAnEraseWithoutAPermit) {
  visit(1, "C02AAAA0001", "1-01");
  fact(EffectStarted{run, "engine", 1, "1-01", plan.spec.macs[0].ecid, "macos", "erase"});
  tell(model::EraseStarted{model::MacId{0}, run});
  EXPECT_EQ(verdict().wrong_mac, 1U);
  EXPECT_EQ(broken("R5"), 1U);
}

TEST_F(JudgeMacs, CountsASecondEraseByOnePermit) {
  permit_first();
  tell(model::EraseStarted{model::MacId{0}, run});
  tell(model::EraseStarted{model::MacId{0}, run});
  EXPECT_EQ(broken("R4"), 1U);
  EXPECT_EQ(broken("R5"), 1U);
}

TEST_F(JudgeMacs, CountsAnEraseByAPermitForAnotherMac) {
  visit(1, "C02AAAA0002", "1-01");
  permit(1, "C02AAAA0002", "1-01", plan.spec.macs[1].ecid);
  tell(model::EraseStarted{model::MacId{0}, run});
  EXPECT_EQ(broken("R4"), 1U);
}

TEST_F(JudgeMacs, CountsAnEraseAtAnotherPortThanTheJobs) {
  permit_first();
  plant.unplug_data(model::MacId{0});
  ASSERT_TRUE(plant.plug_data(model::MacId{0}, SlotId{4}));
  tell(model::EraseStarted{model::MacId{0}, run});
  EXPECT_EQ(broken("R9"), 1U);
}

TEST_F(JudgeMacs, CountsAWaitWithoutWords) {
  visit(1, "C02AAAA0001", "1-01");
  step(1, "dfu", "waiting", "lease on circuit branch", "power_lease");
  EXPECT_EQ(broken("R6"), 0U);
  step(1, "dfu", "waiting", "", "power_lease");
  EXPECT_EQ(broken("R6"), 1U);
}

TEST_F(JudgeMacs, CountsAWaitOfNoKind) {
  visit(1, "C02AAAA0001", "1-01");
  step(1, "dfu", "waiting", "lease on circuit branch");
  EXPECT_EQ(broken("R6"), 1U);
}

TEST_F(JudgeMacs, CountsEvidenceOfAnErasureThatNeverWas) {
  fact(EvidenceRecorded{1, run, "C02AAAA0001", plan.spec.macs[0].ecid, "unconfirmed", "unknown", ""});
  EXPECT_EQ(broken("R10"), 0U);
  fact(EvidenceRecorded{1, run, "C02AAAA0001", plan.spec.macs[0].ecid, "confirmed", "installed", "0x61F"});
  EXPECT_EQ(broken("R10"), 1U);
}

TEST_F(JudgeMacs, CountsAReleaseOfAMacThatWasNotErased) {
  visit(1, "C02AAAA0001", "1-01");
  fact(VisitReleased{1, "packed", "booted_serial"});
  EXPECT_EQ(verdict().unerased_released, 1U);
  EXPECT_EQ(broken("R12"), 1U);
}

TEST_F(JudgeMacs, LetsAMacLeaveUnerasedWithItsCase) {
  visit(1, "C02AAAA0001", "1-01");
  fact(VisitReleased{1, "held_out", ""});
  EXPECT_TRUE(verdict().clean());
}

TEST_F(JudgeMacs, ProtectsALaptopWhileItsVisitIsAtWork) {
  visit(1, "C02AAAA0001", "1-01");
  step(1, "restore");
  turn(0, true);
  tell(model::MacMode{model::MacId{0}, model::Mode::restore});
  turn(0, false);
  EXPECT_EQ(verdict().protected_opens, 1U);
}

TEST_F(JudgeMacs, LeavesALaptopInDfuToItsCase) {
  visit(1, "C02AAAA0001", "1-01");
  step(1, "restore", "held", "case 4");
  turn(0, true);
  tell(model::MacMode{model::MacId{0}, model::Mode::dfu});
  turn(0, false);
  EXPECT_EQ(verdict().protected_opens, 0U);
}

}  // namespace
}  // namespace greenroom::sim
