// A serial line that plays one side of a conversation on virtual time: what must be written, and what comes back when.
// Anything else that is written, and any step that was not used, fails the test.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/async/handover.hpp"
#include "hw/async/manual_clock.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom::test {

// The script and the state of the line; outlives the ScriptedLine, which the driver owns.
class Script {
 public:
  struct Reply {
    Duration after;  // since the write that it answers
    std::string bytes;
  };
  struct Step {
    std::string expect;
    std::vector<Reply> replies;
  };

  explicit Script(ManualClock& c) : clock(c) {}
  ~Script() {
    EXPECT_TRUE(steps.empty()) << steps.size()
                               << " steps were not used; next: " << ::testing::PrintToString(steps.front().expect);
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  Script& expect(std::string bytes) {
    steps.push_back({std::move(bytes), {}});
    return *this;
  }
  Script& reply(std::string bytes, Duration after = std::chrono::milliseconds{10}) {
    steps.back().replies.push_back({after, std::move(bytes)});
    return *this;
  }
  void arrive(std::string bytes) {
    inbox += bytes;
    wake();
  }
  void wake() {
    if (!reader) return;
    std::exchange(reader, nullptr)();
  }

  ManualClock& clock;
  std::deque<Step> steps;
  std::string inbox;
  std::vector<std::string> written;
  bool gone{};  // unplugged: every call fails
  std::function<void()> reader;
};

class ScriptedLine final : public SerialLine {
 public:
  explicit ScriptedLine(Script& s) : s_(s) {}

  Task<void> write(std::string bytes) override {
    if (s_.gone) co_return fail(Errc::device_gone, "the port is gone");
    s_.written.push_back(bytes);
    if (s_.steps.empty() || s_.steps.front().expect != bytes) {
      ADD_FAILURE() << "written: " << ::testing::PrintToString(bytes)
                    << ", expected: " << (s_.steps.empty() ? "nothing" : ::testing::PrintToString(s_.steps.front().expect));
      co_return Result<void>{};
    }
    const Script::Step step = std::move(s_.steps.front());
    s_.steps.pop_front();
    for (const Script::Reply& r : step.replies) {
      s_.clock.call_at(s_.clock.now() + r.after, [&s = s_, bytes_back = r.bytes] { s.arrive(bytes_back); });
    }
    co_return Result<void>{};
  }

  Task<std::string> read_some(TimePoint deadline) override {
    while (s_.inbox.empty()) {
      if (s_.gone) co_return fail(Errc::device_gone, "the port is gone");
      if (s_.clock.now() >= deadline) co_return fail(Errc::timeout, "no byte");
      Handover<void> bytes;
      s_.reader = [giver = bytes.giver()] { giver.give(Result<void>{}); };
      s_.clock.call_at(deadline, [giver = bytes.giver()] { giver.give(Result<void>{}); });
      if (auto r = co_await bytes.take(); !r) co_return fail(r.error());
    }
    co_return std::exchange(s_.inbox, {});
  }

  void discard_input() override { s_.inbox.clear(); }

 private:
  Script& s_;
};

// Virtual time and its loop.
struct Stage {
  asio::io_context io;
  ManualClock clock{io.get_executor()};

  void settle() {
    io.restart();
    io.poll();
  }
  // Starts a task; its result appears when it ends.
  template <class T>
  std::shared_ptr<std::optional<Result<T>>> start(Task<T> task) {
    auto result = std::make_shared<std::optional<Result<T>>>();
    asio::co_spawn(io, keep<T>(std::move(task), result), asio::detached);
    return result;
  }
  template <class T>
  Result<T> run(Task<T> task) {
    auto result = start<T>(std::move(task));
    return finish<T>(result);
  }
  template <class T>
  Result<T> finish(const std::shared_ptr<std::optional<Result<T>>>& result) {
    settle();
    while (!*result && clock.run_next()) settle();
    if (!*result) return fail(Errc::protocol, "the test hangs: nothing is due and the task has not ended");
    return **result;
  }
  void until(TimePoint t) {
    settle();
    while (clock.next() && *clock.next() <= t) {
      clock.run_next();
      settle();
    }
  }

 private:
  template <class T>
  static asio::awaitable<void> keep(Task<T> task, std::shared_ptr<std::optional<Result<T>>> into) {
    auto r = co_await std::move(task);
    into->emplace(std::move(r));
  }
};

}  // namespace greenroom::test
