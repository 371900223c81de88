// What is decided about devices and transfers, over a wire that does as the test says.
#include "hw/usb/wired_bus.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "hw/async/manual_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/usb/usb_sysfs.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;

struct SpokenWire final : UsbWire {
  WireResult<WireHandle> open(WireDevice) override {
    if (locked) return tl::unexpected(WireError(WireFault::permission, "Access denied"));
    ++open_handles;
    return WireHandle{7};
  }
  void close(WireHandle) override { --open_handles; }
  WireResult<void> claim(WireHandle, std::uint8_t, std::uint8_t) override {
    return tl::unexpected(WireError(WireFault::busy, "Resource busy"));
  }
  WireResult<void> reset(WireHandle) override { return {}; }
  WireResult<void> submit(WireHandle, WireTransfer number, const TransferWish& wish) override {
    asked.emplace_back(number, wish);
    return {};
  }
  void cancel(WireTransfer number) override { cancelled.push_back(number); }

  bool locked = false;
  int open_handles = 0;
  std::vector<std::pair<WireTransfer, TransferWish>> asked;
  std::vector<WireTransfer> cancelled;
};

struct WiredBusTest : testing::Test {
  WiredBusTest() {
    LibusbOptions options;
    bus = std::make_unique<WiredBus>(clock, options);
    auto made = std::make_unique<SpokenWire>();
    wire = made.get();
    bus->use(std::move(made));
    tasks.spawn(listen());
  }
  ~WiredBusTest() override {
    tasks.cancel();
    settle();
  }
  asio::awaitable<void> listen() {
    while (true) {
      auto event = co_await bus->next_event();
      if (!event) {
        broken = event.error();
        co_return;
      }
      told.push_back(std::move(*event));
    }
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void arrive(WireDevice device, std::string serial, std::uint8_t index = 4, std::uint8_t address = 5) {
    UsbSighting seen(port, 0x05ac, 0x1227, 0, std::move(serial));
    seen.address = address;
    bus->events().arrived(device, std::move(seen), index);
    bus->events().settle();
    settle();
  }
  void give(std::size_t transfer, WireResult<UsbBytes> result) {
    bus->events().moved(wire->asked.at(transfer).first, std::move(result));
    bus->events().settle();
    settle();
  }
  static UsbBytes descriptor(std::string_view text) {
    UsbBytes bytes{static_cast<std::byte>(2 + 2 * text.size()), std::byte{3}};
    for (const char c : text) {
      bytes.push_back(static_cast<std::byte>(c));
      bytes.push_back(std::byte{0});
    }
    return bytes;
  }
  [[nodiscard]] UsbSighting last() const { return std::get<UsbArrived>(told.back()).device; }
  asio::awaitable<void> ask(UsbDevice& device, TimePoint deadline) {
    answer = co_await device.control_in({0xa1, 5, 0, 0}, 1, deadline);
  }
  void run_to(TimePoint end) {
    while (clock.next() && *clock.next() <= end) {
      clock.run_next();
      settle();
    }
  }

  asio::io_context io;
  ManualClock clock{io.get_executor()};
  std::unique_ptr<WiredBus> bus;
  SpokenWire* wire = nullptr;
  std::vector<UsbEvent> told;
  std::optional<Error> broken;
  std::optional<Result<UsbBytes>> answer;
  TaskGroup tasks{io.get_executor()};
  PortPath port = *PortPath::parse("host/1-4.2");
};

TEST_F(WiredBusTest, AsksForTheSerialByOneTransfer) {
  arrive(WireDevice{1}, "");
  ASSERT_EQ(wire->asked.size(), 1U);
  EXPECT_EQ(wire->asked[0].second.setup.value, 0x0304);
  EXPECT_EQ(wire->asked[0].second.setup.index, 0x0409);
  give(0, descriptor("CPID:8103"));
  EXPECT_EQ(last().serial, "CPID:8103");
  EXPECT_EQ(wire->asked.size(), 1U);
  EXPECT_EQ(wire->open_handles, 0);
}

TEST_F(WiredBusTest, AsksInTheDevicesOwnLanguageWhereEnglishIsRefused) {
  arrive(WireDevice{1}, "");
  give(0, tl::unexpected(WireError(WireFault::stall, "stall")));
  ASSERT_EQ(wire->asked.size(), 2U);
  EXPECT_EQ(wire->asked[1].second.setup.value, 0x0300);
  give(1, UsbBytes{std::byte{4}, std::byte{3}, std::byte{0x07}, std::byte{0x04}});
  ASSERT_EQ(wire->asked.size(), 3U);
  EXPECT_EQ(wire->asked[2].second.setup.value, 0x0304);
  EXPECT_EQ(wire->asked[2].second.setup.index, 0x0407);
  give(2, descriptor("CPID:8103"));
  EXPECT_EQ(last().serial, "CPID:8103");
}

TEST_F(WiredBusTest, TellsWhyAStringIsNone) {
  arrive(WireDevice{1}, "");
  give(0, UsbBytes{std::byte{4}, std::byte{9}, std::byte{0}, std::byte{0}});
  EXPECT_EQ(last().serial_from, SerialFrom::nowhere);
  EXPECT_FALSE(last().trouble.empty());
}

TEST_F(WiredBusTest, TellsTheRemedyForADeviceThatMayNotBeOpened) {
  wire->locked = true;
  arrive(WireDevice{1}, "");
  EXPECT_NE(last().trouble.find("/dev/bus/usb/001/005"), std::string::npos) << last().trouble;
  EXPECT_NE(last().trouble.find("ATTR{idVendor}==\"05ac\""), std::string::npos) << last().trouble;
  EXPECT_NE(last().trouble.find("/etc/udev/rules.d/"), std::string::npos) << last().trouble;
}

TEST_F(WiredBusTest, DropsTheSerialOfADeviceThatLeftMeanwhile) {
  arrive(WireDevice{1}, "");
  bus->events().left(WireDevice{1});
  settle();
  give(0, descriptor("CPID:8103"));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<UsbLeft>(told[1]));
}

TEST_F(WiredBusTest, SaysNothingMoreOfADeviceThatIsPulledWhileItIsAsked) {
  arrive(WireDevice{1}, "");
  give(0, tl::unexpected(WireError(WireFault::gone, "No such device")));
  EXPECT_EQ(told.size(), 1U);
  bus->events().left(WireDevice{1});
  settle();
  EXPECT_TRUE(std::holds_alternative<UsbLeft>(told.back()));
}

TEST_F(WiredBusTest, TakesASecondArrivalForASuccessorWhosePredecessorIsGone) {
  arrive(WireDevice{1}, "A");
  const auto device = bus->open(port);
  tasks.spawn(ask(**device, never));
  settle();
  arrive(WireDevice{2}, "B", 4, 6);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code, Errc::device_gone);
  EXPECT_EQ(last().serial, "B");
}

TEST_F(WiredBusTest, EndsAWaitAtItsDeadlineAndNotBefore) {
  arrive(WireDevice{1}, "A");
  const auto device = bus->open(port);
  tasks.spawn(ask(**device, TimePoint{seconds{10}}));
  settle();
  run_to(TimePoint{seconds{10}} - Duration{1});
  EXPECT_FALSE(answer);
  run_to(TimePoint{seconds{10}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code, Errc::timeout);
  EXPECT_EQ(wire->cancelled.size(), 1U);
}

TEST_F(WiredBusTest, MeetsAnEarlierDeadlineThatComesLater) {
  arrive(WireDevice{1}, "A");
  const auto device = bus->open(port);
  tasks.spawn(ask(**device, TimePoint{seconds{60}}));
  settle();
  std::optional<Result<UsbBytes>> first = std::exchange(answer, std::nullopt);
  tasks.spawn(ask(**device, TimePoint{seconds{5}}));
  settle();
  run_to(TimePoint{seconds{5}});
  EXPECT_TRUE(answer);
  EXPECT_FALSE(first);
  EXPECT_EQ(wire->cancelled, std::vector<WireTransfer>{wire->asked[1].first});
}

TEST_F(WiredBusTest, KeepsAHandleOpenUntilItsTransfersAreBack) {
  arrive(WireDevice{1}, "A");
  auto device = bus->open(port);
  tasks.spawn(ask(**device, TimePoint{seconds{10}}));
  settle();
  run_to(TimePoint{seconds{10}});
  device->reset();
  EXPECT_EQ(wire->open_handles, 1);
  give(0, tl::unexpected(WireError(WireFault::broken, "cancelled")));
  EXPECT_EQ(wire->open_handles, 0);
}

TEST_F(WiredBusTest, NamesWhoMayHoldAnInterface) {
  arrive(WireDevice{1}, "A");
  const auto device = bus->open(port);
  const auto claimed = (*device)->claim(0, 0);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, Errc::busy);
  EXPECT_NE(claimed.error().message.find("usbmuxd"), std::string::npos);
}

TEST_F(WiredBusTest, OpensNothingWhereNothingIs) {
  const auto device = bus->open(port);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, Errc::device_gone);
}

TEST_F(WiredBusTest, EndsWithWhatBrokeIt) {
  bus->events().broke(Error(Errc::device_gone, "the host controller died"));
  settle();
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->message, "the host controller died");
}

TEST(TextOfDescriptor, IsAsciiOnly) {
  // 'A', U+00E9, U+0100, 'B' as UTF-16LE: what is no ASCII character is marked as lost, not dropped.
  const UsbBytes bytes{std::byte{10}, std::byte{3},    std::byte{'A'}, std::byte{0},   std::byte{0xe9},
                       std::byte{0},  std::byte{0x00}, std::byte{1},   std::byte{'B'}, std::byte{0}};
  EXPECT_EQ(text_of_descriptor(bytes), "A??B");
}

TEST(TextOfDescriptor, EndsWhereTheDescriptorSaysOrTheBytesDo) {
  const UsbBytes longer{std::byte{4}, std::byte{3}, std::byte{'A'}, std::byte{0}, std::byte{'B'}, std::byte{0}};
  EXPECT_EQ(text_of_descriptor(longer), "A");
  const UsbBytes shorter{std::byte{8}, std::byte{3}, std::byte{'A'}, std::byte{0}, std::byte{'B'}};
  EXPECT_EQ(text_of_descriptor(shorter), "A");
}

}  // namespace
}  // namespace greenroom
