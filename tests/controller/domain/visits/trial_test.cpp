// Who goes first: a combination of engine, model and build that nobody saw work, and a model that was not rehearsed.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t ecid_a = 0x1111, ecid_b = 0x2222;

RestoreMeans means(Known known = Known::fresh, std::string why = {}) {
  RestoreMeans m;
  m.engine = "1.0.0-270-g405fcd1";
  m.choices = {{"MacBookPro18,1", "macos", "25B78", {known, std::move(why)}}};
  return m;
}

struct TrialTest : testing::Test {
  Rig r;
  void SetUp() override { r.import({row(2, mac_a), row(3, mac_b)}); }
  void tell(RestoreMeans m) { r.feed(Input{std::move(m)}); }
  // Both stand before DFU, with power and charge.
  void both_wait() {
    r.to_dfu(mac_a, "1-01");
    r.to_dfu(mac_b, "1-02");
  }
  std::uint64_t engine_at(const std::string& slot, std::uint64_t ecid) {
    r.gone(slot);
    r.shows(slot, MacMode::dfu, "", ecid);
    r.result(r.last_effect("enter_dfu"), true);
    return r.last_effect("engine");
  }
  void fails(std::uint64_t engine, std::string cause) {
    r.now += seconds{30};
    r.result(engine, false, std::move(cause), "bench_owner");
  }
  // Each Mac has two tries.
  void two_fail_alike() {
    fails(engine_at("1-01", ecid_a), "no ticket for this build");
    fails(engine_at("1-01", ecid_a), "no ticket for this build");
    fails(engine_at("1-02", ecid_b), "no ticket for this build");
  }
  std::uint64_t stopped_case() const {
    for (const Case& k : r.state.visits.cases) {
      if (k.open && k.reason == combination_stopped) return k.number;
    }
    return 0;
  }
  std::vector<std::string> words_of_open_cases() const {
    std::vector<std::string> words;
    for (const Case& k : r.state.visits.cases) {
      if (k.open) words.push_back(k.subject + ": " + k.words + " " + k.next);
    }
    return words;
  }
};

constexpr const char* first = "trial: the first Mac of this model with this build and engine, in slot 1-01";

TEST_F(TrialTest, WhereNobodyTellsNothingIsTriedFirst) {
  both_wait();
  EXPECT_EQ(r.at(1), "dfu running");
  EXPECT_EQ(r.at(2), "dfu running");
}

TEST_F(TrialTest, ANewCombinationSendsOneMacAhead) {
  tell(means());
  both_wait();
  EXPECT_EQ(r.at(1), "dfu running");
  EXPECT_EQ(r.at(2), "dfu waiting");
  EXPECT_EQ(r.visit(2).what, first);
  EXPECT_EQ(r.effects("enter_dfu").size(), 1U);
}

TEST_F(TrialTest, AnEngineIsStartedWithTheVersionAndTheBuildItWasDecidedWith) {
  tell(means());
  both_wait();
  engine_at("1-01", ecid_a);
  ASSERT_EQ(r.effects("engine").size(), 1U);
  EXPECT_EQ(r.effects("engine")[0].engine_version, "1.0.0-270-g405fcd1");
  EXPECT_EQ(r.effects("engine")[0].build, "25B78");
}

TEST_F(TrialTest, AfterTheFirstThatWasErasedTheOthersGo) {
  tell(means());
  both_wait();
  const auto engine = engine_at("1-01", ecid_a);
  r.gone("1-01");
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  EXPECT_EQ(r.visit(2).what, first);
  r.erased(engine, mac_a, ecid_a);
  EXPECT_EQ(r.at(2), "dfu running");
  ASSERT_EQ(r.all<CombinationTried>().size(), 1U);
  EXPECT_TRUE(r.all<CombinationTried>()[0].completed);
}

TEST_F(TrialTest, AnEraseThatTheMacDoesNotConfirmIsNoSuccess) {
  tell(means());
  both_wait();
  const auto engine = engine_at("1-01", ecid_a);
  r.erased(engine, mac_a, ecid_a, Erased::unconfirmed);
  ASSERT_EQ(r.all<CombinationTried>().size(), 1U);
  EXPECT_FALSE(r.all<CombinationTried>()[0].completed);
  EXPECT_EQ(r.at(2), "dfu waiting");
}

TEST_F(TrialTest, OneMacThatFailsAgainAndAgainIsOneFailure) {
  tell(means());
  both_wait();
  fails(engine_at("1-01", ecid_a), "no ticket for this build");
  fails(engine_at("1-01", ecid_a), "no ticket for this build");
  EXPECT_EQ(r.open_cases(), std::vector<std::string>{"restore_failed"});
  EXPECT_EQ(r.at(2), "dfu running");  // the next one is the first now
}

TEST_F(TrialTest, TwoMacsThatFailAlikeStopTheCombinationAndNotItsSlots) {
  tell(means());
  both_wait();
  two_fail_alike();
  EXPECT_EQ(r.at(2), "dfu waiting");
  EXPECT_THAT(r.visit(2).what, testing::StartsWith("trial: stopped: this engine failed twice alike"));
  EXPECT_THAT(
      words_of_open_cases(),
      testing::Contains(testing::AllOf(
          testing::StartsWith("idevicerestore 1.0.0-270-g405fcd1, MacBookPro18,1, 25B78: No MacBook Pro 16 is restored: "),
          testing::HasSubstr("no ticket for this build"), testing::EndsWith("Close this case to let one Mac try again."))));
}

TEST_F(TrialTest, WhoClosesItsCaseLetsOneMacTryAgain) {
  tell(means());
  both_wait();
  two_fail_alike();
  r.wait(minutes{3});
  EXPECT_EQ(r.effects("engine").size(), 3U);
  r.command(CommandKind::close_case, "", stopped_case(), "Apple signs it again");
  EXPECT_EQ(r.effects("engine").size(), 4U);
}

TEST_F(TrialTest, ItsCaseEndsWhenAnotherEngineIsThere) {
  tell(means());
  both_wait();
  two_fail_alike();
  RestoreMeans other = means();
  other.engine = "1.0.0-300-gabcdef0";
  tell(other);
  EXPECT_EQ(stopped_case(), 0U);
  r.wait(minutes{3});  // it still stands in DFU, and its last engine did nothing
  EXPECT_EQ(r.effects("engine").size(), 4U);
}

TEST_F(TrialTest, ItsCaseStaysWhileNobodyCanTellWhichEngineIsThere) {
  tell(means(Known::bad, "too old; use another"));
  r.to_dfu(mac_a, "1-01");
  const auto before = stopped_case();
  ASSERT_NE(before, 0U);
  RestoreMeans none;
  none.trouble = "the engine and the firmware were not looked at yet";
  tell(none);
  tell(means(Known::bad, "too old; use another"));
  EXPECT_EQ(stopped_case(), before);
}

TEST_F(TrialTest, ARunThatEndedAtItsShutGateSaysNothing) {
  tell(means());
  both_wait();
  const auto engine = engine_at("1-01", ecid_a);
  r.feed(Input{EngineReported{engine, "waiting_for_restore_mode", 20}});
  fails(engine, "the engine met no Mac in restore mode");
  EXPECT_TRUE(r.all<CombinationTried>().empty());
}

TEST_F(TrialTest, ARunThatTookTooLongIsAFailure) {
  tell(means());
  both_wait();
  engine_at("1-01", ecid_a);
  r.wait(minutes{61});
  ASSERT_EQ(r.effects("stop_engine").size(), 1U);
  ASSERT_EQ(r.all<CombinationTried>().size(), 1U);
  EXPECT_EQ(r.all<CombinationTried>()[0].cause, "the run took longer than its recipe allows");
}

TEST_F(TrialTest, ARunThatWeEndedSaysNothing) {
  tell(means());
  both_wait();
  const auto engine = engine_at("1-01", ecid_a);
  r.gone("1-01");
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, mac_b, ecid_b);  // another Mac: its engine is stopped
  ASSERT_EQ(r.effects("stop_engine").size(), 1U);
  r.result(engine, false, "ended by a signal", "bench_owner");
  EXPECT_TRUE(r.all<CombinationTried>().empty());
}

TEST_F(TrialTest, AnEngineThatNeverStartedSaysNothing) {
  tell(means());
  both_wait();
  EffectResult refused{engine_at("1-01", ecid_a), false, "no engine there", {}, "bench_owner", std::nullopt};
  refused.ran = false;
  r.feed(Input{refused});
  EXPECT_TRUE(r.all<CombinationTried>().empty());
}

TEST_F(TrialTest, ACombinationThatIsKnownBadNeverBringsAMacIntoDfu) {
  tell(means(Known::bad, "this engine knows no Mac with Apple silicon; use another"));
  r.to_dfu(mac_a, "1-01");
  EXPECT_EQ(r.at(), "dfu waiting");
  EXPECT_EQ(r.visit().what, "trial: stopped: this engine knows no Mac with Apple silicon; use another");
  EXPECT_TRUE(r.effects("enter_dfu").empty());
  EXPECT_EQ(r.open_cases(), std::vector<std::string>{"combination_stopped"});
}

TEST_F(TrialTest, ItsCaseEndsAndTheMacGoesOnWhenAnotherEngineIsThere) {
  tell(means(Known::bad, "too old; use another"));
  r.to_dfu(mac_a, "1-01");
  RestoreMeans other = means();
  other.engine = "1.0.0-300-gabcdef0";
  tell(other);
  EXPECT_TRUE(r.open_cases().empty());
  EXPECT_EQ(r.at(), "dfu running");
}

TEST_F(TrialTest, WithoutAnEngineNothingStartsAndTheWordsSayWhy) {
  RestoreMeans none;
  none.trouble = "idevicerestore is not there; install it";
  tell(none);
  r.to_dfu(mac_a, "1-01");
  EXPECT_EQ(r.at(), "dfu waiting");
  EXPECT_EQ(r.visit().what, "not ready: idevicerestore is not there; install it");
}

TEST_F(TrialTest, AModelThatWasNotRehearsedGoesOneAtATime) {
  r.setup.room.rehearsed.emplace();
  both_wait();
  EXPECT_EQ(r.at(1), "dfu running");
  EXPECT_EQ(r.visit(2).what,
            "trial: MacBookPro18,1 is not rehearsed on this machine: one at a time, and now the one in slot 1-01");
  const auto engine = engine_at("1-01", ecid_a);
  EXPECT_EQ(r.at(2), "dfu waiting");
  r.gone("1-01");
  r.now += seconds{5};
  r.shows("1-01", MacMode::recovery, mac_a, ecid_a);
  r.erased(engine, mac_a, ecid_a);
  EXPECT_EQ(r.at(2), "dfu running");
}

TEST_F(TrialTest, ARehearsedModelGoesTogether) {
  r.setup.room.rehearsed.emplace();
  r.setup.room.rehearsed->insert("MacBookPro18,1");
  both_wait();
  EXPECT_EQ(r.at(2), "dfu running");
}

TEST_F(TrialTest, WhatIsRememberedOfItIsBounded) {
  for (int i = 0; i < 100; ++i)
    r.apply_one(CombinationTried{1, "1-01", "1.0.0", "MacBookPro18,1", "25B78", false, std::to_string(i), "bench_owner"});
  ASSERT_EQ(r.state.visits.tried.size(), static_cast<std::size_t>(failures_kept));
  EXPECT_EQ(r.state.visits.tried.back().cause, "99");
}

}  // namespace
}  // namespace greenroom::test
