#include "firmware-bridge/dfu_entry.hpp"

#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Script;
using test::ScriptedLine;
using test::Stage;

constexpr DfuTry first{DfuOrder::enter, 0, false};

TEST(DongleWords, AreThoseOfTheMacsFamilyFirst) {
  EXPECT_EQ(dongle_words({DfuOrder::enter, 0, false}), "5AC8012,0106,80010000");
  EXPECT_EQ(dongle_words({DfuOrder::enter, 0, true}), "5AC8012,0105,80020000");
}

TEST(DongleWords, AreThoseOfTheOtherFamilyAtEverySecondTry) {
  EXPECT_EQ(dongle_words({DfuOrder::enter, 1, false}), "5AC8012,0105,80020000");
  EXPECT_EQ(dongle_words({DfuOrder::enter, 2, false}), "5AC8012,0106,80010000");
  EXPECT_EQ(dongle_words({DfuOrder::enter, 1, true}), "5AC8012,0106,80010000");
}

TEST(DongleWords, ARestartIsTheSameForAll) {
  EXPECT_EQ(dongle_words({DfuOrder::restart, 3, true}), "5AC8012,0105,80000000");
}

struct DongleTest : testing::Test, Stage {
  std::unique_ptr<DfuMeans> dongle() {
    return dfu_by_dongle(clock, "pty:/d", [this]() -> Result<std::unique_ptr<SerialLine>> {
      ++opened;
      if (missing) return fail(Errc::device_gone, "/d is not there");
      return std::make_unique<ScriptedLine>(script);
    });
  }
  Script script{clock};
  int opened = 0;
  bool missing = false;
};

TEST_F(DongleTest, IsGivenTwoSecondsToStartBeforeItsFirstLine) {
  const auto means = dongle();
  script.expect("5AC8012,0106,80010000\n").reply("> OK\r\n");
  const auto sent = start<void>(means->send(first, never));
  until(TimePoint{} + milliseconds{1999});
  EXPECT_TRUE(script.written.empty());
  until(TimePoint{} + seconds{2});
  EXPECT_EQ(script.written.size(), 1U);
  EXPECT_TRUE(finish<void>(sent));
}

TEST_F(DongleTest, IsNotOpenedAgainForTheNextTry) {
  const auto means = dongle();
  script.expect("5AC8012,0106,80010000\n").expect("5AC8012,0105,80020000\n");
  ASSERT_TRUE(run(means->send(first, never)));
  ASSERT_TRUE(run(means->send({DfuOrder::enter, 1, false}, never)));
  EXPECT_EQ(opened, 1);
}

TEST_F(DongleTest, ThatWasUnpluggedIsOpenedAnewAtTheNextTry) {
  const auto means = dongle();
  script.gone = true;
  const auto sent = run(means->send(first, never));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message, "the dongle at pty:/d: the port is gone");
  script.gone = false;
  script.expect("5AC8012,0106,80010000\n");
  EXPECT_TRUE(run(means->send(first, never)));
  EXPECT_EQ(opened, 2);
}

TEST_F(DongleTest, ThatIsNotThereIsTold) {
  missing = true;
  EXPECT_EQ(run(dongle()->send(first, never)).error().message, "the dongle at pty:/d: /d is not there");
}

TEST_F(DongleTest, ThatNeverEndsItsAnswerIsNotWaitedFor) {
  const auto means = dongle();
  script.expect("5AC8012,0106,80010000\n").reply(std::string(5000, 'x'));
  EXPECT_TRUE(run(means->send(first, never)));
}

struct ToolTest : testing::Test {
  ~ToolTest() override {
    while (tasks.size() > 0) io.run_one();
  }
  asio::awaitable<void> follow(DfuMeans& means, DfuTry one, TimePoint deadline) {
    sent = co_await means.send(one, deadline);
  }
  Result<void> send(DfuMeans& means, DfuTry one) {
    tasks.spawn(follow(means, one, clock->now() + seconds{20}));
    while (!sent) io.run_one();
    return *sent;
  }
  std::unique_ptr<DfuMeans> tool(std::vector<std::string> words) {
    return dfu_by_tool(io.get_executor(), *clock, DfuTool(std::move(words)));
  }
  asio::io_context io;
  std::unique_ptr<Clock> clock = make_system_clock(io.get_executor());
  std::optional<Result<void>> sent;
  TaskGroup tasks{io.get_executor()};
};

TEST_F(ToolTest, IsAskedForDfuOrARestart) {
  const auto means = tool({"sh", "-c", "[ $1 = dfu ]", "macvdmtool"});
  EXPECT_TRUE(send(*means, first));
  sent.reset();
  EXPECT_FALSE(send(*means, {DfuOrder::restart, 0, false}));
  sent.reset();
  const auto restart = tool({"sh", "-c", "[ $1 = reboot ]", "macvdmtool"});
  EXPECT_TRUE(send(*restart, {DfuOrder::restart, 0, false}));
}

TEST_F(ToolTest, ThatFailsIsToldWithItsLastWords) {
  const auto means = tool({"sh", "-c", "echo Connection: None; echo No connection detected; exit 255"});
  const auto told = send(*means, first);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, Errc::protocol);
  EXPECT_EQ(told.error().message, "sh ended with exit code 255: No connection detected");
}

TEST_F(ToolTest, ThatIsNotInstalledHelpsAtNoFurtherTry) {
  EXPECT_EQ(send(*tool({"no-such-vdmtool"}), first).error().code, Errc::bad_config);
}

TEST(ByHand, IsToldWhatToDoAndHowMuchTimeIsLeft) {
  std::vector<std::string> told;
  Stage stage;
  const auto hands = dfu_by_hand(DfuHands("press", "hold", [&told](const std::string& words) { told.push_back(words); }));
  ASSERT_TRUE(stage.run(hands->send(first, never)));
  hands->waiting(seconds{85});
  ASSERT_TRUE(stage.run(hands->send({DfuOrder::restart, 0, false}, never)));
  EXPECT_EQ(told, (std::vector<std::string>{"press", "85 s left", "hold"}));
}

}  // namespace
}  // namespace greenroom
