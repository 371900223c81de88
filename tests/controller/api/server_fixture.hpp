// A server on a real socket over the surfaces' test room, on one loop with a clock that moves when told.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "controller/api/local_server.hpp"
#include "hw/async/manual_clock.hpp"
#include "tests/controller/api/room_fixture.hpp"

namespace greenroom::test {

// A client that writes what it likes: a plain socket, without waiting.
class RawClient {
 public:
  explicit RawClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un there{};
    there.sun_family = AF_UNIX;
    path.copy(there.sun_path, sizeof there.sun_path - 1);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
  }
  explicit RawClient(unsigned port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {  // of this machine
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(static_cast<std::uint16_t>(port));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  // As much as the socket takes now.
  std::size_t write(std::string_view text) {
    const ssize_t n = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  // What has come; `ended` once the server has closed.
  void take() {
    char chunk[65536];
    ssize_t n;
    while ((n = recv(fd_, chunk, sizeof chunk, 0)) > 0) got.append(chunk, static_cast<std::size_t>(n));
    ended = ended || n == 0 || (n < 0 && errno != EAGAIN);
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < got.size();) {
      const std::size_t end = got.find('\n', at);
      if (end == std::string::npos) break;
      all.push_back(got.substr(at, end - at));
      at = end + 1;
    }
    return all;
  }
  std::string got;
  bool ended{};

 private:
  int fd_;
  bool connected_{};
};

class LocalServerOf : public testing::Test {
 protected:
  LocalServerOf() {
    char name[] = "/tmp/greenroom-api-XXXXXX";
    data_ = mkdtemp(name);
    room_.rig.import({row(2, mac_a), row(3, mac_b)});
    room_.keep();
  }
  ~LocalServerOf() override {
    server_->stop();
    run();
    EXPECT_TRUE(server_->idle());
    std::filesystem::remove_all(data_);
  }
  void start(LocalServer::Limits limits) {
    server_ = std::make_unique<LocalServer>(
        io_.get_executor(), real_, room_, [this] { return room_.view(); }, limits);
    const auto started = server_->start(data_);
    ASSERT_TRUE(started) << started.error().message;
    run();
  }
  void SetUp() override { start({}); }
  void run() {
    io_.restart();
    io_.poll();
  }
  void pass(Duration d) {
    for (const TimePoint end = real_.now() + d; real_.next() && *real_.next() <= end;) {
      real_.run_next();
      run();
    }
  }
  [[nodiscard]] std::string path() const { return local_socket(data_); }
  // One line in, the lines that came of it.
  std::vector<std::string> say(RawClient& c, const std::string& text) {
    EXPECT_EQ(c.write(text), text.size());
    run();
    c.take();
    return c.lines();
  }
  template <class T>
  Result<T> ask(Task<T> task) {
    std::optional<Result<T>> out;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr broken, Result<T> result) {
      EXPECT_FALSE(broken);
      out = std::move(result);
    });
    run();
    return out ? *out : fail(Errc::timeout, "no answer yet");
  }

  asio::io_context io_{1};
  ManualClock real_{io_.get_executor()};
  ApiRoom room_;
  std::string data_;
  std::unique_ptr<LocalServer> server_;
};

}  // namespace greenroom::test
