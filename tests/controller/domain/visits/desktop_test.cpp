// A desktop has no battery: its outlet is its life. Who is protected without a seat, and who is not lost while it is dark.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Desktop : Rig {
  Desktop() { import({row(2, mac_a, "Mac mini", ""), row(3, mac_b, "Mac mini", ""), row(4, mac_c)}); }
  // left:1 feeds 1-01, left:2 feeds 1-02.
  void switched(const std::string& slot, bool on) {
    apply_one(OutletSensed{setup.room.outlets[outlet(slot).value].name, on ? "on" : "off"});
    power(slot, on, 8);
  }
  // mac_a waits for its lease at 1-01, its outlet was opened an hour ago by somebody, and reads on again now.
  void dark_for_an_hour() {
    seat(mac_a, "1-01");
    switched("1-01", true);
    shows("1-01", MacMode::booted, mac_a);
    EXPECT_EQ(at(), "dfu waiting");
    switched("1-01", false);
    gone("1-01");
    wait(minutes{60});
    EXPECT_EQ(at(), "dfu waiting");
    switched("1-01", true);
  }
};

TEST(Desktop, OneThatShowsAtAPortWithoutASeatIsProtected) {
  Desktop d;
  d.switched("1-02", true);
  d.shows("1-02", MacMode::booted, mac_b);
  const auto all = demands(d.context());
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].slot, d.slot_id("1-02"));
  EXPECT_EQ(all[0].want, Want::protect);
  EXPECT_FALSE(all[0].has_battery);
}

TEST(Desktop, OneThatSitsElsewhereByItsScansIsProtectedWhereItShows) {
  Desktop d;
  d.seat(mac_a, "1-01");
  d.switched("1-02", true);
  d.shows("1-02", MacMode::booted, mac_a);
  const auto all = demands(d.context());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].slot, d.slot_id("1-02"));
  EXPECT_EQ(all[1].want, Want::protect);
}

TEST(Desktop, OneThatShowsWhereALaptopSitsByItsScansIsProtected) {
  Desktop d;
  d.seat(mac_c, "1-02");
  d.switched("1-02", true);
  d.shows("1-02", MacMode::booted, mac_c);
  d.command(CommandKind::battery, mac_c, 90);
  d.command(CommandKind::deny, mac_c, 0, "lost");
  ASSERT_EQ(demands(d.context()).size(), 1U);
  EXPECT_EQ(demands(d.context())[0].want, Want::nothing);  // it has half its charge
  d.shows("1-02", MacMode::booted, mac_b);
  ASSERT_EQ(demands(d.context()).size(), 1U);
  EXPECT_EQ(demands(d.context())[0].want, Want::protect);
}

TEST(Desktop, OneThatIsGoneFromThePortAsksForNothing) {
  Desktop d;
  d.switched("1-02", true);
  d.shows("1-02", MacMode::booted, mac_b);
  d.gone("1-02");
  EXPECT_TRUE(demands(d.context()).empty());
}

TEST(Desktop, OneWithoutASeatIsNotSwitchedOnAgain) {
  Desktop d;
  d.switched("1-02", true);
  d.shows("1-02", MacMode::booted, mac_b);
  d.switched("1-02", false);  // the data port may tell it later
  EXPECT_TRUE(demands(d.context()).empty());
}

TEST(Desktop, ALaptopWithoutASeatAsksForNothing) {
  Desktop d;
  d.switched("1-02", true);
  d.shows("1-02", MacMode::booted, mac_c);
  EXPECT_TRUE(demands(d.context()).empty());
}

TEST(Desktop, OneThatGotPowerAgainKeepsItsSeatWhileItStartsUp) {
  Desktop d;
  d.dark_for_an_hour();
  EXPECT_EQ(d.at(), "dfu waiting");
  d.wait(minutes{3});
  EXPECT_EQ(d.at(), "dfu waiting");
  d.shows("1-01", MacMode::booted, mac_a);
  EXPECT_EQ(d.at(), "dfu waiting");
  EXPECT_TRUE(d.visit().slot.has_value());
}

TEST(Desktop, OneThatDoesNotStartUpIsMissed) {
  Desktop d;
  d.dark_for_an_hour();
  EXPECT_LE(next_visit_deadline(d.context()), d.now + minutes{10});
  d.wait(minutes{10});
  EXPECT_EQ(d.at(), "seat hands");
  EXPECT_FALSE(d.visit().slot.has_value());
}

TEST(Desktop, OneThatIsUnpluggedLongAfterItStartedIsMissedAtOnce) {
  Desktop d;
  d.dark_for_an_hour();
  d.shows("1-01", MacMode::booted, mac_a);
  d.wait(minutes{20});
  d.gone("1-01");
  d.wait(seconds{30});
  EXPECT_EQ(d.at(), "seat hands");
}

}  // namespace
}  // namespace greenroom::test
