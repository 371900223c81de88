// Charging times against published ones (reference: power sheet 2.2), and the odd packs.
#include "hw/model/battery.hpp"

#include <gtest/gtest.h>

namespace greenroom::model {
namespace {

MacSpec air13(double charge) {
  MacSpec m;
  m.capacity = WattHours::of(52.6);
  m.input_most = Watts::of(70);
  m.idle = Watts::of(2);
  m.charge = charge;
  return m;
}

double minutes_to(Battery& b, double goal) {
  double minutes = 0.0;
  while (b.level() < goal && minutes < 1000.0) {
    b.charge(1.0);
    minutes += 1.0 / 60.0;
  }
  return minutes;
}

TEST(Battery, FillsAnAirWithinSixPercentOfThePublishedTimes) {
  struct Published {
    double watts, minutes;
  };
  for (const Published& p : {Published{67, 85}, {35, 120}, {30, 140}}) {
    Battery b(air13(0.01), p.watts);
    EXPECT_NEAR(minutes_to(b, 0.99), p.minutes, 0.06 * p.minutes) << p.watts << " W";
  }
}

TEST(Battery, IsHalfFullInAboutHalfAnHourOnA67WattBrick) {
  Battery b(air13(0.0), 67);
  EXPECT_NEAR(minutes_to(b, 0.5), 30.0, 3.0);
}

TEST(Battery, TakesTheSameTimeStepByStepAsInClosedForm) {
  Battery b(air13(0.05), 67);
  const double closed = b.hours_to(0.95) * 60.0;
  EXPECT_NEAR(minutes_to(b, 0.95), closed, 0.05);
}

TEST(Battery, DrawsLessAndLessOnceTheTaperBegins) {
  Battery b(air13(0.5), 67);
  const double full_current = b.accepts();
  minutes_to(b, 0.9);
  EXPECT_NEAR(b.accepts() / full_current, 0.1 / 0.2, 0.02);  // (1-s)/(1-s0) at s 0.9, s0 0.8, both at 1C
}

TEST(Battery, WhenDeeplyDischargedIdlesTwentyMinutesAndThenTakesFullPower) {
  MacSpec m = air13(0.0);
  m.deep_discharged = true;
  Battery b(m, 67);
  for (int i = 0; i < 1199; ++i) b.charge(1.0);
  EXPECT_LT(b.accepts(), 3.0);
  b.charge(1.0);
  EXPECT_GT(b.accepts(), 50.0);
}

TEST(Battery, ThatIsAgedFillsSooner) {
  MacSpec m = air13(0.05);
  Battery fresh(m, 30);
  m.health = 0.75;
  Battery aged(m, 30);
  EXPECT_NEAR(minutes_to(aged, 0.5), 0.75 * minutes_to(fresh, 0.5), 0.1);
}

TEST(Battery, ThatIsDeadTakesNothing) {
  MacSpec m = air13(0.5);
  m.dead_pack = true;
  const Battery b(m, 67);
  EXPECT_EQ(b.accepts(), 0.0);
  EXPECT_FALSE(b.works());
}

TEST(Battery, HeldAtEightyPercentStopsThere) {
  MacSpec m = air13(0.5);
  m.charge_limit = 0.8;
  Battery b(m, 67);
  for (int i = 0; i < 7200; ++i) b.charge(1.0);
  EXPECT_DOUBLE_EQ(b.level(), 0.8);
  EXPECT_EQ(b.accepts(), 0.0);
}

TEST(Brick, DrawsItsNameplateByPowerFactorAndEfficiency) {
  EXPECT_NEAR(nameplate_amps(Watts::of(140), default_power_factor(Watts::of(140)), 120), 1.336,
              0.001);                                                                                  // 140/(0.9*0.97*120)
  EXPECT_NEAR(nameplate_amps(Watts::of(30), default_power_factor(Watts::of(30)), 120), 0.479, 0.001);  // 30/(0.9*0.58*120)
}

}  // namespace
}  // namespace greenroom::model
