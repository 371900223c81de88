#include "hw/async/manual_clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "hw/async/event.hpp"
#include "hw/async/task_group.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

struct ManualClockTest : testing::Test {
  asio::io_context io{1};
  ManualClock clock{io.get_executor()};
  TaskGroup tasks{io.get_executor()};
  Event event;
  std::vector<std::string> seen;

  void settle() {
    io.restart();
    io.poll();
  }
  void run_all() {
    settle();
    while (clock.run_next()) settle();
  }
  asio::awaitable<void> twice() {
    const auto first = co_await clock.sleep_until(TimePoint{10s});
    seen.emplace_back(to_string(first.error().code));
    const auto second = co_await event.wait();
    seen.emplace_back(to_string(second.error().code));
  }
  asio::awaitable<void> waiter(std::string name) {
    const auto woken = co_await event.wait();
    seen.push_back(name + (woken ? "" : " " + std::string(to_string(woken.error().code))));
  }
  asio::awaitable<void> sleeper(std::string name, Duration until) {
    const auto slept = co_await clock.sleep_until(TimePoint{until});
    seen.push_back(name + (slept ? "" : " " + std::string(to_string(slept.error().code))));
  }
};

TEST_F(ManualClockTest, TimeStandsStillUntilItIsTold) {
  tasks.spawn(sleeper("a", 10s));
  settle();
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(clock.now(), TimePoint{});
  EXPECT_EQ(clock.next(), TimePoint{10s});
  run_all();
  EXPECT_EQ(seen, std::vector<std::string>{"a"});
  EXPECT_EQ(clock.now(), TimePoint{10s});
}

TEST_F(ManualClockTest, EventsOfOneInstantRunInTheOrderTheyWereAskedFor) {
  clock.call_at(TimePoint{5s}, [this] { seen.emplace_back("first"); });
  tasks.spawn(sleeper("second", 5s));
  settle();
  clock.call_at(TimePoint{5s}, [this] { seen.emplace_back("third"); });
  clock.call_at(TimePoint{1s}, [this] { seen.emplace_back("early"); });
  run_all();
  EXPECT_EQ(seen, (std::vector<std::string>{"early", "first", "second", "third"}));
}

TEST_F(ManualClockTest, ATimeThatHasPassedIsDueAtOnceAndTheClockNeverGoesBack) {
  clock.call_at(TimePoint{5s}, [] {});
  run_all();
  clock.call_at(TimePoint{1s}, [this] { seen.emplace_back("late"); });
  run_all();
  EXPECT_EQ(seen, std::vector<std::string>{"late"});
  EXPECT_EQ(clock.now(), TimePoint{5s});
}

TEST_F(ManualClockTest, ACancelledSleeperSeesCancelledAndItsGroupEmpties) {
  tasks.spawn(sleeper("a", 10s));
  settle();
  tasks.cancel();
  settle();
  EXPECT_EQ(seen, std::vector<std::string>{"a cancelled"});
  EXPECT_EQ(tasks.size(), 0U);
  run_all();  // the event it left behind wakes nobody
  EXPECT_EQ(seen.size(), 1U);
}

TEST_F(ManualClockTest, WhatIsAwaitedAfterACancellationIsCancelledTooAndNothingIsThrown) {
  tasks.spawn(twice());
  settle();
  tasks.cancel();
  settle();
  EXPECT_EQ(seen, (std::vector<std::string>{"cancelled", "cancelled"}));
  EXPECT_EQ(tasks.size(), 0U);
}

TEST_F(ManualClockTest, AnEventSetBeforeItsWaitIsNotLost) {
  event.set();
  tasks.spawn(waiter("early"));
  settle();
  tasks.spawn(waiter("late"));
  settle();
  EXPECT_EQ(seen, std::vector<std::string>{"early"});
  event.set();
  settle();
  EXPECT_EQ(seen, (std::vector<std::string>{"early", "late"}));
}

TEST_F(ManualClockTest, ACancelledWaiterOfAnEventSeesCancelled) {
  tasks.spawn(waiter("a"));
  settle();
  tasks.cancel();
  settle();
  EXPECT_EQ(seen, std::vector<std::string>{"a cancelled"});
}

TEST_F(ManualClockTest, AJumpOfTheWallClockLeavesRoomTimeAlone) {
  clock.jump_wall(std::chrono::hours{24});
  EXPECT_EQ(clock.now(), TimePoint{});
  EXPECT_EQ(clock.wall(), WallTime{std::chrono::hours{24}});
}

TEST_F(ManualClockTest, DestroyingAGroupThatStillRunsEndsTheProgram) {
  EXPECT_DEATH(
      {
        TaskGroup short_lived{io.get_executor()};
        short_lived.spawn(sleeper("a", 1s));
      },
      "task group was destroyed");
}

}  // namespace
}  // namespace greenroom
