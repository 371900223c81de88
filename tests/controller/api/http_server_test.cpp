#include "tests/controller/api/http_fixture.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::Http;
using test::parsed;
using test::RawClient;
using test::token;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string lock_out = R"({"type":"deny","key":"k1","by":"ann","serial":"C02AAAAAAAAA","text":"legal hold"})";

// ---- requests

TEST_F(Http, AReadIsAnsweredAndTheConnectionStays) {
  RawClient c(port);
  EXPECT_THAT(say(c, get("/api/v1/slots/1-01")), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr(R"("slot":"1-01")")));
  EXPECT_FALSE(c.ended);
  c.got.clear();
  EXPECT_THAT(say(c, get("/api/v1/slots/nowhere")), StartsWith("HTTP/1.1 404 "));
  EXPECT_FALSE(c.ended);
}

TEST_F(Http, RequestsThatComeTogetherAreAnsweredInOrder) {
  RawClient c(port);
  const std::string& got = say(c, get("/api/v1/status") + get("/api/v1/nothing") + get("/api/v1/slots/1-01"));
  const auto first = got.find("200 OK"), second = got.find("404 "), third = got.rfind("200 OK");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(Http, ARequestMayComeInPieces) {
  RawClient c(port);
  const std::string request = get("/api/v1/status");
  for (const char byte : request.substr(0, request.size() - 1)) EXPECT_EQ(say(c, std::string(1, byte)), "");
  EXPECT_THAT(say(c, "\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http, WhoeverWantsOneAnswerIsLeftAfterIt) {
  RawClient c(port);
  EXPECT_THAT(say(c, get("/api/v1/status", "Connection: close\r\n")), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(c.ended);
}

TEST_F(Http, ThePageHoldsTheTokenAndMayAskNobodyElse) {
  RawClient c(port);
  const std::string page = say(c, get("/"));
  EXPECT_THAT(page, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Type: text/html"), HasSubstr(token)));
  EXPECT_THAT(page, AllOf(HasSubstr("Content-Security-Policy: default-src 'none'"), HasSubstr("frame-ancestors 'none'"),
                          HasSubstr("X-Content-Type-Options: nosniff"), Not(HasSubstr("@TOKEN@"))));
  c.got.clear();
  EXPECT_THAT(say(c, get("/app.js")), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Encoding: gzip"),
                                            HasSubstr("Content-Type: text/javascript"), HasSubstr("\x1f\x8b")));
}

TEST_F(Http, MetricsComeInTheFormatThatPrometheusAsksFor) {
  RawClient c(port);
  EXPECT_THAT(say(c, get("/metrics")),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Type: text/plain; version=0.0.4"),
                    HasSubstr("\n# TYPE greenroom_slots gauge\ngreenroom_slots{state=\"free\"} ")));
  c.got.clear();
  EXPECT_THAT(say(c, "GET /metrics HTTP/1.1\r\nHost: room.example\r\n\r\n"), StartsWith("HTTP/1.1 403 "));
}

TEST_F(Http, TheStreamsPathIsReadAndTheMetricsPathTakesNoQuery) {
  RawClient c(port);
  const std::string write = fmt::format(
      "POST /api/v1/events HTTP/1.1\r\n{}Authorization: Bearer {}\r\nContent-Type: application/json\r\n"
      "Content-Length: 2\r\n\r\n{{}}",
      host(), token);
  EXPECT_THAT(say(c, write), StartsWith("HTTP/1.1 405 "));
  c.got.clear();
  EXPECT_THAT(say(c, get("/metrics?name=x")),
              AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("Content-Type: application/json")));
}

TEST_F(Http, WhileTheControllerStartsAnewThereAreNoMetrics) {
  away = true;
  RawClient c(port);
  EXPECT_THAT(say(c, get("/metrics")), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Content-Type: application/json")));
}

TEST_F(Http, ACommandIsAnsweredWhenItsFactsAreDurable) {
  RawClient c(port);
  room.slow = true;
  EXPECT_EQ(say(c, post(lock_out)), "");
  room.release();
  run();
  c.take();
  EXPECT_THAT(c.got, StartsWith("HTTP/1.1 200 "));
  const auto answer = parsed(body_of(c.got));
  EXPECT_EQ(answer["accepted"], true);
  EXPECT_EQ(answer["seq"], room.health.durable);
}

TEST_F(Http, ACommandWithoutTheTokenIsNotCarriedOut) {
  const Seq before = room.health.durable;
  std::string request = post(lock_out);
  request.replace(request.find(token), 1, "e");
  RawClient c(port);
  EXPECT_THAT(say(c, request), StartsWith("HTTP/1.1 401 "));
  EXPECT_EQ(room.health.durable, before);
}

TEST_F(Http, ABodyWaitsUntilItsHeadWasFoundGood) {
  RawClient c(port);
  const std::string request = post(lock_out, "Expect: 100-continue\r\n");
  const std::size_t head = request.find("\r\n\r\n") + 4;
  EXPECT_EQ(say(c, request.substr(0, head)), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(say(c, request.substr(head)), HasSubstr("HTTP/1.1 200 "));
}

TEST_F(Http, WhileTheControllerStartsAnewItSaysSo) {
  away = true;
  RawClient c(port);
  EXPECT_THAT(say(c, get("/api/v1/status")), StartsWith("HTTP/1.1 503 "));
  c.got.clear();
  EXPECT_THAT(say(c, get("/api/v1/events")), StartsWith("HTTP/1.1 503 "));
}

TEST_F(Http, APortThatIsTakenIsToldSo) {
  HttpServer second(
      io.get_executor(), real, room, [this] { return std::optional(room.view()); }, token);
  const auto listening = second.listen(port);
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().code, Errc::busy);
  EXPECT_THAT(listening.error().message, AllOf(HasSubstr(std::to_string(port)), HasSubstr("--port")));
  EXPECT_TRUE(second.listen(0)) << "another may be tried";
}

// ---- hostile clients

TEST_F(Http, GarbageOnEachRouteIsAnsweredAndTheRoomGoesOn) {
  const std::string garbage(1U << 20U, '\x07');
  for (const char* path :
       {"/", "/app.js", "/api/v1/status", "/api/v1/slots/1-01", "/api/v1/events", "/api/v1/commands", "/x"}) {
    for (const char* method : {"GET", "POST", "PUT", "\x01\x02"}) {
      RawClient c(port);
      const std::string got = say(
          c, fmt::format("{} {} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", method, path, host(), garbage.size(), garbage));
      EXPECT_THAT(got, StartsWith("HTTP/1.1 4")) << method << ' ' << path;
      EXPECT_THAT(body_of(got), StartsWith(R"({"error":")")) << method << ' ' << path;
    }
  }
  RawClient noise(port);
  EXPECT_THAT(say(noise, garbage), StartsWith("HTTP/1.1 400 "));
  RawClient c(port);
  EXPECT_THAT(say(c, get("/api/v1/status")), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http, ADeepCommandIsRefusedBeforeItIsRead) {
  RawClient c(port);
  EXPECT_THAT(say(c, post(std::string(10'000, '[') + std::string(10'000, ']'))),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("nested too deeply")));
}

TEST_F(Http, WhatIsTooLongIsRefusedAtItsHead) {
  HttpServer::Limits limits;
  limits.body = 1000;
  start(limits);
  RawClient c(port), d(port);
  EXPECT_THAT(say(c, post(std::string(1001, ' ')).substr(0, 400)),
              AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("1000 bytes")));
  EXPECT_THAT(say(d, get("/", "X: " + std::string(20'000, 'x') + "\r\n")), StartsWith("HTTP/1.1 431 "));
}

TEST_F(Http, AHeadThatIsNeverFinishedIsDropped) {
  RawClient c(port);
  for (int i = 0; i < 9; ++i) {  // a byte a second keeps nothing open
    say(c, i == 0 ? "GET /" : "x");
    pass(1s);
  }
  c.take();
  EXPECT_FALSE(c.ended);
  pass(3s);
  c.take();
  EXPECT_TRUE(c.ended);
}

TEST_F(Http, ABodyThatNeverComesIsDropped) {
  RawClient c(port);
  say(c, post(lock_out).substr(0, post(lock_out).size() - 5));
  pass(32s);
  c.take();
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(c.got, "");
}

TEST_F(Http, OfIdleConnectionsTheOldestMakesRoom) {
  HttpServer::Limits limits;
  limits.connections = 3;
  start(limits);
  RawClient oldest(port), half(port), stream(port);
  run();
  say(stream, get("/api/v1/events"));
  pass(1s);
  say(half, "GET /");
  RawClient fresh(port);
  EXPECT_THAT(say(fresh, get("/api/v1/status")), StartsWith("HTTP/1.1 200 "));
  for (RawClient* c : {&oldest, &half, &stream}) c->take();
  EXPECT_TRUE(oldest.ended);
  EXPECT_FALSE(half.ended);
  EXPECT_FALSE(stream.ended);
  RawClient another(port), third(port);
  run();
  EXPECT_THAT(say(third, get("/api/v1/status")), StartsWith("HTTP/1.1 200 "));
  stream.take();
  EXPECT_FALSE(stream.ended) << "who reads is not idle";
}

TEST_F(Http, AConnectionThatAsksNothingEndsAfterAMinute) {
  RawClient c(port);
  say(c, get("/api/v1/status"));
  pass(59s);
  c.take();
  EXPECT_FALSE(c.ended);
  pass(3s);
  c.take();
  EXPECT_TRUE(c.ended);
}

// The rest of such a body would be read as a request of its own (RFC 9112, 11.2).
TEST_F(Http, ABodyWhoseEndIsInDoubtEndsTheConnection) {
  const std::string hidden = get("/api/v1/batches");
  for (const char* coding : {"xchunked", "chunked, identity", "identity", "chunked\r\nTransfer-Encoding: identity"}) {
    RawClient c(port);
    const std::string got = say(
        c, fmt::format("POST /api/v1/commands HTTP/1.1\r\n{}Authorization: Bearer {}\r\nContent-Type: application/json\r\n"
                       "Transfer-Encoding: {}\r\n\r\n{}",
                       host(), token, coding, hidden));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 400 ")) << coding;
    EXPECT_EQ(got.find("HTTP/1.1", 1), std::string::npos) << coding;
  }
}

TEST_F(Http, OfTwoOriginsNoneIsOurs) {
  RawClient c(port);
  const std::string ours = fmt::format("Origin: http://127.0.0.1:{}\r\n", port);
  EXPECT_THAT(say(c, get("/api/v1/status", ours + "Origin: http://elsewhere.example\r\n")), StartsWith("HTTP/1.1 403 "));
}

TEST_F(Http, StreamsBeyondTheirLimitAreToldSoAndReadsGoOn) {
  HttpServer::Limits limits;
  limits.streams = 1;
  start(limits);
  RawClient first(port), second(port), reader(port);
  say(first, get("/api/v1/events"));
  EXPECT_THAT(say(second, get("/api/v1/events")), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(say(reader, get("/api/v1/status")), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace greenroom
