// Programs of the system, in real time: one that ends, one that fails, one that floods, one that leaves a child behind.
#include "firmware-bridge/child_program.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"

namespace greenroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct ChildProgramTest : testing::Test {
  ~ChildProgramTest() override {
    tasks.cancel();
    while (tasks.size() > 0) io.run_one();
  }
  asio::awaitable<void> follow(std::vector<std::string> words, TimePoint deadline) {
    end = co_await run_program(io.get_executor(), *clock, std::move(words), deadline);
  }
  Result<ProgramEnd> run(std::vector<std::string> words, Duration within = seconds{20}) {
    tasks.spawn(follow(std::move(words), clock->now() + within));
    while (!end) io.run_one();
    return std::move(*end);
  }
  asio::io_context io;
  std::unique_ptr<Clock> clock = make_system_clock(io.get_executor());
  std::optional<Result<ProgramEnd>> end;
  TaskGroup tasks{io.get_executor()};
};

TEST_F(ChildProgramTest, ItsWordsAndItsExitCodeAreKept) {
  const auto ended = run({"sh", "-c", "echo one; echo two >&2; exit 3"});
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(WEXITSTATUS(ended->status), 3);
  EXPECT_EQ(ended->output, "one\ntwo\n");
}

TEST_F(ChildProgramTest, ItsWordsAreNoShells) {
  const auto ended = run({"echo", "$HOME; ls"});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->output, "$HOME; ls\n");
}

TEST_F(ChildProgramTest, OneThatIsNotThereIsTold) {
  const auto ended = run({"no-such-vdmtool", "dfu"});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::bad_config);
  EXPECT_EQ(
      ended.error().message,
      "no-such-vdmtool cannot be started: No such file or directory; install it, or put its folder on this user's PATH");
}

TEST_F(ChildProgramTest, OneThatNeverEndsIsEndedAtItsDeadline) {
  const auto ended = run({"yes"}, milliseconds{100});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::timeout);
}

TEST_F(ChildProgramTest, AFloodIsReadAndOnlyItsBeginKept) {
  const auto ended = run({"head", "-c", "1000000", "/dev/zero"});
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->output.size(), 4096U);
}

TEST_F(ChildProgramTest, AChildThatItLeavesIsEndedWithIt) {
  const auto ended = run({"sh", "-c", "tail -f /dev/null & echo $!"}, milliseconds{300});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::timeout);
}

TEST_F(ChildProgramTest, OneThatIsCancelledIsEnded) {
  tasks.spawn(follow({"tail", "-f", "/dev/null"}, clock->now() + seconds{60}));
  io.poll();
  tasks.cancel();
  while (!end) io.run_one();
  EXPECT_EQ(end->error().code, Errc::cancelled);
}

}  // namespace
}  // namespace greenroom
