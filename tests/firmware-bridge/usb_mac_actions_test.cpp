// The actions on Macs against a model Mac, on virtual time.
#include "firmware-bridge/usb_mac_actions.hpp"

#include "firmware-bridge/facts/dfu_hints.hpp"
#include "tests/support/boot_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;
using namespace test;

// A way into DFU that does what the test says at each try.
struct SaidMeans final : DfuMeans {
  [[nodiscard]] std::string name() const override { return "the test"; }
  [[nodiscard]] Duration patience(DfuOrder order) const override {
    return order == DfuOrder::enter ? seconds{10} : seconds{8};
  }
  Task<void> send(DfuTry one, TimePoint) override {
    tries.push_back(one);
    co_return does ? does(one) : Result<void>{};
  }
  void waiting(Duration left) override { waits.push_back(left); }
  std::vector<DfuTry> tries;
  std::vector<Duration> waits;
  std::function<Result<void>(const DfuTry&)> does;
};

struct UsbMacActionsTest : BootRig {
  UsbMacActions& with_means() {
    auto made = std::make_unique<SaidMeans>();
    means = made.get();
    DfuMeansOfPorts all;
    all.emplace(bus.path, std::move(made));
    actions.emplace(bus, table, clock, std::move(all));
    return *actions;
  }
  UsbMacActions& without_means() { return actions.emplace(bus, table, clock, DfuMeansOfPorts{}); }
  Result<AppleDevice> enter() { return run(actions->enter_dfu(bus.path, in(seconds{90}))); }
  Result<void> leave() { return run(actions->leave_dfu(bus.path, in(seconds{90}))); }
  Result<void> put_back() { return run(actions->put_back(bus.path, in(seconds{90}))); }
  // At try N the Mac comes back so.
  void comes_back(int at_try, const std::string& as) {
    means->does = [this, at_try, as](const DfuTry& one) -> Result<void> {
      if (one.attempt == at_try) bus.leave_and_show(as);
      return {};
    };
  }
  SaidMeans* means = nullptr;
  std::optional<UsbMacActions> actions;
};

// ---- into DFU ----

TEST_F(UsbMacActionsTest, TheArrivalInDfuIsTheSuccess) {
  show("booted");
  with_means();
  comes_back(0, "dfu");
  const auto mac = enter();
  ASSERT_TRUE(mac) << mac.error().message;
  EXPECT_EQ(mac->mode, MacMode::dfu);
  EXPECT_EQ(mac->ecid, Ecid{0x000C60A800010001});
  EXPECT_EQ(means->tries.size(), 1U);
}

TEST_F(UsbMacActionsTest, AMacThatShowsKisHasArrived) {
  show("booted");
  with_means();
  comes_back(0, "kis");
  const auto mac = enter();
  ASSERT_TRUE(mac) << mac.error().message;
  EXPECT_EQ(mac->mode, MacMode::kis);
  EXPECT_EQ(mac->ecid, Ecid{0x000C60A800010001});  // asked for: it shows none
}

TEST_F(UsbMacActionsTest, AMacThatComesBackOtherwiseIsTriedAgain) {
  show("booted");
  with_means();
  means->does = [this](const DfuTry& one) -> Result<void> {
    bus.leave_and_show(one.attempt == 0 ? "recovery" : "dfu");
    return {};
  };
  ASSERT_TRUE(enter());
  EXPECT_EQ(means->tries.size(), 2U);
}

TEST_F(UsbMacActionsTest, ThreeTriesTenSecondsApartAreAll) {
  show("booted");
  with_means();
  const TimePoint begun = clock.now();
  const auto mac = enter();
  ASSERT_FALSE(mac);
  EXPECT_EQ(clock.now() - begun, seconds{30});
  EXPECT_EQ(means->tries.size(), 3U);
  EXPECT_EQ(mac.error().message,
            "port host/1-1.1: the Mac did not show DFU in 3 tries by the test (port host/1-1.1: nothing that was waited for "
            "arrived in time); see that the cable is in its DFU port, try another cable, or use its keys");
}

TEST_F(UsbMacActionsTest, ATryThatFailedMayHaveWorkedAllTheSame) {
  show("booted");
  with_means();
  means->does = [this](const DfuTry&) -> Result<void> {
    bus.leave_and_show("dfu");
    return fail(Errc::protocol, "Did not get a reply to VDM");
  };
  EXPECT_TRUE(enter());
}

TEST_F(UsbMacActionsTest, WhatTheMeansSaidLastStandsInTheError) {
  show("booted");
  with_means();
  means->does = [](const DfuTry&) -> Result<void> { return fail(Errc::protocol, "No connection detected"); };
  EXPECT_NE(enter().error().message.find("(No connection detected)"), std::string::npos);
}

TEST_F(UsbMacActionsTest, MeansThatCanNeverWorkAreTriedOnce) {
  show("booted");
  with_means();
  means->does = [](const DfuTry&) -> Result<void> { return fail(Errc::bad_config, "macvdmtool cannot be started"); };
  EXPECT_EQ(enter().error().message, "port host/1-1.1: macvdmtool cannot be started");
  EXPECT_EQ(means->tries.size(), 1U);
}

TEST_F(UsbMacActionsTest, APersonIsToldHowMuchTimeIsLeft) {
  show("booted");
  with_means();
  comes_back(1, "dfu");
  ASSERT_TRUE(enter());
  EXPECT_EQ(means->waits, std::vector<Duration>{seconds{5}});
}

TEST_F(UsbMacActionsTest, AT2IsKnownByWhatItsPortHasShown) {
  show("recovery");
  with_means();
  comes_back(0, "dfu");
  ASSERT_TRUE(enter());
  EXPECT_TRUE(means->tries.at(0).t2);
}

TEST_F(UsbMacActionsTest, APortWithoutMeansIsToldSo) {
  show("booted");
  without_means();
  EXPECT_EQ(enter().error().code, Errc::bad_config);
}

TEST_F(UsbMacActionsTest, AMacThatIsInDfuIsLeftThere) {
  show("dfu");
  with_means();
  ASSERT_TRUE(enter());
  EXPECT_TRUE(means->tries.empty());
}

TEST_F(UsbMacActionsTest, AMacThatIsStuckInDfuIsMadeReady) {
  show("dfu");
  bus.dfu.control({0x21, 1, 0, 0, 0}, Octets(2048, 1));
  without_means();
  ASSERT_TRUE(enter());
  EXPECT_EQ(bus.dfu.control({0xa1, 5, 0, 0, 1}, {}), Octets{2});
}

TEST_F(UsbMacActionsTest, AMacThatStaysStuckIsRestartedIntoDfu) {
  show("dfu");
  bus.says = [this](const std::string& what) -> std::optional<Octets> {
    if (what != "a1 05 0000 1" || means->tries.size() > 0) return std::nullopt;
    return Octets{4};
  };
  with_means();
  comes_back(1, "dfu");
  ASSERT_TRUE(enter());
  EXPECT_EQ(means->tries.size(), 2U);
}

TEST_F(UsbMacActionsTest, AMacInDfuThatOnlyItsEngineMayOpenIsThere) {
  show("dfu");
  bus.locked = Error(Errc::busy, "engine job 17 owns the device");
  without_means();
  EXPECT_TRUE(enter());
}

// ---- out of it ----

TEST_F(UsbMacActionsTest, ARestartIsSentEveryEightSecondsUntilTheMacLeaves) {
  show("dfu");
  with_means();
  comes_back(2, "recovery");
  const TimePoint begun = clock.now();
  ASSERT_TRUE(leave());
  EXPECT_EQ(means->tries.size(), 3U);
  EXPECT_EQ(means->tries[0].order, DfuOrder::restart);
  EXPECT_EQ(clock.now() - begun, seconds{16});
}

TEST_F(UsbMacActionsTest, AMacThatStaysInDfuIsToldAfterNinetySeconds) {
  show("dfu");
  with_means();
  const TimePoint begun = clock.now();
  const auto left = leave();
  ASSERT_FALSE(left);
  EXPECT_EQ(clock.now() - begun, seconds{90});
  EXPECT_NE(left.error().message.find("stays in DFU after 12 tries"), std::string::npos) << left.error().message;
}

TEST_F(UsbMacActionsTest, AMacThatIsNotInDfuHasLeftIt) {
  show("recovery");
  without_means();
  EXPECT_TRUE(leave());
}

TEST_F(UsbMacActionsTest, WithoutMeansAPersonIsAskedToRestartIt) {
  show("dfu");
  without_means();
  const auto left = leave();
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().message, "port host/1-1.1: " + restart_by_hand());
}

// ---- put back ----

TEST_F(UsbMacActionsTest, AMacThatIsPutBackHasLeftAndStartsItsSystem) {
  show("recovery");
  without_means();
  ASSERT_TRUE(put_back());
  EXPECT_EQ(bus.recovery.commands,
            (std::vector<std::string>{"setenv auto-boot true", "getenv auto-boot", "saveenv", "reboot"}));
  EXPECT_EQ(bus.mode, "");
  until(in(seconds{1}));
  EXPECT_EQ(bus.mode, "booted");
}

TEST_F(UsbMacActionsTest, AMacThatKeepsAutoBootFalseIsNotRestarted) {
  show("recovery");
  bus.says = [](const std::string& what) -> std::optional<Octets> {
    if (!what.starts_with("c0")) return std::nullopt;
    return Octets{'f', 'a', 'l', 's', 'e', 0};
  };
  without_means();
  EXPECT_EQ(put_back().error().message,
            "recovery: auto-boot reads \"false\" after it was set to \"true\"; restart the Mac and try again");
  EXPECT_EQ(bus.mode, "recovery");
}

TEST_F(UsbMacActionsTest, AMacThatDoesNotRestartIsToldSo) {
  show("recovery");
  bus.says = [](const std::string& what) -> std::optional<Octets> {
    if (what != "40 00 0000 7") return std::nullopt;  // "reboot"
    return Octets{};
  };
  without_means();
  const auto back = put_back();
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Errc::timeout);
  EXPECT_NE(back.error().message.find("auto-boot is true and saved, but the Mac did not restart"), std::string::npos);
}

TEST_F(UsbMacActionsTest, AMacInItsRestoreOsIsRestartedFirst) {
  show("restore");
  with_means();
  comes_back(0, "recovery");
  ASSERT_TRUE(put_back());
  EXPECT_EQ(means->tries.at(0).order, DfuOrder::restart);
  EXPECT_EQ(bus.recovery.saved["auto-boot"], "true");
}

TEST_F(UsbMacActionsTest, OnlyAMacInRecoveryIsPutBack) {
  show("booted");
  without_means();
  EXPECT_EQ(put_back().error().message,
            "port host/1-1.1: the device there is booted, and only a Mac in recovery can be put back");
}

TEST_F(UsbMacActionsTest, AnEmptyPortIsToldSo) {
  without_means();
  EXPECT_EQ(put_back().error().message, "port host/1-1.1: no Mac is there; plug it in");
}

TEST_F(UsbMacActionsTest, AMacThatAnEngineOwnsIsNotTouched) {
  show("recovery");
  bus.locked = Error(Errc::busy, "port host/1-1.1: engine job 17 owns the device");
  without_means();
  EXPECT_EQ(put_back().error().code, Errc::busy);
  EXPECT_TRUE(bus.asked.empty());
}

}  // namespace
}  // namespace greenroom
