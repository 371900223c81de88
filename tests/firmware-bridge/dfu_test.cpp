// DFU against a model boot ROM, which takes blocks in their order, with their trailer, and nothing else.
#include "firmware-bridge/dfu.hpp"

#include "tests/support/boot_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;
using namespace test;

constexpr const char* get_state = "a1 05 0000 1";
constexpr const char* get_status = "a1 03 0000 6";
constexpr const char* clear_status = "21 04 0000 0";
constexpr const char* abort_it = "21 06 0000 0";

struct DfuTest : BootRig {
  DfuTest() {
    show("dfu");
    device = open();
  }
  static UsbBytes image(std::size_t size) { return UsbBytes(size, std::byte{0x5a}); }
  Dfu dfu() { return {*device, clock, in(seconds{120})}; }
  // As a host that went away in the middle of a download leaves it.
  void stick() { bus.dfu.control({0x21, 1, 0, 0, 0}, Octets(2048, 1)); }
  std::unique_ptr<UsbDevice> device;
};

TEST_F(DfuTest, AnImageArrivesWhole) {
  Dfu on = dfu();
  ASSERT_TRUE(run(on.upload(image(5000))));
  ASSERT_TRUE(run(on.start()));
  EXPECT_EQ(bus.dfu.image(), Octets(5000, 0x5a));
  EXPECT_TRUE(bus.dfu.wrong.empty());
}

TEST_F(DfuTest, WhatWasSentComesBackInRecovery) {
  Dfu on = dfu();
  ASSERT_TRUE(run(on.upload(image(100))));
  ASSERT_TRUE(run(on.start()));
  UsbTable::Predicate recovery = [](const UsbSighting& s) { return s.product == 0x1281; };
  EXPECT_TRUE(run(table.wait_for(bus.path, std::move(recovery), in(seconds{10}))));
}

TEST_F(DfuTest, ItsTransfersStandInApplesOrder) {
  Dfu on = dfu();
  ASSERT_TRUE(run(on.upload(image(2100))));
  ASSERT_TRUE(run(on.start()));
  EXPECT_EQ(bus.asked, (std::vector<std::string>{get_state, "21 01 0000 2048", get_status, "21 01 0001 68", get_status,
                                                 "21 01 0002 0", get_status, get_status, "reset"}));
}

TEST_F(DfuTest, AStuckDownloadIsAbortedAndTheImageSentOnce) {
  stick();
  Dfu on = dfu();
  ASSERT_TRUE(run(on.upload(image(100))));
  EXPECT_EQ(times(abort_it), 1);
  EXPECT_EQ(times("21 01 0000 116"), 1);
}

TEST_F(DfuTest, AnErrorIsClearedBeforeTheImageIsSent) {
  bus.dfu.control({0x21, 1, 7, 0, 0}, Octets(2048, 1));
  Dfu on = dfu();
  ASSERT_TRUE(run(on.upload(image(100))));
  EXPECT_EQ(times(clear_status), 1);
}

TEST_F(DfuTest, ABlockThatIsRefusedHasTheWholeImageSentOnceMore) {
  int refusals = 1;
  bus.fails = [&refusals](const std::string& what) -> std::optional<Error> {
    if (what != "21 01 0001 2048" || refusals-- <= 0) return std::nullopt;
    return Error(Errc::protocol, "stall");
  };
  Dfu on = dfu();
  ASSERT_TRUE(run(on.upload(image(5000))));
  EXPECT_EQ(times("21 01 0000 2048"), 2);
  EXPECT_EQ(times("21 01 0001 2048"), 2);
}

TEST_F(DfuTest, ABlockThatIsRefusedTwiceIsTold) {
  bus.fails = [](const std::string& what) -> std::optional<Error> {
    if (what != "21 01 0001 2048") return std::nullopt;
    return Error(Errc::protocol, "stall");
  };
  Dfu on = dfu();
  const auto sent = run(on.upload(image(5000)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message, "DFU upload: DFU block 1: stall");
}

TEST_F(DfuTest, AMacThatStaysStuckIsToldWithItsStates) {
  stick();
  bus.says = [](const std::string& what) -> std::optional<Octets> {
    if (what == abort_it) return Octets{};
    return std::nullopt;
  };
  Dfu on = dfu();
  const auto idle = run(on.unstick());
  ASSERT_FALSE(idle);
  EXPECT_EQ(idle.error().message,
            "DFU is stuck: dfuDNLOAD-IDLE before it was cleared, dfuDNLOAD-IDLE after; restart the Mac into DFU");
}

TEST_F(DfuTest, AnIdleMacIsLeftAsItIs) {
  Dfu on = dfu();
  ASSERT_TRUE(run(on.unstick()));
  EXPECT_EQ(bus.asked, std::vector<std::string>{get_state});
}

TEST_F(DfuTest, ABusyMacIsAskedEachSecond) {
  int busy = 3;
  bus.says = [&busy](const std::string& what) -> std::optional<Octets> {
    if (what != get_status || busy-- <= 0) return std::nullopt;
    return Octets{0, 0, 0, 0, 4, 0};
  };
  Dfu on = dfu();
  const TimePoint begun = clock.now();
  ASSERT_TRUE(run(on.upload(image(100))));
  EXPECT_EQ(clock.now() - begun, seconds{3});
}

TEST_F(DfuTest, AMacThatStaysBusyIsGivenUpAfterTwentySeconds) {
  bus.says = [](const std::string& what) -> std::optional<Octets> {
    if (what != get_status) return std::nullopt;
    return Octets{0, 0, 0, 0, 4, 0};
  };
  Dfu on = dfu();
  const TimePoint begun = clock.now();
  const auto sent = run(on.upload(image(100)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::timeout);
  EXPECT_EQ(clock.now() - begun, seconds{20});
}

TEST_F(DfuTest, TheDeadlineOfTheWholeEndsTheWaitForABusyMac) {
  bus.says = [](const std::string& what) -> std::optional<Octets> {
    if (what != get_status) return std::nullopt;
    return Octets{0, 0, 0, 0, 4, 0};
  };
  Dfu on(*device, clock, in(seconds{5}));
  const TimePoint begun = clock.now();
  EXPECT_EQ(run(on.upload(image(100))).error().code, Errc::timeout);
  EXPECT_LE(clock.now() - begun, seconds{5});
}

TEST_F(DfuTest, AMacThatLeavesInTheMiddleIsNotTriedAgain) {
  bus.fails = [this](const std::string& what) -> std::optional<Error> {
    if (what != "21 01 0001 2048") return std::nullopt;
    bus.leave();
    return Error(Errc::device_gone, "port host/1-1.1: the device left");
  };
  Dfu on = dfu();
  const auto sent = run(on.upload(image(5000)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::device_gone);
  EXPECT_EQ(sent.error().message, "DFU upload: DFU block 1: port host/1-1.1: the device left");
  EXPECT_EQ(times("21 01 0000 2048"), 1);
}

}  // namespace
}  // namespace greenroom
