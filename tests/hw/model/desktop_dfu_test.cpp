// A desktop and its power button: DFU comes of power that returns while the button is held (Apple 108900), and of nothing
// less.
#include <gtest/gtest.h>

#include "tests/hw/model/world.hpp"

namespace greenroom::model {
namespace {

using std::chrono::seconds;

MacSpec mini() {
  MacSpec m = pro16("C02MINIMINI1");
  m.battery = false;
  return m;
}

// A Mac that runs at an outlet that is on.
struct Desk {
  explicit Desk(MacSpec m = mini()) : w(small_room(Device::rpc28, {std::move(m)})) {
    w.plant.press_button(OutletId{0}, true);
    EXPECT_TRUE(w.plant.plug_data(mac, SlotId{0}));
    EXPECT_TRUE(w.plant.plug_power(mac, SlotId{0}));
    w.run_for(std::chrono::minutes{1});
    EXPECT_EQ(mode(), Mode::booted);
  }
  void outlet(bool on) {
    w.plant.press_button(OutletId{0}, on);
    w.run_for(seconds{1});
  }
  void button(bool held) { w.plant.hold_power(mac, held); }
  Mode mode() { return w.plant.mac(mac).mode; }

  World w;
  MacId mac{0};
};

TEST(DesktopDfu, PowerThatReturnsUnderAHeldButtonGivesDfu) {
  Desk d;
  d.outlet(false);
  EXPECT_EQ(d.mode(), Mode::off);
  d.button(true);
  d.w.run_for(seconds{20});
  EXPECT_EQ(d.mode(), Mode::off);
  d.outlet(true);
  d.w.run_for(seconds{20});
  EXPECT_EQ(d.mode(), Mode::dfu);
  EXPECT_TRUE(d.w.plant.mac(d.mac).showing);
  d.button(false);
  d.w.run_for(seconds{60});
  EXPECT_EQ(d.mode(), Mode::dfu);
}

TEST(DesktopDfu, WithoutTheButtonItStartsAsUsual) {
  Desk d;
  d.outlet(false);
  d.outlet(true);
  d.w.run_for(seconds{60});
  EXPECT_EQ(d.mode(), Mode::booted);
}

TEST(DesktopDfu, AButtonLetGoTooEarlyStartsItAsUsual) {
  Desk d;
  d.outlet(false);
  d.button(true);
  d.outlet(true);
  d.w.run_for(seconds{1});
  d.button(false);
  d.w.run_for(seconds{60});
  EXPECT_EQ(d.mode(), Mode::booted);
}

TEST(DesktopDfu, AButtonPressedAfterPowerCameDoesNotGiveDfu) {
  Desk d;
  d.outlet(false);
  d.outlet(true);
  d.button(true);
  d.w.run_for(seconds{4});
  d.button(false);
  d.w.run_for(seconds{60});
  EXPECT_EQ(d.mode(), Mode::booted);
}

TEST(DesktopDfu, AButtonHeldWhileItRunsForcesItOff) {
  Desk d;
  d.button(true);
  d.w.run_for(seconds{6});
  EXPECT_EQ(d.mode(), Mode::off);
  d.button(false);
  d.w.run_for(seconds{60});
  EXPECT_EQ(d.mode(), Mode::off);
}

TEST(DesktopDfu, ALaptopKeepsRunningWhateverItsOutletDoes) {
  Desk d(pro16("C02AAAAAAA16", 0.6));
  d.outlet(false);
  d.button(true);
  d.outlet(true);
  d.w.run_for(seconds{60});
  EXPECT_EQ(d.mode(), Mode::booted);
}

}  // namespace
}  // namespace greenroom::model
