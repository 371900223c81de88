// What a restore needs beside the Mac: it waits for that before DFU, and is asked again at the gate.
#include "controller/domain/visits/readiness.hpp"

#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Readiness::Lack disk{"The disk of /srv/ipsw is full.", "Free 20 GB there."};
const Readiness::Lack dns{"gs.apple.com is not known to the name server.", "Ask the network's people to let it through."};

Readiness all_well(TimePoint now) {
  Readiness r;
  r.hosts_reached = now;
  return r;
}

TEST(Readiness, WhatWasLookedAtAndFoundWellLacksNothing) {
  EXPECT_EQ(not_ready(all_well(TimePoint{hours{1}}), TimePoint{hours{1}}), std::nullopt);
}

TEST(Readiness, ALackIsToldWithItsCauseAndItsRemedy) {
  Readiness r = all_well(TimePoint{hours{1}});
  r.lacks = {disk};
  EXPECT_EQ(not_ready(r, TimePoint{hours{1}}), "The disk of /srv/ipsw is full. Free 20 GB there.");
}

TEST(Readiness, HostsThatDoNotAnswerOnceAreForgivenForTenMinutes) {
  Readiness r = all_well(TimePoint{hours{1}});
  r.hosts = dns;
  EXPECT_EQ(not_ready(r, TimePoint{hours{1} + minutes{10}}), std::nullopt);
  EXPECT_EQ(not_ready(r, TimePoint{hours{1} + minutes{10} + seconds{1}}),
            "gs.apple.com is not known to the name server. Ask the network's people to let it through.");
}

TEST(Readiness, HostsThatNobodyAskedForTenMinutesAreNoHosts) {
  EXPECT_TRUE(not_ready(all_well(TimePoint{hours{1}}), TimePoint{hours{1} + minutes{11}}));
  EXPECT_TRUE(not_ready(Readiness{}, TimePoint{hours{1}}));
}

struct ReadinessTest : testing::Test {
  Rig r;
  void SetUp() override { r.import({row(2, mac_a)}); }
  void ready() { r.feed(Input{all_well(r.now)}); }
  void lacks_disk() {
    Readiness seen = all_well(r.now);
    seen.lacks = {disk};
    r.feed(Input{seen});
  }
  // In recovery, with its engine waiting, when the disk has become full.
  void put_off_at_the_gate() {
    lacks_disk();
    r.now += seconds{5};
    r.gone("1-01");
    r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
    r.result(r.last_effect("stop_engine"), true);
  }
  void runs_again() {
    r.gone("1-01");
    r.now += minutes{1};
    r.shows("1-01", MacMode::booted, mac_a);
    r.result(r.last_effect("put_back"), true);
    ready();
    r.lease("1-01");
    ASSERT_EQ(r.at(), "dfu running") << r.visit().what;
    r.gone("1-01");
    r.now += seconds{10};
    r.shows("1-01", MacMode::dfu, "", ecid_a);
    r.result(r.last_effect("enter_dfu"), true);
    ASSERT_EQ(r.at(), "restore running");
  }
  std::optional<Want> want() {
    for (const Demand& d : demands(r.context())) {
      if (d.slot == r.slot_id("1-01")) return d.want;
    }
    return std::nullopt;
  }
};

TEST_F(ReadinessTest, WhereNobodyAsksNothingWaits) {
  r.to_dfu(mac_a, "1-01");
  EXPECT_EQ(r.at(), "dfu running");
}

TEST_F(ReadinessTest, AMacIsNotBroughtIntoDfuForARestoreThatWouldFail) {
  lacks_disk();
  r.to_dfu(mac_a, "1-01");
  EXPECT_EQ(r.at(), "dfu waiting");
  EXPECT_EQ(r.visit().what, "not ready: The disk of /srv/ipsw is full. Free 20 GB there.");
  EXPECT_TRUE(r.effects("enter_dfu").empty());
}

TEST_F(ReadinessTest, TheMacThatWaitsAsksForNoLeaseAndGoesOnByItself) {
  lacks_disk();
  r.to_charge_gate(mac_a, "1-01");
  r.command(CommandKind::battery, mac_a, 55);
  EXPECT_NE(want(), Want::protect);
  ready();
  EXPECT_EQ(want(), Want::protect);
  r.lease("1-01");
  EXPECT_EQ(r.at(), "dfu running");
}

TEST_F(ReadinessTest, AGateWaitsForTheFirstAnswerOfAServiceThatHasJustStarted) {
  ready();
  const auto engine = r.to_restore(mac_a, "1-01", 0x1111);
  r.feed(Input{Readiness{}});
  r.now += seconds{5};
  r.gone("1-01");
  r.shows("1-01", MacMode::recovery, mac_a, 0x1111);
  EXPECT_TRUE(r.effects("permit").empty());
  EXPECT_TRUE(r.effects("stop_engine").empty());
  ready();
  ASSERT_EQ(r.effects("permit").size(), 1U);
  EXPECT_EQ(r.effects("permit")[0].detail, std::to_string(engine));
}

TEST_F(ReadinessTest, AnHourWithoutItIsOneCaseThatEndsWithIt) {
  r.import({row(3, mac_b)}, "more");
  lacks_disk();
  r.to_dfu(mac_a, "1-01");
  r.to_dfu(mac_b, "1-02");
  for (int i = 0; i < 7; ++i) {
    r.wait(minutes{10});
    lacks_disk();
  }
  EXPECT_THAT(r.open_cases(), testing::ElementsAre("not_ready"));
  EXPECT_EQ(r.at(1), "dfu waiting");
  ready();
  EXPECT_TRUE(r.open_cases().empty());
}

TEST_F(ReadinessTest, AnEngineDoesNotStartOnceItIsLacking) {
  r.to_dfu(mac_a, "1-01");
  lacks_disk();
  r.gone("1-01");
  r.shows("1-01", MacMode::dfu, "", ecid_a);
  r.result(r.last_effect("enter_dfu"), true);
  EXPECT_TRUE(r.effects("engine").empty());
  r.wait(minutes{10});
  EXPECT_EQ(r.effects("leave_dfu").size(), 1U);  // it would run flat there
}

TEST_F(ReadinessTest, TheGateStaysShutWhereItIsLacking) {
  r.to_restore(mac_a, "1-01", ecid_a);
  lacks_disk();
  r.now += seconds{5};
  r.gone("1-01");
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  EXPECT_TRUE(r.effects("permit").empty());
  ASSERT_EQ(r.all<GateRefused>().size(), 1U);
  EXPECT_EQ(r.all<GateRefused>()[0].clause, "ready");
  EXPECT_EQ(r.all<GateRefused>()[0].words, "The disk of /srv/ipsw is full. Free 20 GB there.");
  EXPECT_EQ(r.effects("stop_engine").size(), 1U);
}

TEST_F(ReadinessTest, ARunThatWasPutOffAtItsGateIsPutBackAndComesAgainWithoutACase) {
  r.to_restore(mac_a, "1-01", ecid_a);
  for (std::size_t round = 1; round <= 3; ++round) {  // more often than a restore is tried
    put_off_at_the_gate();
    EXPECT_EQ(r.at(), "dfu waiting");
    ASSERT_EQ(r.effects("put_back").size(), round);
    ASSERT_NO_FATAL_FAILURE(runs_again());
  }
  EXPECT_TRUE(r.open_cases().empty());
}

TEST_F(ReadinessTest, ARunThatIsPutOffAgainAndAgainIsHeldWithWhatItWaitedForLast) {
  r.to_restore(mac_a, "1-01", ecid_a);
  for (int round = 1; round < 2 + 5; ++round) {  // its tries, and five more
    put_off_at_the_gate();
    ASSERT_NO_FATAL_FAILURE(runs_again());
  }
  put_off_at_the_gate();
  EXPECT_EQ(r.at(), "restore held");
  ASSERT_THAT(r.open_cases(), testing::ElementsAre("put_off"));
  const Case& k = r.state.visits.cases[0];
  EXPECT_THAT(k.words, testing::AllOf(testing::StartsWith(mac_a), testing::HasSubstr("7 times"),
                                      testing::EndsWith("The disk of /srv/ipsw is full. Free 20 GB there.")));
  EXPECT_EQ(k.owner, "bench_owner");
  EXPECT_EQ(r.effects("put_back").size(), 7U);
}

TEST_F(ReadinessTest, APermitThatBecameDurableLateDoesNotGoOut) {
  const auto engine = r.to_permit(mac_a, "1-01", ecid_a);
  ASSERT_EQ(permit_refusal(r.context(), engine), std::nullopt);
  lacks_disk();
  EXPECT_EQ(permit_refusal(r.context(), engine), "The disk of /srv/ipsw is full. Free 20 GB there.");
}

}  // namespace
}  // namespace greenroom::test
