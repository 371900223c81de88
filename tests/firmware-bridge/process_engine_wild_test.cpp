#include <gmock/gmock.h>

#include "hw/async/manual_clock.hpp"
#include "tests/support/job_rig.hpp"

// Engines that misbehave: a clear end each, no process that no record names, and nothing ended past the erase point.
namespace greenroom::test {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

class WildEngineTest : public JobRig {
 protected:
  // A controller whose time is the test's.
  void on_manual_time() {
    engine_.reset();
    auto command = [this](const RestoreJob&) { return EngineCommand({path("engine")}); };
    EngineProgram program(command, {gate_program_}, path("upstream"));
    engine_ = std::make_unique<ProcessEngine>(loop_.get_executor(), manual_, path("jobs"), std::move(program));
  }
  void pass(Duration time) {
    manual_.nap(time);
    while (manual_.next() && *manual_.next() <= manual_.now()) manual_.run_next();
  }
  [[nodiscard]] bool wrote(const std::string& text) {
    return eventually([&] { return read_file(job_path(7, "stderr")).find(text) != std::string::npos; });
  }
  ManualClock manual_{loop_.get_executor()};
};

TEST_F(WildEngineTest, OneThatIsTooOldIsSaidToBe) {
  engine_does("say too-old; exit 255");
  start(7);
  const auto outcome = attach(7);
  EXPECT_THAT(outcome.cause, HasSubstr("too old"));
  EXPECT_THAT(outcome.remedy, HasSubstr("late 2025"));
  EXPECT_EQ(outcome.owner, "bench_owner");
}

TEST_F(WildEngineTest, OneThatDiesBySignalIsToldWithItsStage) {
  engine_does("echo '22:46:03.478    <Info> Recovery Mode Environment:' >&2; ulimit -c 0; kill -SEGV $$");
  start(7);
  const auto outcome = attach(7);
  EXPECT_FALSE(outcome.completed);
  EXPECT_THAT(outcome.cause, AllOf(HasSubstr("stage recovery"), HasSubstr("(signal 11, Segmentation fault)")));
  EXPECT_THAT(outcome.remedy, HasSubstr("the Mac is not erased"));
  EXPECT_EQ(outcome.owner, "technician");
}

TEST_F(WildEngineTest, OneThatIgnoresPoliteSignalsIsEndedAllTheSame) {
  engine_does("trap '' TERM INT HUP QUIT; echo here >&2; pause a");
  start(7);
  ASSERT_TRUE(wrote("here"));
  const ProcessId engine = gate_of(job_path(7)).engine;
  kill(engine.pid, SIGTERM);
  EXPECT_TRUE(lives(engine));
  EXPECT_TRUE(run(engine_->stop(JobId{7})));
  EXPECT_FALSE(lives(engine));
}

TEST_F(WildEngineTest, OneThatHangsIsEndedAndEveryLaterLookSaysWhy) {
  on_manual_time();
  engine_does("echo '22:46:03.478    <Info> Recovery Mode Environment:' >&2; pause a");
  start(7);
  RestoreProgress last;
  const auto following = beside(engine_->attach(JobId{7}, [&last](const RestoreProgress& now) { last = now; }));
  ASSERT_TRUE(eventually([&last] { return last.stage == RestoreStage::recovery; }));
  pass(seconds{329});
  EXPECT_TRUE(lives(gate_of(job_path(7)).engine));
  pass(seconds{2});
  ASSERT_TRUE(eventually([&following] { return following->has_value(); }));
  const RestoreOutcome outcome = ***following;
  EXPECT_THAT(outcome.cause, HasSubstr("said nothing for 330 s at stage recovery"));
  EXPECT_THAT(outcome.remedy, HasSubstr("the Mac is not erased"));
  EXPECT_EQ(outcome.owner, "bench_owner");
  EXPECT_FALSE(lives(gate_of(job_path(7)).engine));
  renew_controller();
  EXPECT_EQ(attach(7).cause, outcome.cause);
}

TEST_F(WildEngineTest, PastTheErasePointAHangIsNobodysToEnd) {
  on_manual_time();
  engine_does("cat " + capture("restored-crash.stderr") + " | grep -v Error >&2; echo waits >&2; pause a");
  start(7);
  RestoreProgress last;
  const auto following = beside(engine_->attach(JobId{7}, [&last](const RestoreProgress& now) { last = now; }));
  ASSERT_TRUE(eventually([&last] { return last.stage == RestoreStage::restoring; }));
  ASSERT_TRUE(wrote("waits"));
  pass(std::chrono::hours{2});
  go("a");
  ASSERT_TRUE(eventually([&following] { return following->has_value(); }));
  EXPECT_THAT((**following)->cause, HasSubstr("ended with status 0"));
}

TEST_F(WildEngineTest, OneThatFloodsItsOutputIsEnded) {
  engine_does("yes 'Uploading:   0.5' | head -c 80000000; pause a");
  start(7);
  const auto outcome = attach(7);
  EXPECT_THAT(outcome.cause, HasSubstr("wrote more than 64 MB at stage detect"));
  EXPECT_FALSE(lives(gate_of(job_path(7)).engine));
}

TEST_F(WildEngineTest, OneLineWithoutAnEndIsNotKeptWhole) {
  engine_does("head -c 30000000 /dev/zero | tr '\\0' x; echo; say success");
  start(7);
  EXPECT_TRUE(attach(7).completed);
}

// In the engine's group, in a group of its own, in a session of its own, and as an orphan's orphan.
TEST_F(WildEngineTest, WhateverItLeavesBehindEndsWithIt) {
  engine_does("(pause b) & echo $!; set -m; (pause b) & echo $!; setsid bash -c 'echo $$; read < " + path("b") +
              "' & (setsid setsid bash -c 'echo $$; read < " + path("b") + "' &) ; read -r word < " + path("a"));
  start(7);
  const auto said = [this] { return read_file(job_path(7, "stdout")); };
  const auto four = [&said] {
    const std::string text = said();
    return std::count(text.begin(), text.end(), '\n') == 4;
  };
  ASSERT_TRUE(eventually(four));
  go("a");
  EXPECT_THAT(attach(7).cause, HasSubstr("status 0"));
  std::istringstream pids(said());
  for (std::int32_t pid = 0; pids >> pid;) EXPECT_FALSE(process_id(pid)) << pid;
}

}  // namespace
}  // namespace greenroom::test
