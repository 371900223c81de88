#include "hw/usb/usb_table.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "hw/async/manual_clock.hpp"
#include "hw/async/task_group.hpp"
#include "tests/support/spoken_bus.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;

struct UsbTableTest : testing::Test {
  UsbTableTest() { group.spawn(table.run()); }
  ~UsbTableTest() override {
    group.cancel();
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void arrive(const PortPath& at, std::uint16_t product, std::string serial = "") {
    bus.say(UsbEvent{UsbArrived{UsbSighting{at, 0x05ac, product, 0, std::move(serial)}}});
    settle();
  }
  void leave(const PortPath& at) {
    bus.say(UsbEvent{UsbLeft{at}});
    settle();
  }
  void run_to(TimePoint end) {
    settle();
    while (clock.next() && *clock.next() <= end) {
      clock.run_next();
      settle();
    }
  }
  // What a wait came to; nothing while it waits.
  asio::awaitable<void> follow(PortPath at, std::uint16_t product, TimePoint deadline) {
    auto fits = UsbTable::Predicate{[product](const UsbSighting& s) { return s.product == product; }};
    result = co_await table.wait_for(std::move(at), std::move(fits), deadline);
  }
  asio::awaitable<void> follow_anywhere(std::uint16_t product, TimePoint deadline) {
    auto fits = UsbTable::Predicate{[product](const UsbSighting& s) { return s.product == product; }};
    result = co_await table.wait_for(std::move(fits), deadline);
  }
  asio::awaitable<void> follow_empty(PortPath at, TimePoint deadline) {
    emptied = co_await table.wait_empty(std::move(at), deadline);
  }

  asio::io_context io;
  ManualClock clock{io.get_executor()};
  test::SpokenBus bus;
  UsbTable table{bus, clock};
  std::optional<Result<UsbSighting>> result;
  std::optional<Result<void>> emptied;
  TaskGroup group{io.get_executor()};
  PortPath port = *PortPath::parse("host/1-4.2");
  PortPath other = *PortPath::parse("host/1-4.3");
};

TEST_F(UsbTableTest, KnowsWhoIsWhere) {
  arrive(port, 0x1227, "A");
  ASSERT_TRUE(table.at(port));
  EXPECT_EQ(table.at(port)->serial, "A");
  EXPECT_FALSE(table.at(other));
}

TEST_F(UsbTableTest, ForgetsWhatLeft) {
  arrive(port, 0x1227);
  leave(port);
  EXPECT_FALSE(table.at(port));
}

TEST_F(UsbTableTest, EndsAWaitAtOnceWhenTheDeviceIsThere) {
  arrive(port, 0x1227);
  group.spawn(follow(port, 0x1227, TimePoint{seconds{5}}));
  settle();
  ASSERT_TRUE(result);
  EXPECT_TRUE(*result);
}

TEST_F(UsbTableTest, WaitsForTheRightDeviceAtTheRightPort) {
  group.spawn(follow(port, 0x1281, TimePoint{seconds{5}}));
  arrive(other, 0x1281);
  arrive(port, 0x1227);
  EXPECT_FALSE(result);
  leave(port);
  arrive(port, 0x1281);
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)->product, 0x1281);
}

TEST_F(UsbTableTest, EndsAWaitAtItsDeadlineNamingThePort) {
  group.spawn(follow(port, 0x1227, TimePoint{seconds{5}}));
  run_to(TimePoint{seconds{4}});
  EXPECT_FALSE(result);
  run_to(TimePoint{seconds{5}});
  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().code, Errc::timeout);
  EXPECT_NE(result->error().message.find("host/1-4.2"), std::string::npos);
}

TEST_F(UsbTableTest, WaitsForADeviceAtWhicheverPort) {
  group.spawn(follow_anywhere(0x1281, TimePoint{seconds{5}}));
  arrive(port, 0x1227);
  EXPECT_FALSE(result);
  arrive(other, 0x1281);
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)->path, other);
}

TEST_F(UsbTableTest, TellsTwiceOfADeviceWhoseSerialComesLater) {
  std::vector<std::string> told;
  table.on_change([&told](const PortPath&, const UsbSighting* device) { told.push_back(device->serial); });
  UsbSighting seen(port, 0x05ac, 0x1227, 0, "");
  seen.address = 5;
  bus.say(UsbEvent{UsbArrived{seen}});
  settle();
  seen.serial = "CPID:8103";
  bus.say(UsbEvent{UsbArrived{seen}});
  settle();
  EXPECT_EQ(told, (std::vector<std::string>{"", "CPID:8103"}));
}

TEST_F(UsbTableTest, KeepsTheAgeOfEachPlace) {
  clock.call_at(TimePoint{seconds{3}}, [] {});
  run_to(TimePoint{seconds{3}});
  arrive(port, 0x1227);
  ASSERT_NE(table.places().at(port), nullptr);
  EXPECT_EQ(table.places().at(port)->since, TimePoint{seconds{3}});
}

TEST_F(UsbTableTest, WaitsForAPortToBecomeEmpty) {
  arrive(port, 0x1281);
  group.spawn(follow_empty(port, TimePoint{seconds{5}}));
  settle();
  EXPECT_FALSE(emptied);
  leave(port);
  ASSERT_TRUE(emptied);
  EXPECT_TRUE(*emptied);
}

TEST_F(UsbTableTest, TellsEveryChangeInOrder) {
  std::vector<std::string> told;
  table.on_change(
      [&told](const PortPath& at, const UsbSighting* device) { told.push_back(at.text() + (device ? " came" : " went")); });
  arrive(port, 0x1227);
  arrive(other, 0x1227);
  leave(port);
  EXPECT_EQ(told, (std::vector<std::string>{"host/1-4.2 came", "host/1-4.3 came", "host/1-4.2 went"}));
}

TEST_F(UsbTableTest, DoesNotTellADepartureOfNobody) {
  int told = 0;
  table.on_change([&told](const PortPath&, const UsbSighting*) { ++told; });
  leave(port);
  EXPECT_EQ(told, 0);
}

TEST_F(UsbTableTest, FailsItsWaitersWhenTheBusFails) {
  arrive(port, 0x1227);
  group.spawn(follow(port, 0x1281, never));
  settle();
  bus.say(fail(Errc::device_gone, "the host controller died"));
  settle();
  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().message, "USB: the host controller died");
  EXPECT_FALSE(table.at(port));
}

TEST_F(UsbTableTest, HandsCancellationOverAsAValue) {
  group.spawn(follow(port, 0x1227, never));
  settle();
  group.cancel();
  settle();
  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().code, Errc::cancelled);
}

}  // namespace
}  // namespace greenroom
