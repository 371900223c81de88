// The real libusb against model devices: who is where, what is known of them, and what was done to them to know it.
#include "tests/support/usb_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace test;

constexpr const char* m1_dfu =
    "SDOM:01 CPID:8103 CPRV:11 CPFM:03 SCEP:01 BDID:26 ECID:000C60A812345678 IBFL:3C SRTG:[iBoot-7429.61.2]";
constexpr const char* m1_recovery =
    "SDOM:01 CPID:8103 CPRV:11 CPFM:03 SCEP:01 BDID:26 ECID:000C60A812345678 IBFL:3D SRNM:[C02FK0TESTQ6]";

struct LibusbBusTest : UsbRig {
  static UsbFace unread(UsbFace face) {  // the kernel has no serial string of it
    face.kept = false;
    return face;
  }
};

TEST_F(LibusbBusTest, ListsWhatIsThereBeforeItStarts) {
  bed.plug("1-4", hub_face());
  bed.plug("1-4.2", dfu_face(m1_dfu));
  start();
  run_until([this] { return seen("1-4.2").has_value(); });
  EXPECT_EQ(seen("1-4.2")->product, 0x1227);
  EXPECT_EQ(seen("1-4")->device_class, 9);
}

TEST_F(LibusbBusTest, SeesADeviceComeWithAllThatTheKernelKnows) {
  start();
  const int devnum = bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = *seen("1-4");
  EXPECT_EQ(device.vendor, 0x05ac);
  EXPECT_EQ(device.product, 0x1227);
  EXPECT_EQ(device.serial, m1_dfu);
  EXPECT_EQ(device.serial_from, SerialFrom::kernel);
  EXPECT_EQ(device.address, devnum);
  EXPECT_EQ(device.speed_Mbps, 480U);
}

TEST_F(LibusbBusTest, DoesNotTouchADeviceWhoseSerialTheKernelKeeps) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until_named("1-4");
  EXPECT_EQ(bed.opens("1-4"), 0);
}

TEST_F(LibusbBusTest, SeesADeviceLeave) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  bed.unplug("1-4");
  run_until([this] { return !seen("1-4").has_value(); });
  EXPECT_FALSE(bus->open(path("1-4")));
}

TEST_F(LibusbBusTest, SeesAChangeOfModeAtTheSamePortUnderAnotherNumber) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until_named("1-4");
  const auto before = seen("1-4")->address;
  bed.unplug("1-4");
  bed.plug("1-4", recovery_face(m1_recovery, ""));
  run_until([this] { return seen("1-4") && seen("1-4")->product == 0x1281; });
  EXPECT_EQ(seen("1-4")->serial, m1_recovery);
  EXPECT_NE(seen("1-4")->address, before);
}

TEST_F(LibusbBusTest, AsksTheDeviceWhereTheKernelHasNoSerial) {
  start();
  bed.plug("1-4", unread(dfu_face(m1_dfu)), milliseconds{5});
  run_until_named("1-4");
  EXPECT_EQ(seen("1-4")->serial, m1_dfu);
  EXPECT_EQ(seen("1-4")->serial_from, SerialFrom::device);
}

TEST_F(LibusbBusTest, TellsADeviceBeforeItsSerialIsRead) {
  start();
  bed.plug("1-4", unread(dfu_face(m1_dfu)));
  run_until_named("1-4");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(std::get<UsbArrived>(told[0].event).device.serial_from, SerialFrom::pending);
}

TEST_F(LibusbBusTest, DoesNotAskADeviceThatAnEngineOwns) {
  owners["host/1-4"] = "engine job 17";
  start();
  bed.plug("1-4", unread(dfu_face(m1_dfu)));
  run_until([this] { return seen("1-4").has_value(); });
  EXPECT_EQ(seen("1-4")->serial_from, SerialFrom::withheld);
  EXPECT_EQ(bed.opens("1-4"), 0);
}

TEST_F(LibusbBusTest, DoesNotAskADeviceOfAnotherMaker) {
  UsbFace keyboard = unread(dfu_face("KEYS"));
  keyboard.vendor = 0x046d;
  start();
  bed.plug("1-4", keyboard);
  run_until([this] { return seen("1-4").has_value(); });
  EXPECT_EQ(seen("1-4")->serial_from, SerialFrom::withheld);
  EXPECT_EQ(bed.opens("1-4"), 0);
}

TEST_F(LibusbBusTest, DoesNotAskADeviceThatNamesNoSerial) {
  start();
  bed.plug("1-4", kis_face());
  run_until([this] { return seen("1-4").has_value(); });
  EXPECT_EQ(seen("1-4")->serial_from, SerialFrom::nowhere);
  EXPECT_EQ(bed.opens("1-4"), 0);
}

TEST_F(LibusbBusTest, ListsADeviceThatNeverTellsItsSerial) {
  start();
  bed.plug("1-4", unread(dfu_face(m1_dfu)), seconds{60});
  run_until_named("1-4");
  EXPECT_EQ(seen("1-4")->serial, "");
  EXPECT_NE(seen("1-4")->trouble.find("no answer"), std::string::npos) << seen("1-4")->trouble;
}

TEST_F(LibusbBusTest, CarriesAControlTransferInAndOut) {
  std::optional<UsbSetup> asked;
  Octets sent;
  UsbFace face = dfu_face(m1_dfu);
  face.control = [&](const UsbSetup& setup, const Octets& data) -> std::optional<Octets> {
    asked = setup;
    sent = data;
    return Octets{2};
  };
  start();
  bed.plug("1-4", face);
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = open("1-4");
  const auto state = wait(device->control_in({0xa1, 5, 0, 0}, 1, within(seconds{5})));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(*state, UsbBytes{std::byte{2}});
  const auto out = wait(device->control_out({0x21, 1, 7, 0}, UsbBytes(2048, std::byte{0x5a}), within(seconds{5})));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(*out, 2048U);
  EXPECT_EQ(asked->value, 7);
  EXPECT_EQ(sent, Octets(2048, 0x5a));
}

TEST_F(LibusbBusTest, CarriesABulkTransferOut) {
  Octets sent;
  UsbFace face = recovery_face(m1_recovery, "");
  face.bulk = [&](std::uint8_t endpoint, const Octets& data, std::size_t) -> std::optional<Octets> {
    if (endpoint == 4) sent = data;
    return Octets{};
  };
  start();
  bed.plug("1-4", face);
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = open("1-4");
  const auto claimed = device->claim(0, 0);
  ASSERT_TRUE(claimed) << claimed.error().message;
  const auto out = wait(device->bulk_out(4, UsbBytes(0x8000, std::byte{1}), within(seconds{5})));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(sent, Octets(0x8000, 1));
  EXPECT_EQ(bed.calls("1-4"), std::vector<std::string>{"claim 0"});
}

TEST_F(LibusbBusTest, CarriesABulkTransferIn) {
  UsbFace face = recovery_face(m1_recovery, "");
  face.bulk = [](std::uint8_t, const Octets&, std::size_t) -> std::optional<Octets> { return Octets{'o', 'k'}; };
  start();
  bed.plug("1-4", face);
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = open("1-4");
  const auto in = wait(device->bulk_in(0x81, 4096, within(seconds{5})));
  ASSERT_TRUE(in) << in.error().message;
  EXPECT_EQ(*in, (UsbBytes{std::byte{'o'}, std::byte{'k'}}));
}

TEST_F(LibusbBusTest, SetsTheAlternateSettingOfAnInterface) {
  start();
  bed.plug("1-4", recovery_face(m1_recovery, ""));
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = open("1-4");
  ASSERT_TRUE(device->claim(1, 1));
  EXPECT_EQ(bed.calls("1-4"), (std::vector<std::string>{"claim 1", "alternate 1 1"}));
}

TEST_F(LibusbBusTest, TellsAStallAsTheDevicesRefusal) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = open("1-4");
  const auto answer = wait(device->control_in({0xa1, 5, 0, 0}, 1, within(seconds{5})));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::protocol);
}

TEST_F(LibusbBusTest, EndsATransferAtItsDeadline) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  bed.hush("1-4");
  const auto device = open("1-4");
  const auto began = Steady::now();
  const auto answer = wait(device->control_in({0xa1, 5, 0, 0}, 1, within(milliseconds{100})));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timeout);
  EXPECT_GE(Steady::now() - began, milliseconds{100});
  EXPECT_LT(Steady::now() - began, seconds{2});
}

TEST_F(LibusbBusTest, EndsATransferWhenItsDeviceIsPulled) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  bed.hush("1-4");
  const auto device = open("1-4");
  std::optional<Result<UsbBytes>> answer;
  tasks.spawn(follow(device->control_in({0xa1, 5, 0, 0}, 1, within(seconds{60})), answer));
  run_until([this] { return bed.transfers("1-4") == 1; });
  bed.unplug("1-4");
  run_until([&answer] { return answer.has_value(); });
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code, Errc::device_gone);
}

TEST_F(LibusbBusTest, TakesATransferBackWhenItsCoroutineIsCancelled) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  bed.hush("1-4");
  const auto device = open("1-4");
  std::optional<Result<UsbBytes>> answer;
  TaskGroup mine(io.get_executor());
  mine.spawn(follow(device->control_in({0xa1, 5, 0, 0}, 1, within(seconds{60})), answer));
  run_until([this] { return bed.transfers("1-4") == 1; });
  mine.cancel();
  run_until([&mine] { return mine.size() == 0; });
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code, Errc::cancelled);
}

TEST_F(LibusbBusTest, SendsNothingToADeviceThatAnEngineTookMeanwhile) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = open("1-4");
  owners["host/1-4"] = "engine job 17";
  const auto out = wait(device->control_out({0x21, 4, 0, 0}, UsbBytes{}, within(seconds{5})));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, Errc::busy);
  EXPECT_NE(out.error().message.find("engine job 17"), std::string::npos);
  EXPECT_FALSE(device->claim(0, 0));
  EXPECT_FALSE(wait(device->reset()));
  EXPECT_EQ(bed.transfers("1-4"), 0);
  EXPECT_TRUE(bed.calls("1-4").empty());
}

TEST_F(LibusbBusTest, OpensNoDeviceThatAnEngineOwns) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  owners["host/1-4"] = "engine job 17";
  const auto device = bus->open(path("1-4"));
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, Errc::busy);
}

TEST_F(LibusbBusTest, ResetsADeviceThatComesBackAsAnother) {
  start();
  bed.plug("1-4", dfu_face(m1_dfu));
  run_until([this] { return seen("1-4").has_value(); });
  const auto device = open("1-4");
  EXPECT_TRUE(wait(device->reset()));
  EXPECT_EQ(bed.calls("1-4"), std::vector<std::string>{"reset"});
}

}  // namespace
}  // namespace greenroom
