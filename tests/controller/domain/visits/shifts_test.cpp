// Shifts: no erase starts whose failure would find nobody here; one that fails unattended leaves DFU, charges and waits.
#include "controller/domain/shifts.hpp"

#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The rig's wall clock starts at midnight of Monday 2026-11-23, an hour before `now`. Weekdays 08:00 to 17:00; a DFU entry
// and a restore may take 65 minutes together.
struct Shifts : Rig {
  Shifts() {
    for (int day = 0; day < 5; ++day) setup.room.shifts.push_back({day, hours{8}, hours{17}});
    now = TimePoint{hours{8}};
    start();
    import({row(2, mac_a)});
  }
  void clock(int h, int m = 0) { wait(TimePoint{hours{h} + minutes{m}} - now); }
};

TEST(StaffedFrom, IsNowWithinAShiftAndTheNextShiftsBeginOtherwise) {
  const std::vector<Shift> shifts = {{0, hours{13}, hours{17}}, {0, hours{8}, hours{12}}, {1, hours{8}, hours{12}}};
  const WallTime monday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
  EXPECT_EQ(staffed_from(shifts, monday + hours{9}), monday + hours{9});
  EXPECT_EQ(staffed_from(shifts, monday + hours{12}), monday + hours{13});
  EXPECT_EQ(staffed_from(shifts, monday + hours{3}), monday + hours{8});
  EXPECT_EQ(staffed_from(shifts, monday + hours{18}), monday + hours{32});
  EXPECT_EQ(staffed_from({}, monday + hours{3}), monday + hours{3});
}

TEST(Shifts, AnEraseThatEndsWithinTheShiftStarts) {
  Shifts s;
  s.clock(15, 54);
  s.to_dfu(mac_a, "1-01");
  EXPECT_EQ(s.at(), "dfu running");
}

TEST(Shifts, AnEraseThatWouldEndAfterTheShiftWaitsAndNamesTheNextOne) {
  Shifts s;
  s.clock(15, 56);
  s.to_charge_gate(mac_a, "1-01");
  s.command(CommandKind::battery, mac_a, 55);
  EXPECT_EQ(s.at(), "dfu waiting");
  EXPECT_THAT(s.visit().what, testing::StartsWith("shift: "));
  EXPECT_THAT(s.visit().what, testing::HasSubstr("Tuesday 08:00"));
  EXPECT_TRUE(s.effects("enter_dfu").empty());
  EXPECT_EQ(demands(s.context()).at(0).want, Want::charge);  // not protected: it may charge for the others
}

TEST(Shifts, ItStartsSoThatItEndsWhenTheNextShiftBegins) {
  Shifts s;
  s.clock(15, 56);
  s.to_charge_gate(mac_a, "1-01");
  s.command(CommandKind::battery, mac_a, 55);
  s.clock(24 + 6, 59);
  EXPECT_THAT(s.visit().what, testing::StartsWith("shift: "));
  s.clock(24 + 7);
  EXPECT_THAT(s.visit().what, testing::StartsWith("power lease"));
  s.lease("1-01");
  EXPECT_EQ(s.at(), "dfu running");
}

TEST(Shifts, WhatComesIntoDfuAtOnceIsRestoredAndNotTakenOutAgain) {
  Shifts s;
  s.clock(15, 56);
  s.to_charge_gate(mac_a, "1-01");
  s.command(CommandKind::battery, mac_a, 55);
  s.clock(24 + 7);
  s.lease("1-01");
  s.gone("1-01");
  s.now += std::chrono::seconds{13};
  s.shows("1-01", MacMode::dfu, "", ecid_a);
  s.result(s.last_effect("enter_dfu"), true);
  EXPECT_EQ(s.at(), "restore running");
}

TEST(Shifts, ARunThatFailsUnattendedLeavesDfuChargesToHalfAndWaits) {
  Shifts s;
  s.clock(15, 54);
  const std::uint64_t engine = s.to_restore(mac_a, "1-01", ecid_a);
  s.clock(16, 30);
  s.gone("1-01");
  s.shows("1-01", MacMode::dfu, "", ecid_a);
  s.result(engine, false, "the link was lost", "technician");
  EXPECT_EQ(s.at(), "dfu waiting");
  EXPECT_THAT(s.visit().what, testing::StartsWith("shift: "));
  ASSERT_EQ(s.effects("leave_dfu").size(), 1U);
  s.gone("1-01");
  s.result(s.last_effect("leave_dfu"), true);
  EXPECT_EQ(demands(s.context()).at(0).want, Want::protect);  // it starts up
  s.shows("1-01", MacMode::booted, mac_a);
  const Demand d = demands(s.context()).at(0);
  EXPECT_DOUBLE_EQ(d.goal, 0.5);
  EXPECT_EQ(d.want, Want::nothing);  // 55 % were reported
}

TEST(Shifts, AFailedMacIsProtectedUntilItIsPutInOrder) {
  Shifts s;
  s.clock(15, 54);
  const std::uint64_t engine = s.to_restore(mac_a, "1-01", ecid_a);
  s.clock(16, 30);
  s.result(engine, false, "the link was lost", "technician");
  EXPECT_THAT(s.visit().what, testing::StartsWith("shift: "));
  EXPECT_EQ(demands(s.context()).at(0).want, Want::protect);
}

}  // namespace
}  // namespace greenroom::test
