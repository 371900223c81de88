// DFU, recovery and the actions on Macs through the real libusb: a Mac that changes mode, and one that leaves in the middle.
#include <algorithm>
#include <mutex>

#include "firmware-bridge/dfu.hpp"
#include "firmware-bridge/usb_mac_actions.hpp"
#include "hw/usb/usb_table.hpp"
#include "tests/support/usb_boot_model.hpp"
#include "tests/support/usb_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace test;

constexpr const char* who = "CPID:8103 CPRV:11 CPFM:03 SCEP:01 BDID:26 ECID:000C60A800010001";

struct UsbActionsTest : UsbRig {
  UsbActionsTest() {
    bed.on_transfer = [this](const std::string&, const std::string& what) {
      const std::lock_guard lock(mutex);
      log.push_back(what);
    };
    auto made = make_libusb_bus(io.get_executor(), *clock, {});
    EXPECT_TRUE(made);
    bus = std::move(*made);
    table.emplace(*bus, *clock);
    tasks.spawn(table->run());
  }
  ~UsbActionsTest() override { end(); }

  void plug(const std::string& mode) {
    UsbFace face = mode == "dfu" ? dfu_face(who) : recovery_face(std::string(who) + " SRNM:[C02GR00000]", "");
    face.control = [this, mode](const UsbSetup& s, const Octets& d) {
      return mode == "dfu" ? dfu.control(s, d) : recovery.control(s, d);
    };
    bed.plug(port, std::move(face), milliseconds{2});
  }
  void plug_and_see(const std::string& mode) {
    plug(mode);
    run_until([this] { return table->at(path(port)).has_value(); });
  }
  // The loop turns until the Mac was asked for something that begins so.
  void run_until_asked(const std::string& what) {
    run_until([this, &what] {
      const std::lock_guard lock(mutex);
      return std::any_of(log.begin(), log.end(), [&what](const std::string& l) { return l.starts_with(what); });
    });
  }
  template <class T>
  std::shared_ptr<std::optional<Result<T>>> begin(Task<T> task) {
    auto result = std::make_shared<std::optional<Result<T>>>();
    tasks.spawn(follow(std::move(task), *result));
    return result;
  }

  const std::string port = "1-1";
  DfuModel dfu;
  RecoveryModel recovery;
  std::mutex mutex;
  std::vector<std::string> log;
  std::optional<UsbTable> table;
};

TEST_F(UsbActionsTest, AMacThatWasSentItsImageIsSeenAgainInRecovery) {
  plug_and_see("dfu");
  const auto device = open_mac(*bus, path(port));
  ASSERT_TRUE(device) << device.error().message;
  Dfu on(**device, *clock, within(seconds{20}));
  ASSERT_TRUE(wait(on.upload(UsbBytes(5000, std::byte{1}))));
  ASSERT_TRUE(wait(on.start()));
  EXPECT_TRUE(dfu.manifested());
  bed.unplug(port);
  plug("recovery");
  UsbTable::Predicate in_recovery = [](const UsbSighting& s) { return s.product == 0x1281; };
  EXPECT_TRUE(wait(table->wait_for(path(port), std::move(in_recovery), within(seconds{10}))));
}

TEST_F(UsbActionsTest, AMacThatLeavesInAnUploadIsToldWithItsBlock) {
  plug_and_see("dfu");
  const auto device = open_mac(*bus, path(port));
  ASSERT_TRUE(device) << device.error().message;
  Dfu on(**device, *clock, within(seconds{20}));
  const auto sent = begin(on.upload(UsbBytes(200000, std::byte{1})));
  run_until_asked("21 01 0003");
  bed.unplug(port);
  run_until([&sent] { return sent->has_value(); });
  ASSERT_FALSE(**sent);
  EXPECT_EQ((*sent)->error().code, Errc::device_gone);
  EXPECT_TRUE((*sent)->error().message.starts_with("DFU upload: DFU block ")) << (*sent)->error().message;
  EXPECT_TRUE(
      (*sent)->error().message.ends_with("port host/1-1: the device left; look at its cable if it was not to restart"))
      << (*sent)->error().message;
}

TEST_F(UsbActionsTest, AMacThatIsPutBackIsSeenToLeave) {
  plug_and_see("recovery");
  UsbMacActions actions(*bus, *table, *clock, {});
  const auto back = begin(actions.put_back(path(port), within(seconds{20})));
  run_until_asked("40 00 0000 0000 7265626F6F7400");  // "reboot"
  EXPECT_FALSE(back->has_value());                    // the words alone are not enough
  bed.unplug(port);
  run_until([&back] { return back->has_value(); });
  EXPECT_TRUE(**back) << (*back)->error().message;
  EXPECT_EQ(recovery.saved["auto-boot"], "true");
}

TEST_F(UsbActionsTest, AMacThatLeavesBeforeItIsPutBackIsToldSo) {
  plug_and_see("recovery");
  UsbMacActions actions(*bus, *table, *clock, {});
  const auto back = begin(actions.put_back(path(port), within(seconds{20})));
  run_until_asked("40 00");  // "setenv"
  bed.unplug(port);
  run_until([&back] { return back->has_value(); });
  ASSERT_FALSE(**back);
  EXPECT_EQ((*back)->error().code, Errc::device_gone);
  EXPECT_FALSE(recovery.saved.contains("auto-boot"));
}

TEST_F(UsbActionsTest, AMacThatWasStuckInDfuTakesItsImage) {
  dfu.control({0x21, 1, 0, 0, 0}, Octets(2048, 1));
  plug_and_see("dfu");
  UsbMacActions actions(*bus, *table, *clock, {});
  EXPECT_TRUE(wait(actions.enter_dfu(path(port), within(seconds{20}))));
  EXPECT_EQ(dfu.control({0xa1, 5, 0, 0, 1}, {}), Octets{2});
}

}  // namespace
}  // namespace greenroom
