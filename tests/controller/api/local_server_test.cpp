#include "controller/api/local_server.hpp"

#include <sys/stat.h>

#include <fstream>

#include "tests/controller/api/server_fixture.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::LocalServerOf;
using test::parsed;
using test::RawClient;
using testing::HasSubstr;

const std::string status_line = "{\"method\":\"GET\",\"path\":\"/api/v1/status\"}\n";

TEST_F(LocalServerOf, TheSocketIsForItsUserAlone) {
  struct stat is {};
  ASSERT_EQ(stat(path().c_str(), &is), 0);
  EXPECT_TRUE(S_ISSOCK(is.st_mode));
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
}

TEST_F(LocalServerOf, ALineIsAnsweredWithALine) {
  RawClient c(path());
  const auto lines = say(c, status_line);
  ASSERT_EQ(lines.size(), 1U);
  const auto answer = parsed(lines[0]);
  EXPECT_EQ(answer["status"], 200);
  EXPECT_EQ(answer["body"]["service"]["pid"], 4711);
  EXPECT_FALSE(c.ended);
}

TEST_F(LocalServerOf, RequestsOfOneConnectionAreAnsweredInOrder) {
  RawClient c(path());
  const auto lines = say(c, status_line + "{\"method\":\"GET\",\"path\":\"/api/v1/slots/nowhere\"}\n" + status_line);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(parsed(lines[0])["status"], 200);
  EXPECT_EQ(parsed(lines[1])["status"], 404);
  EXPECT_EQ(parsed(lines[2])["status"], 200);
}

TEST_F(LocalServerOf, ALineMayComeInPieces) {
  RawClient c(path());
  for (const char byte : status_line.substr(0, status_line.size() - 1)) EXPECT_TRUE(say(c, std::string(1, byte)).empty());
  EXPECT_EQ(say(c, "\n").size(), 1U);
}

TEST_F(LocalServerOf, HostileLinesAreAnsweredWithWordsAndTheServerGoesOn) {
  const std::vector<std::string> hostile{
      "",
      "hello",
      "GET / HTTP/1.1",
      "{}",
      "[]",
      "null",
      "{\"method\":7,\"path\":\"/\"}",
      "{\"method\":\"GET\"}",
      "{\"method\":\"GET\",\"path\":\"/etc/passwd\"}",
      "{\"method\":\"GET\",\"path\":\"/api/v1/../../x\"}",
      "{\"method\":\"DELETE\",\"path\":\"/api/v1/slots\"}",
      "{\"method\":\"GET\",\"path\":\"/api/v1/facts?from=-1\"}",
      "{\"method\":\"GET\",\"path\":\"/api/v1/slots/%zz\"}",
      "{\"method\":\"GET\",\"path\":\"/api/v1/status\",\"colour\":1}",
      "{\"method\":\"POST\",\"path\":\"/api/v1/commands\"}",
      "{\"method\":\"POST\",\"path\":\"/api/v1/commands\",\"body\":\"x\"}",
      "{\"method\":\"POST\",\"path\":\"/api/v1/status\"}",
      std::string("\0\0\0", 3),
      "\xff\xfe{}",
      std::string(50'000, '['),
      std::string(50'000, '{'),
  };
  RawClient c(path());
  std::size_t answers = 0;
  for (const std::string& line : hostile) {
    const auto lines = say(c, line + "\n");
    ASSERT_EQ(lines.size(), ++answers) << line.substr(0, 60);
    const auto answer = parsed(lines.back());
    EXPECT_GE(answer["status"], 400) << line.substr(0, 60);
    EXPECT_FALSE(answer["body"]["error"].get<std::string>().empty());
  }
  EXPECT_EQ(parsed(say(c, status_line).back())["status"], 200);
}

TEST_F(LocalServerOf, ALineThatIsTooLongEndsThatConnectionAlone) {
  server_->stop();
  run();
  LocalServer::Limits limits;
  limits.line = 1000;
  start(limits);
  RawClient c(path()), other(path());
  const auto lines = say(c, std::string(2000, 'x'));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(parsed(lines[0])["status"], 413);
  EXPECT_THAT(lines[0], HasSubstr("longer than 1000 bytes"));
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(say(other, status_line).size(), 1U);
}

TEST_F(LocalServerOf, ARequestThatIsNeverFinishedIsDropped) {
  RawClient c(path());
  EXPECT_TRUE(say(c, "{\"method\":").empty());
  pass(29s);
  c.take();
  EXPECT_FALSE(c.ended);
  pass(3s);
  c.take();
  EXPECT_TRUE(c.ended);
}

TEST_F(LocalServerOf, AClientThatIsSilentBetweenRequestsStays) {
  RawClient c(path());
  EXPECT_EQ(say(c, status_line).size(), 1U);
  pass(24h);
  EXPECT_EQ(say(c, status_line).size(), 2U);
}

TEST_F(LocalServerOf, ClientsBeyondTheLimitAreToldSo) {
  server_->stop();
  run();
  LocalServer::Limits limits;
  limits.connections = 2;
  start(limits);
  RawClient first(path());
  auto second = std::make_unique<RawClient>(path());
  run();
  RawClient third(path());
  run();
  third.take();
  ASSERT_EQ(third.lines().size(), 1U);
  EXPECT_EQ(parsed(third.lines()[0])["status"], 503);
  EXPECT_TRUE(third.ended);
  second.reset();
  run();
  RawClient fourth(path());
  EXPECT_EQ(parsed(say(fourth, status_line).at(0))["status"], 200);
}

TEST_F(LocalServerOf, ACommandIsAnsweredWhenTheRoomHasAnswered) {
  room_.slow = true;
  RawClient c(path());
  const std::string lock =
      R"({"method":"POST","path":"/api/v1/commands","body":{"type":"lock_out","key":"k1","by":"anna","label":"left:1"}})"
      "\n";
  EXPECT_TRUE(say(c, lock).empty());
  room_.release();
  run();
  c.take();
  ASSERT_EQ(c.lines().size(), 1U);
  const auto answer = parsed(c.lines()[0]);
  EXPECT_EQ(answer["status"], 200);
  EXPECT_EQ(answer["body"]["accepted"], true);
  EXPECT_EQ(answer["body"]["seq"], room_.health.durable);
  EXPECT_TRUE(room_.rig.state.power.outlets[0].locked);
}

TEST_F(LocalServerOf, TheSameKeyGivesTheSameAnswerAndNothingNew) {
  const std::string lock =
      R"({"method":"POST","path":"/api/v1/commands","body":{"type":"lock_out","key":"k1","by":"anna","label":"left:1"}})"
      "\n";
  RawClient c(path()), again(path());
  const auto first = say(c, lock);
  const Seq after = room_.health.durable;
  const auto second = say(again, lock);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(parsed(second[0])["body"]["words"], parsed(first[0])["body"]["words"]);
  EXPECT_EQ(room_.health.durable, after);
}

TEST_F(LocalServerOf, AKeyOfAnotherCommandIsRefused) {
  RawClient c(path());
  say(c, R"({"method":"POST","path":"/api/v1/commands","body":{"type":"lock_out","key":"k1","by":"anna","label":"left:1"}})"
         "\n");
  const auto lines = say(
      c,
      R"({"method":"POST","path":"/api/v1/commands","body":{"type":"clear_lock","key":"k1","by":"anna","label":"left:1"}})"
      "\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(parsed(lines[1])["status"], 409);
  EXPECT_THAT(lines[1], HasSubstr("used for lock_out before"));
  EXPECT_TRUE(room_.rig.state.power.outlets[0].locked);
}

TEST_F(LocalServerOf, AClientThatGoesBeforeItsAnswerHarmsNobody) {
  room_.slow = true;
  {
    RawClient c(path());
    say(c, R"({"method":"POST","path":"/api/v1/commands","body":{"type":"lock_out","key":"k","by":"a","label":"left:1"}})"
           "\n");
  }
  run();
  room_.release();
  run();
  RawClient next(path());
  EXPECT_EQ(say(next, status_line).size(), 1U);
}

TEST_F(LocalServerOf, AWatchSendsWhatWasAndWhatComesWithoutGapOrDouble) {
  RawClient c(path());
  say(c, "{\"method\":\"GET\",\"path\":\"/api/v1/watch?from=2\"}\n");
  for (int i = 0; i < 300; ++i) {  // more than a page, in turns of several facts
    room_.rig.apply_one(LockedOut{"left:1"});
    room_.rig.apply_one(LockCleared{"left:1"});
    if (i % 7 == 0) room_.keep(), server_->notify();
    if (i % 3 == 0) run(), c.take();
  }
  room_.keep();
  server_->notify();
  run();
  c.take();
  const auto lines = c.lines();
  ASSERT_EQ(lines.size(), 1 + room_.rig.journal.size() - 1);
  EXPECT_EQ(parsed(lines[0])["body"]["from"], 2);
  for (std::size_t i = 1; i < lines.size(); ++i) ASSERT_EQ(lines[i], room_.journal.lines()[i]);
}

TEST_F(LocalServerOf, AWatchWithoutANumberSendsOnlyWhatComes) {
  RawClient c(path());
  EXPECT_EQ(say(c, "{\"method\":\"GET\",\"path\":\"/api/v1/watch\"}\n").size(), 1U);
  const Seq before = room_.health.durable;
  room_.rig.apply_one(LockedOut{"left:1"});
  room_.keep();
  server_->notify();
  run();
  c.take();
  ASSERT_EQ(c.lines().size(), 2U);
  EXPECT_EQ(parsed(c.lines()[1])["seq"], before + 1);
}

TEST_F(LocalServerOf, AWatcherThatDoesNotReadIsDroppedAndOthersAreNot) {
  RawClient slow(path()), quick(path());
  say(quick, "{\"method\":\"GET\",\"path\":\"/api/v1/watch?from=1\"}\n");
  slow.write("{\"method\":\"GET\",\"path\":\"/api/v1/watch?from=1\"}\n");
  for (int i = 0; i < 8'000; ++i) room_.rig.apply_one(LockedOut{"left:1"});  // a megabyte and more: no socket holds them
  room_.keep();
  server_->notify();
  for (int i = 0; i < 200; ++i) run(), quick.take();
  EXPECT_EQ(quick.lines().size(), room_.journal.lines().size() + 1);
  pass(35s);
  slow.take();
  EXPECT_TRUE(slow.ended);
  EXPECT_LT(slow.lines().size(), quick.lines().size());
  EXPECT_EQ(say(quick, "").size(), room_.journal.lines().size() + 1);
  EXPECT_FALSE(quick.ended);
}

TEST_F(LocalServerOf, AWatcherThatLeavesIsForgotten) {
  server_->stop();
  run();
  LocalServer::Limits limits;
  limits.connections = 1;
  start(limits);
  {
    RawClient c(path());
    say(c, "{\"method\":\"GET\",\"path\":\"/api/v1/watch\"}\n");
  }
  run();
  RawClient next(path());
  EXPECT_EQ(parsed(say(next, status_line).at(0))["status"], 200);
}

TEST_F(LocalServerOf, StoppingEndsEveryConnectionAndTakesTheSocketAway) {
  RawClient idle(path()), watching(path()), asking(path());
  say(watching, "{\"method\":\"GET\",\"path\":\"/api/v1/watch\"}\n");
  room_.slow = true;
  say(asking, R"({"method":"POST","path":"/api/v1/commands","body":{"type":"lock_out","key":"k","by":"a","label":"left:1"}})"
              "\n");
  server_->stop();
  run();
  EXPECT_TRUE(server_->idle());
  for (RawClient* c : {&idle, &watching, &asking}) {
    c->take();
    EXPECT_TRUE(c->ended);
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(LocalServerOf, ASocketThatAKilledProcessLeftIsReplaced) {
  server_->stop();
  run();
  std::ofstream(path()) << "left over";
  start({});
  RawClient c(path());
  EXPECT_EQ(say(c, status_line).size(), 1U);
}

TEST_F(LocalServerOf, ADirectoryThatIsTooDeepForASocketIsRefusedWithWords) {
  LocalServer deep(io_.get_executor(), real_, room_, [this] { return room_.view(); });
  const auto started = deep.start("/tmp/" + std::string(120, 'x'));
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("at most 107 bytes"));
}

}  // namespace
}  // namespace greenroom
