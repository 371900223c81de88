// Bounds by hand, and one fleet by the reference calculation (power sheet 4a).
#include "controller/simulate/bound.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace greenroom::sim {
namespace {

// 96 Wh at 1C: half of it is 48 Wh in half an hour, 50 Wh before the pack, 100 W; at 120 V behind a 90 % brick with a
// power factor of 1 that is 50 / 108 = 0.46296 Ah at 0.92593 A.
ChargeNeed plain() {
  ChargeNeed n;
  n.capacity_Wh = 96;
  n.adapter_W = 200;
  n.power_factor = 1.0;
  n.start = 0.30;
  n.goal = 0.80;
  return n;
}

TEST(Bound, ChargesAtConstantRateBelowTheKnee) { EXPECT_NEAR(plain().hours(0.30, 0.80), 0.5, 1e-12); }

TEST(Bound, ChargesTheTaperByTheLogarithmOfWhatIsMissing) {
  EXPECT_NEAR(plain().hours(0.80, 0.90), 0.2 * 0.693147, 1e-6);  // tau 0.2 h times ln 2
}

TEST(Bound, TakesAsLongAsASmallAdapterNeeds) {
  ChargeNeed n = plain();
  n.adapter_W = 50;  // 48 W into the pack: 0.5C
  EXPECT_NEAR(n.hours(0.30, 0.80), 1.0, 1e-12);
}

TEST(Bound, FindsTheChargeFromWhichTheGoalIsThatFar) {
  ChargeNeed n = plain();
  n.goal = 0.90;
  EXPECT_NEAR(n.needed(0.2 * 0.693147), 0.80, 1e-6);
  EXPECT_NEAR(n.needed(0.2 * 0.693147 + 0.25), 0.55, 1e-6);
  EXPECT_NEAR(n.needed(0.0), 0.90, 1e-12);
}

TEST(Bound, CountsAmpHoursAtTheWall) { EXPECT_NEAR(plain().amp_hours(0.30, 0.80, 120), 0.462963, 1e-6); }

TEST(Bound, OfOneMacIsItsOwnTime) {
  const std::vector<ChargeNeed> one{plain()};
  EXPECT_NEAR(demand_bound_hours(one, Amps::of(1), Volts::of(120)), 0.5, 1e-9);
}

TEST(Bound, OfFourOnALimitForOneIsOneAfterTheOther) {
  const std::vector<ChargeNeed> four(4, plain());
  EXPECT_NEAR(demand_bound_hours(four, Amps::from_milli(926), Volts::of(120)), 4 * 0.462963 / 0.926, 1e-4);
}

TEST(Bound, OfAFleetIsThatOfTheReference) {
  std::vector<ChargeNeed> fleet;
  for (int i = 0; i < 24; ++i) {
    ChargeNeed n;
    n.capacity_Wh = 99.6;
    n.adapter_W = 140;
    n.idle_W = 4;
    n.start = 0.05 + 0.02 * i;
    n.goal = 0.99;
    fleet.push_back(n);
  }
  // 24 sixteen-inch Macs at 5 to 51 % on 16 A, by the reference program: 1.424227 h.
  EXPECT_NEAR(demand_bound_hours(fleet, Amps::of(16), Volts::of(120)), 1.424227, 1e-4);
}

TEST(Bound, OfNothingIsNothing) {
  const Bound b = bound({}, 8, 24, Amps::of(16), Volts::of(120));
  EXPECT_EQ(b.largest(), 0.0);
}

TEST(Bound, OfAVisitIsItsSlotTimeAndTheChargeThatIsLeft) {
  const MacNeed mac{1200, 600, plain()};  // half an hour of charging, 10 minutes of it in the slot
  EXPECT_NEAR(bound(std::span(&mac, 1), 8, 24, Amps::of(16), Volts::of(120)).solo_s, 1200 + 1800 - 600, 1e-6);
}

TEST(Bound, OfFewSlotsIsTheirShareOfAllSlotTime) {
  const std::vector<MacNeed> macs(10, MacNeed{1200, 0, std::nullopt});
  EXPECT_NEAR(bound(macs, 4, 24, Amps::of(16), Volts::of(120)).slots_s, 3000, 1e-9);
}

TEST(Bound, OfFewPlacesIsTheirShareOfAllCharging) {
  const std::vector<MacNeed> macs(6, MacNeed{0, 0, plain()});
  EXPECT_NEAR(bound(macs, 4, 3, Amps::of(16), Volts::of(120)).slots_s, 3600, 1e-6);
}

}  // namespace
}  // namespace greenroom::sim
