// A page's server on a real port over the surfaces' test room, on one loop with a clock that moves when told.
#pragma once

#include <fmt/format.h>

#include "controller/api/http_server.hpp"
#include "tests/controller/api/server_fixture.hpp"

namespace greenroom::test {

using namespace std::chrono_literals;

inline const std::string token(64, 'f');

struct Http : testing::Test {
  Http() {
    room.rig.import({row(2, mac_a), row(3, mac_b)});
    room.keep();
  }
  ~Http() override {
    server->stop();
    run();
    EXPECT_TRUE(server->idle());
  }
  void SetUp() override { start({}); }
  void start(HttpServer::Limits limits) {
    if (server) {
      server->stop();
      run();
    }
    server = std::make_unique<HttpServer>(
        io.get_executor(), real, room, [this] { return away ? std::nullopt : std::optional(room.view()); }, token, limits);
    const auto listening = server->listen(0);
    ASSERT_TRUE(listening) << listening.error().message;
    port = *listening;
    server->start();
    run();
  }
  void run() {
    io.restart();
    io.poll();
  }
  void pass(Duration d) {
    const TimePoint end = real.now() + d;
    for (; real.next() && *real.next() <= end; run()) real.run_next();
    real.nap(end - real.now());
  }
  std::string& say(RawClient& c, std::string_view text) {
    while (!text.empty() && !c.ended) {
      text.remove_prefix(c.write(text));
      run();
      c.take();
    }
    run();
    c.take();
    return c.got;
  }
  [[nodiscard]] std::string host() const { return fmt::format("Host: 127.0.0.1:{}\r\n", port); }
  [[nodiscard]] std::string get(std::string_view target, std::string_view more = {}) const {
    return fmt::format("GET {} HTTP/1.1\r\n{}{}\r\n", target, host(), more);
  }
  [[nodiscard]] std::string post(std::string_view body, std::string_view more = {}) const {
    return fmt::format(
        "POST /api/v1/commands HTTP/1.1\r\n{}Authorization: Bearer {}\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n{}\r\n{}",
        host(), token, body.size(), more, body);
  }
  static std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }
  static std::vector<int> fact_numbers(const std::string& stream) {
    std::vector<int> all;
    for (std::size_t at = 0; (at = stream.find("\nid: ", at)) != std::string::npos; ++at)
      all.push_back(std::stoi(stream.substr(at + 5)));
    return all;
  }

  asio::io_context io{1};
  ManualClock real{io.get_executor()};
  ApiRoom room;
  bool away{};
  unsigned port{};
  std::unique_ptr<HttpServer> server;
};

}  // namespace greenroom::test
