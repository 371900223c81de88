// Model Macs: what they show on USB, how they walk between modes, and what they refuse.
#include <gtest/gtest.h>

#include "hw/model/usb.hpp"
#include "tests/hw/model/world.hpp"

namespace greenroom::model {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

MacSpec t2_air() {
  MacSpec m = pro16("C02T2T2T2T2T");
  m.family = Family::t2;
  m.chip = 0x8012;
  m.board = 0x3F;
  m.ecid = 0x001A2B3C4D5E6F70;
  return m;
}

// A bare place with its outlet on and one Mac in it, booted.
struct Bench {
  explicit Bench(MacSpec m = pro16("C02AAAAAAA16", 0.6), const FaultEnvelope& e = FaultEnvelope::none())
      : w(small_room(Device::rpc28, {std::move(m)}), e), line(w.plant.open_line(PduId{0})) {
    w.ask(*line, "on 1\r");
    EXPECT_TRUE(w.plant.plug_data(mac, SlotId{0}));
    EXPECT_TRUE(w.plant.plug_power(mac, SlotId{0}));
    w.run_for(minutes{1});
  }
  MacTruth truth() { return w.plant.mac(mac); }
  void walk_to_restore() {
    ASSERT_TRUE(w.plant.enter_dfu(port));
    w.run_for(seconds{15});
    ASSERT_TRUE(w.plant.send_ibss(port));
    w.run_for(seconds{10});
    ASSERT_TRUE(w.plant.boot_restore_os(port));
    w.run_for(seconds{45});
  }
  World w;
  std::unique_ptr<SerialLine> line;
  MacId mac{0};
  PortPath port = World::port(1);
};

std::string arrived(World& w, UsbBus& bus, std::uint16_t& product) {
  const auto e = w.wait(bus.next_event());
  if (!e || !std::holds_alternative<UsbArrived>(*e)) return "no arrival";
  product = std::get<UsbArrived>(*e).device.product;
  return std::get<UsbArrived>(*e).device.serial;
}

bool left(World& w, UsbBus& bus) {
  const auto e = w.wait(bus.next_event());
  return e && std::holds_alternative<UsbLeft>(*e);
}

TEST(Usb, ShowsAppleSiliconInEachModeAsRealOnesDo) {
  const PortPath port = World::port(1);
  const MacSpec m = pro16();
  const auto dfu = sighting_of(m, Mode::dfu, port);
  EXPECT_EQ(dfu->product, 0x1227);
  EXPECT_EQ(dfu->serial,
            "SDOM:01 CPID:6000 CPRV:11 CPFM:03 SCEP:01 BDID:0A ECID:000C60A812345678 IBFL:3C SRTG:[iBoot-7429.61.2]");
  const auto recovery = sighting_of(m, Mode::recovery, port);
  EXPECT_EQ(recovery->product, 0x1281);
  EXPECT_EQ(recovery->serial,
            "SDOM:01 CPID:6000 CPRV:11 CPFM:03 SCEP:01 BDID:0A ECID:000C60A812345678 IBFL:3D SRNM:[C02AAAAAAA16]");
  EXPECT_EQ(sighting_of(m, Mode::restore, port)->serial, "00006000-000C60A812345678");
  EXPECT_EQ(sighting_of(m, Mode::booted, port)->product, 0x1905);
  EXPECT_EQ(sighting_of(m, Mode::booted, port)->serial, "C02AAAAAAA16");
  EXPECT_EQ(sighting_of(m, Mode::booted, port)->bcd_device, 0x1801);
  EXPECT_FALSE(sighting_of(m, Mode::off, port));
}

TEST(Usb, ShowsAT2AsTheRecordedOne) {
  const PortPath port = World::port(1);
  const auto dfu = sighting_of(t2_air(), Mode::dfu, port);
  EXPECT_EQ(dfu->serial,
            "CPID:8012 CPRV:10 CPFM:03 SCEP:01 BDID:3F ECID:001A2B3C4D5E6F70 IBFL:3C SRTG:[iBoot-3401.0.0.1.16]");
  EXPECT_EQ(sighting_of(t2_air(), Mode::booted, port)->product, 0x8600);
}

TEST(Usb, LeavesAndComesBackAtEachChangeOfMode) {
  Bench b;
  const auto bus = b.w.plant.open_bus();
  std::uint16_t product = 0;
  EXPECT_EQ(arrived(b.w, *bus, product), "C02AAAAAAA16");  // it was there before the bus was opened
  ASSERT_TRUE(b.w.plant.enter_dfu(b.port));
  const TimePoint asked = b.w.clock.now();
  EXPECT_TRUE(left(b.w, *bus));
  EXPECT_NE(arrived(b.w, *bus, product).find("SRTG:"), std::string::npos);
  EXPECT_EQ(product, 0x1227);
  EXPECT_EQ(b.w.clock.now() - asked, seconds{12});
  ASSERT_TRUE(b.w.plant.send_ibss(b.port));
  EXPECT_TRUE(left(b.w, *bus));
  EXPECT_NE(arrived(b.w, *bus, product).find("SRNM:[C02AAAAAAA16]"), std::string::npos);
  b.w.plant.unplug_data(b.mac);
  EXPECT_TRUE(left(b.w, *bus));
}

TEST(Usb, GivesEveryNewBusWhatIsThere) {
  Bench b;
  std::uint16_t product = 0;
  {
    const auto first = b.w.plant.open_bus();
    EXPECT_EQ(arrived(b.w, *first, product), "C02AAAAAAA16");
  }
  const auto second = b.w.plant.open_bus();
  EXPECT_EQ(arrived(b.w, *second, product), "C02AAAAAAA16");
}

TEST(ModelMac, IsErasedAtTheStartOfTheRestoreAndNotBefore) {
  Bench b;
  b.walk_to_restore();
  EXPECT_EQ(b.truth().mode, Mode::restore);
  EXPECT_FALSE(b.truth().erased);
  ASSERT_TRUE(b.w.plant.start_restore(b.port, 77, EraseKind::erase));
  const MacTruth t = b.truth();
  EXPECT_TRUE(t.erased);
  EXPECT_EQ(t.erased_by, 77U);
  EXPECT_FALSE(t.os);
  ASSERT_EQ(b.w.notes.all<EraseStarted>().size(), 1U);
}

TEST(ModelMac, ChecksInWithItsOwnSerialAfterItsFirstBoot) {
  MacSpec m = pro16("C02TRUETRUE1", 0.6);
  m.label = "C02WRONGWRON";
  Bench b(m);
  b.walk_to_restore();
  ASSERT_TRUE(b.w.plant.start_restore(b.port, 1, EraseKind::erase));
  b.w.run_for(minutes{10});
  ASSERT_TRUE(b.w.plant.finish(b.port, true));
  b.w.run_for(minutes{4});
  EXPECT_TRUE(b.w.notes.all<FirstBoot>().empty());
  b.w.run_for(minutes{1});
  const auto boots = b.w.notes.all<FirstBoot>();
  ASSERT_EQ(boots.size(), 1U);
  EXPECT_EQ(boots[0].second.serial, "C02TRUETRUE1");
  EXPECT_GT(boots[0].second.battery_percent, 55);
  EXPECT_TRUE(b.truth().new_os);
}

TEST(ModelMac, IsNotErasedByARevive) {
  Bench b;
  b.walk_to_restore();
  ASSERT_TRUE(b.w.plant.start_restore(b.port, 1, EraseKind::revive));
  ASSERT_TRUE(b.w.plant.finish(b.port, true));
  EXPECT_FALSE(b.truth().erased);
}

TEST(ModelMac, WithoutAnOsShowsNothingUntilItIsPutIntoDfu) {
  Bench b;
  b.walk_to_restore();
  ASSERT_TRUE(b.w.plant.start_restore(b.port, 1, EraseKind::erase));
  ASSERT_TRUE(b.w.plant.finish(b.port, false));
  b.w.run_for(minutes{1});
  EXPECT_EQ(b.truth().mode, Mode::os_less);
  EXPECT_FALSE(b.truth().showing);
  ASSERT_TRUE(b.w.plant.press_dfu_keys(b.mac));
  b.w.run_for(seconds{15});
  EXPECT_EQ(b.truth().mode, Mode::dfu);
  EXPECT_TRUE(b.truth().showing);
}

TEST(ModelMac, RefusesWhatARealOneWould) {
  Bench b;
  EXPECT_EQ(b.w.plant.send_ibss(b.port).error().code, Errc::refused);  // booted
  EXPECT_EQ(b.w.plant.start_restore(b.port, 1, EraseKind::erase).error().code, Errc::refused);
  EXPECT_EQ(b.w.plant.enter_dfu(World::port(9)).error().code, Errc::device_gone);  // nobody there
  ASSERT_TRUE(b.w.plant.enter_dfu(b.port));
  EXPECT_EQ(b.w.plant.send_ibss(b.port).error().code, Errc::busy);  // between two modes
  b.w.plant.unplug_data(b.mac);
  EXPECT_EQ(b.w.plant.send_ibss(b.port).error().code, Errc::device_gone);
  EXPECT_FALSE(b.truth().erased);
}

TEST(ModelMac, DoesNotEnterDfuWithAFlatBatteryAndNoPower) {
  World w(small_room(Device::rpc28, {pro16("FLAT", 0.0)}));
  ASSERT_TRUE(w.plant.plug_data(MacId{0}, SlotId{0}));
  EXPECT_EQ(w.plant.enter_dfu(World::port(1)).error().code, Errc::refused);
}

TEST(ModelMac, WhoseRestoreDiedComesBackToRecoveryUntilItIsPutBack) {
  MacSpec mini = pro16("C07MINI00001");
  mini.battery = false;
  Bench b(mini);
  b.walk_to_restore();
  ASSERT_TRUE(b.w.plant.start_restore(b.port, 5, EraseKind::erase));
  b.w.ask(*b.line, "off 1\r");
  EXPECT_EQ(b.truth().mode, Mode::off);
  ASSERT_EQ(b.w.notes.all<MacPowerLost>().size(), 1U);
  EXPECT_EQ(b.w.notes.all<MacPowerLost>()[0].second.in, Mode::restore);
  EXPECT_TRUE(b.w.notes.all<MacPowerLost>()[0].second.mains);
  b.w.ask(*b.line, "on 1\r");
  b.w.run_for(seconds{30});
  EXPECT_EQ(b.truth().mode, Mode::recovery);
  ASSERT_TRUE(b.w.plant.put_back(b.port));
  b.w.run_for(seconds{30});
  EXPECT_EQ(b.truth().mode, Mode::os_less);  // it was erased already
}

TEST(ModelMac, WithABatterySurvivesTheLossOfItsOutlet) {
  Bench b;
  b.walk_to_restore();
  b.w.ask(*b.line, "off 1\r");
  const double before = b.truth().charge;
  b.w.run_for(minutes{5});
  EXPECT_EQ(b.truth().mode, Mode::restore);
  EXPECT_TRUE(b.w.notes.all<MacPowerLost>().empty());
  EXPECT_LT(b.truth().charge, before);
}

TEST(ModelMac, ParkedInDfuRunsFlatEvenOnItsBrick) {
  Bench b(pro16("C02AAAAAAA16", 0.05));
  ASSERT_TRUE(b.w.plant.enter_dfu(b.port));
  b.w.run_for(hours{3});  // about 5 Wh at 4 W
  ASSERT_EQ(b.w.notes.all<MacPowerLost>().size(), 1U);
  EXPECT_EQ(b.w.notes.all<MacPowerLost>()[0].second.in, Mode::dfu);
}

TEST(ModelMac, DrawsAWorkingLoadWhileItRestores) {
  Bench b;
  b.walk_to_restore();
  const double watts = b.truth().watts;
  EXPECT_GE(watts, 10.0 / 0.9);
  EXPECT_LE(watts, 25.0 / 0.9);
}

TEST(ModelMac, MayStartToChargeAtNameplateWhileItRestores) {
  FaultEnvelope e;
  e[FaultKind::restoring_surge] = {600.0, 0.0, 1, minutes{5}, minutes{5}};
  Bench b(pro16("C02AAAAAAA16", 0.3), e);
  b.walk_to_restore();
  while (b.w.notes.all<FaultInjected>().empty()) b.w.run_for(seconds{1});
  b.w.run_for(seconds{2});
  EXPECT_NEAR(b.truth().watts, 140.0 / 0.9, 0.01);
  const double before = b.truth().charge;
  b.w.run_for(minutes{2});
  EXPECT_GT(b.truth().charge, before);
}

TEST(ModelMac, WithoutAPlaceForItsCableIsRefused) {
  Bench b;
  World w(small_room(Device::rpc28, {pro16("A"), pro16("B")}));
  ASSERT_TRUE(w.plant.plug_power(MacId{0}, SlotId{0}));
  EXPECT_EQ(w.plant.plug_power(MacId{1}, SlotId{0}).error().code, Errc::refused);
}

}  // namespace
}  // namespace greenroom::model
