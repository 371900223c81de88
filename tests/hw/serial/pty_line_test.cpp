#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>

#include <filesystem>

#include "hw/async/task_group.hpp"
#include "hw/serial/device_lock.hpp"
#include "tests/support/line_stage.hpp"

namespace greenroom {
namespace {

using test::FarEnd;
using test::LineStage;
using test::Other;
using namespace std::chrono_literals;

class PtyLine : public testing::Test {
 protected:
  std::unique_ptr<SerialLine> opened() {
    auto line = stage.open("pty:" + far.path);
    EXPECT_TRUE(line) << (line ? "" : line.error().message);
    return line ? std::move(*line) : nullptr;
  }
  Result<std::string> read(SerialLine& line) { return stage.run<std::string>(line.read_some(stage.clock.now() + 10s)); }
  Result<void> write(SerialLine& line, std::string bytes) { return stage.run<void>(line.write(std::move(bytes))); }
  LineStage stage;
  FarEnd far;
};

TEST_F(PtyLine, CarriesBytesBothWaysAsTheyAre) {
  const auto line = opened();
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_TRUE(write(*line, all));
  EXPECT_EQ(far.hear(256), all);
  far.say(all);
  EXPECT_EQ(stage.read(*line, all), all);
}

TEST_F(PtyLine, AReadEndsAtItsDeadlineWhenNoByteCame) {
  const auto line = opened();
  const auto reading = stage.start<std::string>(line->read_some(stage.clock.now() + 2s));
  ASSERT_TRUE(stage.clock.next());
  EXPECT_EQ(*stage.clock.next(), TimePoint{} + 2s);
  stage.clock.run_next();
  stage.settle();
  ASSERT_TRUE(reading->has_value());
  EXPECT_EQ((**reading).error().code, Errc::timeout);
}

TEST_F(PtyLine, ALaterDeadlineHoldsAfterAnEarlierOne) {
  const auto line = opened();
  const auto first = stage.start<std::string>(line->read_some(stage.clock.now() + 1s));
  stage.clock.run_next();
  stage.settle();
  ASSERT_TRUE(first->has_value());
  const auto second = stage.start<std::string>(line->read_some(stage.clock.now() + 3s));
  ASSERT_EQ(*stage.clock.next(), TimePoint{} + 4s);
  stage.clock.run_next();
  stage.settle();
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ((**second).error().code, Errc::timeout);
}

TEST_F(PtyLine, WhatFollowsTheFirstByteWithinTheGatherTimeComesWithIt) {
  stage.settings.gather = 8ms;
  const auto line = opened();
  const auto reading = stage.start<std::string>(line->read_some(stage.clock.now() + 10s));
  far.say("he");
  ASSERT_TRUE(stage.until([&] { return stage.clock.next() == TimePoint{} + 8ms; }));
  far.say_and_see("llo");
  stage.clock.run_next();
  EXPECT_EQ(stage.finish<std::string>(reading).value_or(""), "hello");
}

TEST_F(PtyLine, DroppedInputIsNotRead) {
  const auto line = opened();
  far.say_and_see("old");
  line->discard_input();
  far.say("new");
  EXPECT_EQ(stage.read(*line, "new"), "new");
}

TEST_F(PtyLine, WhatCameBeforeItWasOpenedIsDropped) {
  termios raw{};
  tcgetattr(far.near, &raw);
  cfmakeraw(&raw);
  tcsetattr(far.near, TCSANOW, &raw);
  far.say_and_see("stale");
  const auto line = opened();
  far.say("new");
  EXPECT_EQ(stage.read(*line, "new"), "new");
}

TEST_F(PtyLine, AFarEndThatReadsNothingMakesAWriteWaitAndThenGoOn) {
  const auto line = opened();
  const std::string much(100'000, 'x');
  const auto writing = stage.start<void>(line->write(much));
  EXPECT_FALSE(writing->has_value());
  std::string heard;
  while (!writing->has_value()) {
    heard += far.hear(1);  // there is one: the line is full, or has just taken more
    stage.settle();
  }
  EXPECT_TRUE(**writing);
  heard += far.hear(much.size() - heard.size());
  EXPECT_EQ(heard, much);
}

TEST_F(PtyLine, AFarEndThatReadsNothingForFiveSecondsIsGone) {
  const auto line = opened();
  const auto writing = stage.start<void>(line->write(std::string(100'000, 'x')));
  EXPECT_FALSE(writing->has_value());
  stage.clock.run_next();
  const auto r = stage.finish<void>(writing);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::device_gone);
  EXPECT_EQ(r.error().message, "pty:" + far.path + ": it took no byte for 5 s; is its far end there? It is opened anew");
}

TEST_F(PtyLine, ACancelledReadSaysSo) {
  const auto line = opened();
  TaskGroup tasks(stage.io.get_executor());
  std::optional<Result<std::string>> got;
  auto read = [](SerialLine& l, TimePoint deadline, std::optional<Result<std::string>>& into) -> asio::awaitable<void> {
    auto r = co_await l.read_some(deadline);
    into.emplace(std::move(r));
  };
  tasks.spawn(read(*line, stage.clock.now() + 10s, got));
  stage.settle();
  tasks.cancel();
  stage.settle();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error().code, Errc::cancelled);
  EXPECT_EQ(tasks.size(), 0U);
}

TEST_F(PtyLine, ALineThatIsDestroyedEndsItsRead) {
  auto line = opened();
  const auto reading = stage.start<std::string>(line->read_some(stage.clock.now() + 10s));
  line.reset();
  stage.settle();
  ASSERT_TRUE(reading->has_value());
  EXPECT_EQ((**reading).error().code, Errc::device_gone);
}

TEST_F(PtyLine, AFarEndThatHangsUpIsGoneWithItsNameCauseAndRemedy) {
  const auto line = opened();
  const auto reading = stage.start<std::string>(line->read_some(stage.clock.now() + 10s));
  far.hang_up();
  const auto r = stage.finish<std::string>(reading);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::device_gone);
  EXPECT_EQ(r.error().message, "pty:" + far.path + ": the program at its far end closed " + far.path +
                                   " (Input/output error); start it again, and a service opens the line again by itself");
}

TEST_F(PtyLine, IsOpenedAgainByItsPathASecondAfterItWentAway) {
  const std::string link = testing::TempDir() + "/greenroom-pty-" + std::to_string(getpid());
  std::filesystem::remove(link);
  std::filesystem::create_symlink(far.path, link);
  auto line = stage.open("pty:" + link);
  ASSERT_TRUE(line) << line.error().message;
  far.hang_up();
  EXPECT_EQ(read(**line).error().code, Errc::device_gone);
  FarEnd again;
  std::filesystem::remove(link);
  std::filesystem::create_symlink(again.path, link);
  ASSERT_TRUE(write(**line, "a"));
  EXPECT_EQ(again.hear(1), "a");
  again.hang_up();
  EXPECT_EQ(read(**line).error().code, Errc::device_gone);
  std::filesystem::remove(link);
  EXPECT_FALSE(write(**line, "b"));  // not yet: the last try is less than a second ago
  stage.clock.nap(1s);
  const auto missing = write(**line, "c");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "pty:" + link + ": " + link +
                                         " is not there (No such file or directory); plug it in, or " +
                                         "name another: greenroom pdu ports lists them");
}

TEST_F(PtyLine, ALateLineIsOpenedByItsFirstReadWhenItIsThere) {
  const auto line = stage.late("pty:" + far.path);
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(owner_of(far.path), "");
  const auto reading = stage.start<std::string>((*line)->read_some(stage.clock.now() + 10s));
  EXPECT_NE(owner_of(far.path), "");
  far.say("x");
  EXPECT_EQ(stage.finish<std::string>(reading).value_or(""), "x");
}

TEST_F(PtyLine, ASecondProcessIsToldThePidOfTheFirst) {
  const Other owner([&] {
    auto line = stage.open("pty:" + far.path);
    return line && line->release() != nullptr;
  });
  const auto line = stage.open("pty:" + far.path);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Errc::busy);
  EXPECT_EQ(line.error().message, "pty:" + far.path + ": " + far.path + " is owned by test_hw, process " +
                                      std::to_string(owner.pid) +
                                      ", and a line has one owner; end it before greenroom pdu read");
}

TEST_F(PtyLine, AnOwnerThatIsKilledGivesItBack) {
  Other owner([&] {
    auto line = stage.open("pty:" + far.path);
    return line && line->release() != nullptr;
  });
  ASSERT_FALSE(stage.open("pty:" + far.path));
  owner.end();
  EXPECT_TRUE(opened());
}

TEST_F(PtyLine, TwoLinksOfOneDeviceAreOneDevice) {
  const auto line = opened();
  const std::string link = testing::TempDir() + "/greenroom-link-" + std::to_string(getpid());
  std::filesystem::remove(link);
  std::filesystem::create_symlink(far.path, link);
  const auto second = stage.open("pty:" + link);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::busy);
  EXPECT_NE(second.error().message.find("process " + std::to_string(getpid())), std::string::npos) << second.error().message;
  std::filesystem::remove(link);
}

TEST_F(PtyLine, AUserWithoutTheRightToItIsToldTheGroup) {
  ASSERT_EQ(chmod(far.path.c_str(), 0), 0);
  int said[2];
  ASSERT_EQ(pipe(said), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(1);  // root may open all
    const auto line = stage.open("pty:" + far.path);
    const std::string words = line ? "opened" : line.error().code == Errc::refused ? line.error().message : "not refused";
    _exit(::write(said[1], words.data(), words.size()) > 0 ? 0 : 1);
  }
  close(said[1]);
  char words[1024];
  const ssize_t n = ::read(said[0], words, sizeof words);
  close(said[0]);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(
      std::string(words, n > 0 ? static_cast<std::size_t>(n) : 0),
      testing::MatchesRegex(".*is not open to this user \\(Permission denied\\); add the user to the group .* and log in "
                            "again"));
}

TEST_F(PtyLine, AFileIsNoLine) {
  const auto line = stage.open("pty:/proc/self/cmdline");
  ASSERT_FALSE(line);
  const std::string file = testing::TempDir() + "/greenroom-file-" + std::to_string(getpid());
  close(creat(file.c_str(), 0600));
  const auto no_port = stage.open("pty:" + file);
  ASSERT_FALSE(no_port);
  EXPECT_EQ(no_port.error().message, "pty:" + file + ": " + file + " is no serial port");
  std::filesystem::remove(file);
}

TEST(LineOf, AModelIsRefusedBecauseItsWorldMakesIt) {
  LineStage stage;
  const auto line = stage.open("model:left");
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().message, "model:left is a simulated device's; this needs serial:, tcp: or pty:");
}

}  // namespace
}  // namespace greenroom
