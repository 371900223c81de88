// A loop whose time stands still and whose descriptors are real: lines on ptys, sockets and mock ports.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hw/async/manual_clock.hpp"
#include "hw/async/task.hpp"
#include "hw/serial/open_line.hpp"

namespace greenroom::test {

using namespace std::chrono_literals;

struct LineStage {
  asio::io_context io;
  ManualClock clock{io.get_executor()};
  LineSettings settings = at_once();

  static LineSettings at_once() {
    LineSettings s;
    s.gather = Duration{};
    return s;
  }
  Result<std::unique_ptr<SerialLine>> open(const std::string& url) {
    return open_line(io.get_executor(), clock, *parse_line_url(url), settings, "greenroom pdu read");
  }
  Result<std::unique_ptr<SerialLine>> late(const std::string& url) {
    return late_line(io.get_executor(), clock, *parse_line_url(url), settings, "greenroom serve");
  }

  template <class T>
  std::shared_ptr<std::optional<Result<T>>> start(Task<T> task) {
    auto result = std::make_shared<std::optional<Result<T>>>();
    asio::co_spawn(io, keep<T>(std::move(task), result), asio::detached);
    settle();
    return result;
  }
  void settle() {
    io.restart();
    io.poll();
  }
  // Turns the loop, as descriptors wake it, until it is so. Half a minute without an event is a failure, not a wait.
  bool until(const std::function<bool()>& so) {
    while (!so()) {
      io.restart();
      if (io.run_one_for(30s) == 0) return false;
    }
    return true;
  }
  template <class T>
  Result<T> finish(const std::shared_ptr<std::optional<Result<T>>>& result) {
    if (!until([&] { return result->has_value(); })) return fail(Errc::protocol, "the test hangs");
    return **result;
  }
  template <class T>
  Result<T> run(Task<T> task) {
    return finish<T>(start<T>(std::move(task)));
  }
  // Reads until `text` is whole.
  std::string read(SerialLine& line, const std::string& text) {
    std::string got;
    while (got.size() < text.size()) {
      const auto some = run<std::string>(line.read_some(clock.now() + 10s));
      if (!some) return got + "[" + some.error().message + "]";
      got += *some;
    }
    return got;
  }

 private:
  template <class T>
  static asio::awaitable<void> keep(Task<T> task, std::shared_ptr<std::optional<Result<T>>> into) {
    auto r = co_await std::move(task);
    into->emplace(std::move(r));
  }
};

// The far end of a pty line, in the test's hands.
struct FarEnd {
  FarEnd() {
    char name[128];
    if (openpty(&far, &near, name, nullptr, nullptr) != 0) ADD_FAILURE() << "no pty";
    path = name;
  }
  ~FarEnd() {
    hang_up();
    ::close(near);
  }
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;
  void hang_up() {
    if (far >= 0) ::close(far);
    far = -1;
  }
  void say(const std::string& bytes) const { EXPECT_EQ(::write(far, bytes.data(), bytes.size()), ssize_t(bytes.size())); }
  // What was said is there to read: the kernel hands it over in its own time.
  void say_and_see(const std::string& bytes) const {
    int there = 0;
    ioctl(near, FIONREAD, &there);
    const int all = there + static_cast<int>(bytes.size());
    say(bytes);
    while (there < all) {
      pollfd p{near, POLLIN, 0};
      ASSERT_EQ(poll(&p, 1, 30'000), 1);
      ioctl(near, FIONREAD, &there);
    }
  }
  [[nodiscard]] std::string hear(std::size_t bytes) const {
    std::string got;
    while (got.size() < bytes) {
      char some[4096];
      pollfd p{far, POLLIN, 0};
      if (poll(&p, 1, 30'000) != 1) break;
      const ssize_t n = ::read(far, some, std::min(sizeof some, bytes - got.size()));
      if (n <= 0) break;
      got.append(some, static_cast<std::size_t>(n));
    }
    return got;
  }
  int far{-1}, near{-1};
  std::string path;
};

// Another process that does `work` and lives until it is ended; made once `work` was done.
class Other {
 public:
  explicit Other(const std::function<bool()>& work) {
    int ready[2];
    if (pipe(ready) != 0) return;
    pid = fork();
    if (pid == 0) {
      const char word = work() ? 'y' : 'n';
      if (write(ready[1], &word, 1) != 1) _exit(1);
      for (;;) pause();
    }
    char word{};
    if (read(ready[0], &word, 1) != 1 || word != 'y') ADD_FAILURE() << "the other process failed";
    close(ready[0]);
    close(ready[1]);
  }
  ~Other() { end(); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;
  void end() {
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = -1;
  }
  pid_t pid{-1};
};

}  // namespace greenroom::test
