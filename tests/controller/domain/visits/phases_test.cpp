// R9: who must be alone on its USB host, and what came there meanwhile.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t port_ecid = 0x11E5000000000001;  // a port controller's, as one was seen (macs facts, 1.3)

struct PhasesTest : testing::Test {
  Rig r;
  void SetUp() override { r.import({row(2, mac_a), row(3, mac_b)}); }
  void seat_both() {
    r.to_charge_gate(mac_a, "1-01");
    r.to_charge_gate(mac_b, "1-02");
  }
  // Charged, and leased: the next thing is DFU.
  void on(const std::string& serial, const std::string& slot) {
    r.command(CommandKind::battery, serial, 55);
    r.lease(slot);
  }
  // The DFU message was sent, and this is what came of it.
  void reaches(const std::string& slot, MacMode mode, std::uint64_t ecid) {
    const auto effect = r.last_effect("enter_dfu");
    r.gone(slot);
    r.now += seconds{10};
    r.shows(slot, mode, "", ecid);
    r.result(effect, true);
  }
  // 1-01 runs an engine from that mode; 1-02 is seated.
  std::uint64_t first_runs(MacMode mode, std::uint64_t ecid) {
    seat_both();
    on(mac_a, "1-01");
    reaches("1-01", mode, ecid);
    return r.last_effect("engine");
  }
  // 1-01 runs an engine from KIS, and 1-02 comes to DFU by somebody's keys.
  void second_comes_while_first_is_alone() {
    r.seat(mac_b, "1-02");
    r.power("1-02", true);
    r.shows("1-02", MacMode::booted, mac_b);
    r.to_charge_gate(mac_a, "1-01");
    on(mac_a, "1-01");
    reaches("1-01", MacMode::kis, ecid_a);
    r.now += seconds{2};
    r.gone("1-02");
    r.shows("1-02", MacMode::dfu, "", ecid_b);
  }
  void recovers(const std::string& slot, const std::string& serial, std::uint64_t ecid) {
    r.gone(slot);
    r.now += seconds{5};
    r.shows(slot, MacMode::recovery, serial, ecid);
  }
  const std::string& words(VisitNumber n) const { return r.visit(n).what; }
};

TEST_F(PhasesTest, AnEngineStartsFromPortDfuWithThePortControllersEcid) {
  first_runs(MacMode::port_dfu, port_ecid);
  ASSERT_EQ(r.effects("engine").size(), 1U);
  EXPECT_EQ(r.effects("engine")[0].ecid, port_ecid);
  EXPECT_EQ(r.at(), "restore running");
}

TEST_F(PhasesTest, AfterPortDfuTheMacIsPermittedByTheEcidOfItsOwnFirstDfu) {
  first_runs(MacMode::port_dfu, port_ecid);
  r.gone("1-01");
  r.now += seconds{5};
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  recovers("1-01", mac_a, ecid_a);
  ASSERT_EQ(r.all<GatePermitted>().size(), 1U);
  EXPECT_EQ(r.all<GatePermitted>()[0].ecid, ecid_a);
}

TEST_F(PhasesTest, AfterPortDfuAMacThatWasNotSeenInDfuIsNotPermitted) {
  first_runs(MacMode::port_dfu, port_ecid);
  recovers("1-01", mac_a, ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_EQ(r.at(), "restore running");
}

TEST_F(PhasesTest, AfterPortDfuAnotherMacThanTheOneInDfuIsRefused) {
  first_runs(MacMode::port_dfu, port_ecid);
  r.gone("1-01");
  r.now += seconds{5};
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  recovers("1-01", mac_a, ecid_b);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("other_mac"));
}

TEST_F(PhasesTest, ARunFromPortDfuDoesNotTakeAnotherMacForTheOneOfTheRunBefore) {
  const auto engine = first_runs(MacMode::dfu, ecid_a);
  r.result(engine, false, "It failed.", "technician");
  r.gone("1-01");
  reaches("1-01", MacMode::port_dfu, port_ecid);
  ASSERT_EQ(r.effects("engine").size(), 2U);
  EXPECT_EQ(r.effects("engine")[1].ecid, port_ecid);
  r.gone("1-01");
  r.now += seconds{5};
  r.shows("1-01", MacMode::dfu, "", ecid_b);
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("other_mac"));
}

TEST_F(PhasesTest, NothingEntersDfuOnAHostWhereARunFromPortDfuLooksForItsMac) {
  first_runs(MacMode::port_dfu, port_ecid);
  on(mac_b, "1-02");
  EXPECT_EQ(r.effects("enter_dfu").size(), 1U);
  EXPECT_EQ(r.at(2), "dfu waiting");
  EXPECT_EQ(words(2), "the USB host is taken: the Mac is told from others in slot 1-01");
}

TEST_F(PhasesTest, TheWaitForTheHostEndsWithThePermit) {
  first_runs(MacMode::kis, ecid_a);
  on(mac_b, "1-02");
  ASSERT_EQ(r.at(2), "dfu waiting");
  recovers("1-01", mac_a, ecid_a);
  ASSERT_EQ(r.effects("permit").size(), 1U);
  EXPECT_EQ(r.at(2), "dfu running");
}

TEST_F(PhasesTest, TheWaitForTheHostEndsWithTheEngine) {
  const auto engine = first_runs(MacMode::kis, ecid_a);
  on(mac_b, "1-02");
  r.command(CommandKind::step_failed, "", 1, "smoke");
  r.result(r.last_effect("stop_engine"), true);
  EXPECT_FALSE(r.visit(1).run.open());
  EXPECT_EQ(r.visit(1).run.effect, engine);
  EXPECT_NE(r.at(2), "dfu waiting");
}

TEST_F(PhasesTest, AKisMacWaitsForTheEnginesThatRunOnItsHost) {
  first_runs(MacMode::dfu, ecid_a);
  on(mac_b, "1-02");
  reaches("1-02", MacMode::kis, ecid_b);
  EXPECT_EQ(r.effects("engine").size(), 1U);
  EXPECT_EQ(r.at(2), "dfu waiting");
  EXPECT_EQ(words(2), "the USB host is taken: a Mac changes its mode in slot 1-01");
}

TEST_F(PhasesTest, WhatWaitsLongerForTheHostComesFirst) {
  r.import({row(4, mac_c)}, "more");
  const auto engine = first_runs(MacMode::dfu, ecid_a);
  on(mac_b, "1-02");
  reaches("1-02", MacMode::kis, ecid_b);
  r.erased(engine, mac_a, ecid_a);
  EXPECT_EQ(r.effects("engine").size(), 2U);
  EXPECT_EQ(r.effects("engine")[1].ecid, ecid_b);
}

TEST_F(PhasesTest, AMacThatWaitsLongForTheHostIsNotLeftInDfu) {
  first_runs(MacMode::dfu, ecid_a);
  on(mac_b, "1-02");
  reaches("1-02", MacMode::kis, ecid_b);
  r.wait(minutes{10});
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);
}

TEST_F(PhasesTest, RunsFromDfuShareAFencedHost) {
  first_runs(MacMode::dfu, ecid_a);
  on(mac_b, "1-02");
  reaches("1-02", MacMode::dfu, ecid_b);
  EXPECT_EQ(r.effects("engine").size(), 2U);
}

TEST_F(PhasesTest, WithoutTheFenceOneRestoreRunsAtATime) {
  r.setup.room.fenced = false;
  const auto engine = first_runs(MacMode::dfu, ecid_a);
  on(mac_b, "1-02");
  EXPECT_EQ(r.at(2), "dfu waiting");
  recovers("1-01", mac_a, ecid_a);
  ASSERT_EQ(r.effects("permit").size(), 1U);
  EXPECT_EQ(r.at(2), "dfu waiting");
  r.gone("1-01");
  r.erased(engine, mac_a, ecid_a);
  EXPECT_EQ(r.at(2), "dfu running");
}

TEST_F(PhasesTest, WithoutTheFenceAStrangersMacInDfuIsWaitedFor) {
  r.setup.room.fenced = false;
  r.shows("1-02", MacMode::recovery, mac_c, ecid_b);
  r.to_charge_gate(mac_a, "1-01");
  on(mac_a, "1-01");
  EXPECT_TRUE(r.effects("enter_dfu").empty());
  EXPECT_EQ(words(1), "the USB host is taken: take the Mac out of DFU, recovery or its restore system in slot 1-02");
}

TEST_F(PhasesTest, WithoutTheFenceARunIsStoppedWhenAnotherMacCame) {
  r.setup.room.fenced = false;
  first_runs(MacMode::port_dfu, port_ecid);
  r.now += seconds{3};
  r.shows("1-02", MacMode::recovery, mac_b, ecid_b);
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
  recovers("1-01", mac_a, ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_TRUE(r.open_cases().empty());
}

// A Mac may have come, been taken by the engine, and shown nothing since.
TEST_F(PhasesTest, WithoutTheFenceARunThatNobodyWatchedIsStopped) {
  r.setup.room.fenced = false;
  first_runs(MacMode::dfu, ecid_a);
  r.now += seconds{5};
  r.state.lifetime.started = r.now;  // the controller died, and is here again
  recovers("1-01", mac_a, ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
}

TEST_F(PhasesTest, WithoutTheFenceAPermitDoesNotGoOutAfterAnotherMacCame) {
  r.setup.room.fenced = false;
  const auto engine = first_runs(MacMode::dfu, ecid_a);
  recovers("1-01", mac_a, ecid_a);
  ASSERT_EQ(r.effects("permit").size(), 1U);
  EXPECT_EQ(permit_refusal(r.context(), engine), std::nullopt);
  r.now += seconds{1};
  r.shows("1-02", MacMode::recovery, mac_c, ecid_b);
  EXPECT_TRUE(permit_refusal(r.context(), engine));
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
}

TEST_F(PhasesTest, WithoutTheFenceARunWhoseMacIsInItsRestoreSystemGoesOn) {
  r.setup.room.fenced = false;
  first_runs(MacMode::dfu, ecid_a);
  recovers("1-01", mac_a, ecid_a);
  r.gone("1-01");
  r.now += seconds{40};
  r.shows("1-01", MacMode::restore, "", ecid_a);
  r.now += seconds{1};
  r.shows("1-02", MacMode::recovery, mac_c, ecid_b);
  EXPECT_TRUE(r.effects("stop_engine").empty());
}

TEST_F(PhasesTest, WithoutTheFenceMacsInRecoveryDoNotBlockEachOtherForEver) {
  r.setup.room.fenced = false;
  for (const auto& [serial, slot, ecid] : {std::tuple(mac_a, "1-01", ecid_a), std::tuple(mac_b, "1-02", ecid_b)}) {
    r.seat(serial, slot);
    r.power(slot, true);
    r.shows(slot, MacMode::recovery, serial, ecid);
  }
  on(mac_a, "1-01");
  on(mac_b, "1-02");
  EXPECT_EQ(r.effects("put_back").size(), 2U);
}

TEST_F(PhasesTest, WhatCameToDfuWhileAnotherWasAloneComesAnew) {
  second_comes_while_first_is_alone();
  on(mac_b, "1-02");
  EXPECT_EQ(r.effects("leave_dfu").size(), 0U);  // that would be one more arrival
  recovers("1-01", mac_a, ecid_a);
  ASSERT_EQ(r.effects("permit").size(), 1U);
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);
  EXPECT_EQ(r.effects("engine").size(), 1U);
}

TEST_F(PhasesTest, AMacThatIsToComeAnewIsToldOnceForEachArrival) {
  second_comes_while_first_is_alone();
  on(mac_b, "1-02");
  recovers("1-01", mac_a, ecid_a);
  ASSERT_EQ(r.effects("leave_dfu").size(), 1U);
  r.result(r.last_effect("leave_dfu"), true);  // and it was not seen to leave
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);
  EXPECT_EQ(r.at(), "dfu waiting");
  EXPECT_THAT(words(1), testing::HasSubstr("it comes anew"));
}

TEST_F(PhasesTest, WithoutItsClauseNothingWaitsForTheHost) {
  Rig mutant(RuleSet::all().without(Clause::exclusive));
  std::swap(r, mutant);
  r.import({row(2, mac_a), row(3, mac_b)});
  first_runs(MacMode::port_dfu, port_ecid);
  on(mac_b, "1-02");
  EXPECT_EQ(r.at(2), "dfu running");
}

}  // namespace
}  // namespace greenroom::test
