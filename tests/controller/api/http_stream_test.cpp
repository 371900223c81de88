#include "tests/controller/api/http_fixture.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::Http;
using test::mac_c;
using test::RawClient;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Http, AStreamBeginsWithTheWholeRoom) {
  RawClient c(port);
  const std::string got = say(c, get("/api/v1/events"));
  EXPECT_THAT(got, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Type: text/event-stream")));
  EXPECT_THAT(got,
              AllOf(HasSubstr("event: parts\ndata: {\"whole\":true,"), HasSubstr("\"places/1-01\":{"), EndsWith("\n\n")));
  EXPECT_TRUE(fact_numbers(got).empty()) << "facts from now on";
}

TEST_F(Http, TheWholeRoomComesInTheOrderOfTheRoomFile) {
  RawClient c(port);
  const std::string got = say(c, get("/api/v1/events"));
  std::size_t last = 0;
  for (const Slot& slot : room.rig.setup.room.slots) {
    const std::size_t at = got.find("\"places/" + slot.name + "\":{");
    ASSERT_NE(at, std::string::npos) << slot.name;
    EXPECT_LT(last, at) << slot.name;
    last = at;
  }
}

TEST_F(Http, FactsComeOnceEachAndInOrder) {
  RawClient c(port);
  say(c, get("/api/v1/events?from=1"));
  room.rig.import({test::row(4, mac_c)}, "more");
  room.keep();
  pass(250ms);
  c.take();
  const auto numbers = fact_numbers(c.got);
  ASSERT_EQ(numbers.size(), room.health.durable);
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], static_cast<int>(i) + 1);
  EXPECT_THAT(c.got, HasSubstr("\"batches/more\":{"));
}

TEST_F(Http, AReaderThatComesAgainGoesOnBehindItsLastFact) {
  RawClient c(port);
  const std::string got =
      say(c, get("/api/v1/events?from=1", fmt::format("Last-Event-ID: {}\r\n", room.health.durable - 1)));
  const auto numbers = fact_numbers(got);
  ASSERT_EQ(numbers.size(), 1U);
  EXPECT_EQ(numbers[0], static_cast<int>(room.health.durable));
}

TEST_F(Http, AReaderMayAskForTheLastFacts) {
  RawClient c(port), all(port);
  EXPECT_EQ(fact_numbers(say(c, get("/api/v1/events?last=2"))).size(), 2U);
  EXPECT_EQ(fact_numbers(say(all, get("/api/v1/events?last=999999"))).size(), room.health.durable);
}

TEST_F(Http, AStreamFromAPlaceThatIsNoNumberIsRefused) {
  RawClient c(port);
  EXPECT_THAT(say(c, get("/api/v1/events?from=yesterday")), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("yesterday")));
}

TEST_F(Http, AQuietRoomSendsNothingButAHeartbeat) {
  RawClient c(port);
  say(c, get("/api/v1/events"));
  c.got.clear();
  pass(14s);
  c.take();
  EXPECT_EQ(c.got.find("event"), std::string::npos);
  c.got.clear();
  pass(2s);
  c.take();
  EXPECT_EQ(c.got, ":\n\n");
}

TEST_F(Http, WhatChangesOftenIsToldFourTimesASecond) {
  RawClient c(port);
  say(c, get("/api/v1/events"));
  c.got.clear();
  for (int i = 0; i < 20; ++i) {
    room.rig.import({test::row(4, mac_c)}, "batch " + std::to_string(i));
    room.keep();
    pass(50ms);
  }
  c.take();
  std::size_t frames = 0;
  for (std::size_t at = 0; (at = c.got.find("event: parts", at)) != std::string::npos; ++at) ++frames;
  EXPECT_EQ(frames, 4U);
}

TEST_F(Http, AStreamThatIsNotReadIsDroppedAndOthersGoOn) {
  HttpServer::Limits limits;
  limits.unread = 100'000;
  start(limits);
  RawClient reader(port), sleeper(port);
  say(reader, get("/api/v1/events"));
  sleeper.write(get("/api/v1/events"));
  run();
  // More than the kernel keeps for a socket (tcp(7), tcp_wmem and tcp_rmem: some megabytes) and the bound together.
  for (int i = 0; i < 100; ++i) {
    room.rig.import({test::row(4, std::string(3000, 'x'))}, "batch " + std::to_string(i));
    room.keep();
    pass(250ms);
    reader.take();
  }
  EXPECT_FALSE(reader.ended);
  const auto told = fact_numbers(reader.got);
  EXPECT_EQ(told.back(), static_cast<int>(room.health.durable));
  sleeper.take();
  EXPECT_TRUE(sleeper.ended);
  EXPECT_LT(fact_numbers(sleeper.got).size(), told.size());
}

TEST_F(Http, AStreamGoesOnWhenTheControllerWasAway) {
  RawClient c(port);
  say(c, get("/api/v1/events"));
  away = true;
  pass(1s);
  room.rig.import({test::row(4, mac_c)}, "more");
  room.keep();
  away = false;
  pass(250ms);
  c.take();
  EXPECT_FALSE(c.ended);
  EXPECT_EQ(fact_numbers(c.got).back(), static_cast<int>(room.health.durable));
}

}  // namespace
}  // namespace greenroom
