#include "hw/usb/usb_trace.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "hw/async/manual_clock.hpp"
#include "hw/async/task_group.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;

// Written by hand: what a Mac in DFU says when it is asked for its state and sent one block.
constexpr const char* dfu_trace =
    "greenroom-usb-trace 1\n"
    "0.000000 arrive host/1-4 05ac:1227 0000 class=00 address=5 speed=480 kernel \"CPID:8103 ECID:000C60A812345678\" \"\"\n"
    "0.500000 open 1 host/1-4 = ok - 0.000000\n"
    "0.500100 claim 1 0 0 = ok - 0.000010\n"
    "0.501000 control-in 1 a1 05 0000 0000 1 = ok 02 0.004000\n"
    "0.506000 control-out 1 21 01 0000 0000 68656c6c6f = ok 5 0.006000\n"
    "0.513000 control-in 1 a1 03 0000 0000 6 = timeout \"port host/1-4: no answer\" 10.000000\n"
    "10.600000 reset 1 = ok - 0.100000\n"
    "10.700000 leave host/1-4 address=5\n"
    "10.800000 close 1\n";

UsbBytes bytes(std::string_view text) {
  UsbBytes out;
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

struct UsbTraceTest : testing::Test {
  ~UsbTraceTest() override {
    tasks.cancel();
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  asio::awaitable<void> listen(UsbBus& bus) {
    while (true) {
      auto event = co_await bus.next_event();
      if (!event) co_return;
      events.push_back(std::move(*event));
    }
  }
  template <class T>
  asio::awaitable<void> follow(Task<T> task, std::optional<Result<T>>& into) {
    into = co_await std::move(task);
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    std::optional<Result<T>> result;
    tasks.spawn(follow(std::move(task), result));
    settle();
    if (!result) return fail(Errc::timeout, "the replay waits");
    return std::move(*result);
  }
  std::unique_ptr<UsbBus> replayed(std::string_view text) {
    auto lines = parse_trace(text);
    if (!lines) ADD_FAILURE() << lines.error().message;
    auto bus = replay_usb(std::move(*lines));
    tasks.spawn(listen(*bus));
    settle();
    return bus;
  }
  // What the trace says, asked again.
  void walk(UsbBus& bus) {
    auto device = bus.open(port);
    ASSERT_TRUE(device) << device.error().message;
    EXPECT_TRUE((*device)->claim(0, 0));
    EXPECT_EQ(*wait((*device)->control_in({0xa1, 5, 0, 0}, 1, never)), bytes("\x02"));
    EXPECT_EQ(*wait((*device)->control_out({0x21, 1, 0, 0}, bytes("hello"), never)), 5U);
    EXPECT_EQ(wait((*device)->control_in({0xa1, 3, 0, 0}, 6, never)).error().code, Errc::timeout);
    EXPECT_TRUE(wait((*device)->reset()));
    settle();
  }

  asio::io_context io;
  ManualClock clock{io.get_executor()};
  std::vector<UsbEvent> events;
  TaskGroup tasks{io.get_executor()};
  PortPath port = *PortPath::parse("host/1-4");
};

TEST_F(UsbTraceTest, AnswersAsTheDeviceDid) {
  const auto bus = replayed(dfu_trace);
  walk(*bus);
  tasks.cancel();
  settle();
}

TEST_F(UsbTraceTest, TellsADepartureWhenAllBeforeItHasHappened) {
  const auto bus = replayed(dfu_trace);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<UsbArrived>(events[0]).device.serial, "CPID:8103 ECID:000C60A812345678");
  walk(*bus);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(std::get<UsbLeft>(events[1]).address, 5);
  tasks.cancel();
  settle();
}

TEST_F(UsbTraceTest, NamesBothWhenAnotherRequestIsMade) {
  const auto bus = replayed(dfu_trace);
  const auto device = bus->open(port);
  ASSERT_TRUE((*device)->claim(0, 0));
  const auto answer = wait((*device)->control_out({0x21, 4, 0, 0}, UsbBytes{}, never));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::protocol);
  EXPECT_NE(answer.error().message.find("control-in a1 05 0000 0000 1"), std::string::npos) << answer.error().message;
  EXPECT_NE(answer.error().message.find("control-out 21 04 0000 0000 -"), std::string::npos) << answer.error().message;
  tasks.cancel();
  settle();
}

TEST_F(UsbTraceTest, TellsAnotherBlockFromTheOneThatWasSent) {
  const auto bus = replayed(
      "greenroom-usb-trace 1\n"
      "0.000000 open 1 host/1-4 = ok - 0.000000\n"
      // FNV-1a of 100 times 'a', computed apart from this program.
      "0.000000 bulk-out 1 04 100#2885d0ac2e5a9d79 = ok 100 0.000000\n");
  const auto device = bus->open(port);
  EXPECT_FALSE(wait((*device)->bulk_out(4, bytes(std::string(99, 'a') + "b"), never)));
  EXPECT_TRUE(wait((*device)->bulk_out(4, bytes(std::string(100, 'a')), never)));
  tasks.cancel();
  settle();
}

TEST_F(UsbTraceTest, RecordsWhatAReplayDoesAsTheSameTrace) {
  const auto again = replay_usb(*parse_trace(dfu_trace));
  std::string text;
  const auto recorder = record_usb(*again, clock, [&text](const std::string& line) { text += line + "\n"; });
  events.clear();
  tasks.spawn(listen(*recorder));
  settle();
  walk(*recorder);
  tasks.cancel();
  settle();
  auto first = *parse_trace(dfu_trace), second = *parse_trace(text);
  ASSERT_EQ(first.size(), second.size()) << text;
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i].at = first[i].took = second[i].took = second[i].at;  // a replay takes no time
    EXPECT_EQ(to_string(first[i]), to_string(second[i]));
  }
}

class BadTraceLine : public testing::TestWithParam<const char*> {};
TEST_P(BadTraceLine, IsRefusedWithItsNumber) {
  const auto lines = parse_trace(std::string("greenroom-usb-trace 1\n") + GetParam() + "\n");
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().message.substr(0, 7), "line 2:");
}
INSTANTIATE_TEST_SUITE_P(
    All, BadTraceLine,
    testing::Values("", "x", "0.000000", "0.000000 dance 1", "0.0 reset 1 = ok - 0.000000",
                    "0.000000 leave nowhere address=5",
                    "0.000000 arrive host/1-4 05ac:12270000 class=00 address=5 speed=480 kernel \"\" \"\"",
                    "0.000000 arrive host/1-4 05ac:1227 0000 class=00 address=500 speed=480 kernel \"\" \"\"",
                    "0.000000 arrive host/1-4 05ac:1227 0000 class=00 address=5 speed=480 kernel \"CPID",
                    "0.000000 arrive host/1-4 05ac:1227 0000 class=00 address=5 speed=480 guess \"\" \"\"",
                    "0.000000 arrive host/1-4 05ac:1227 0000 class=00 address=5 speed=480 kernel \"\\x4\" \"\"",
                    "0.000000 control-in 1 a1 05 0000 0000 1", "0.000000 control-in 1  = ok - 0.000000",
                    "0.000000 control-in 1 a1 05 0000 0000 1 = ok 0 0.000000",
                    "0.000000 control-in 1 a1 05 0000 0000 1 = ok 0g 0.000000",
                    "0.000000 control-in 1 a1 05 0000 0000 1 = maybe \"\" 0.000000", "0.000000 reset 1 = ok - 0.000000 more",
                    "0.000000 bulk-out 1 04 00 = ok 99999999999999999999 0.000000"));

TEST(Trace, BeginsWithItsName) { EXPECT_FALSE(parse_trace("0.000000 close 1\n")); }

TEST(Trace, KeepsAStringThatHoldsQuotes) {
  UsbSighting seen(*PortPath::parse("host/1-4"), 0x05ac, 0x1281, 0, "SRNM:[A\"B\\C\n]");
  TraceLine line(TraceVerb::arrive, seconds{1});
  line.event.emplace_back(UsbArrived(seen));
  const auto again = parse_trace_line(to_string(line));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(std::get<UsbArrived>(again->event.front()).device.serial, seen.serial);
}

}  // namespace
}  // namespace greenroom
