// What an outlet's own meter tells of the Mac there: its plateau, its taper, a guess of its charge.
#include <gtest/gtest.h>

#include "controller/domain/power/charge_model.hpp"
#include "controller/domain/power/views.hpp"
#include "tests/support/power_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::PowerRig;

PowerRig charging() {
  PowerRig rig = test::started();
  rig.want("left:1", Want::charge);
  rig.run(60s);
  return rig;
}

OutletView view(const PowerRig& rig, const std::string& outlet) {
  const Views v = make_views(rig.room, rig.rules, rig.state, rig.senses, rig.demands, rig.now);
  return v.outlets[find_outlet(rig.room, outlet)->value];
}

TEST(ChargeSeen, ExpectsThePlateauThatWasDrawnForThreeMinutes) {
  PowerRig rig = charging();
  rig.at("left:1").draw = Amps::of(0.9);
  rig.run(8min);
  EXPECT_EQ(view(rig, "left:1").expected, Amps::of(0.9));
}

TEST(ChargeSeen, TakesNoTwoMinuteWakeUpForAPlateau) {
  PowerRig rig = charging();
  rig.at("left:1").draw = Amps::of(0.9);
  rig.run(8min);
  rig.at("left:1").draw = Amps::of(1.3);
  rig.run(2min);
  rig.at("left:1").draw = Amps::of(0.9);
  rig.run(5min);
  EXPECT_EQ(view(rig, "left:1").expected, Amps::of(0.9));
}

TEST(ChargeSeen, TellsTheChargeFromTheTaperWhateverTheReportSays) {
  PowerRig rig = charging();
  rig.at("left:1").draw = Amps::of(1.0);
  rig.run(8min);
  rig.at("left:1").draw = Amps::of(0.5);
  rig.run(1min);
  // 99.6 Wh at 1C draw 107 W on the plateau; half of it is 0.48 C into the pack: 20 % x 0.48 from full.
  EXPECT_NEAR(view(rig, "left:1").charge, 0.904, 0.003);
  EXPECT_EQ(view(rig, "left:1").expected, Amps::of(0.5));
}

TEST(ChargeSeen, CountsOnNoTaperThatItHasNotSeen) {
  PowerRig rig = charging();
  rig.at("left:1").draw = Amps::of(1.0);
  rig.run(8min);
  rig.want("left:1", Want::charge, 0.95);
  rig.at("left:1").draw = Amps::of(1.0);
  EXPECT_EQ(view(rig, "left:1").expected, Amps::of(1.0));
}

TEST(ChargeSeen, ForgetsWhenAnotherMacSitsThere) {
  PowerRig rig = charging();
  rig.at("left:1").draw = Amps::of(1.0);
  rig.run(8min);
  rig.at("left:1").draw = Amps::of(0.5);
  rig.run(1min);
  forget_outlet(rig.senses, *find_outlet(rig.room, "left:1"), rig.now);
  EXPECT_NEAR(view(rig, "left:1").charge, 0.30, 1e-9);
}

TEST(ChargeSeen, FromTheWallAloneIsBetweenTheEmptiestAndTheFullestThatComesBack) {
  OutletInsight seen;
  EXPECT_GE(seen_charge(seen, 100), 0.05);
  EXPECT_LE(seen_charge(seen, 100), 0.60);
  seen.delivered = WattHours::of(70);  // 60 % into the pack, and no taper: it began below 20 %
  EXPECT_GE(seen_charge(seen, 100), 0.05 + 0.60);
  EXPECT_LE(seen_charge(seen, 100), 0.80);
  seen.full = true;
  EXPECT_EQ(seen_charge(seen, 100), 1.0);
}

TEST(ChargeSeen, TheShareOfThePlateauTellsTheChargeItCameFrom) {
  const ChargeModel m = charge_model(Watts::of(140), 99.6);
  for (const double charge : {0.82, 0.88, 0.93, 0.97}) {
    EXPECT_NEAR(m.charge_at(m.watts_dc(charge) / m.watts_dc(0.5)), charge, 1e-9);
  }
}

TEST(ChargeSeen, EnergyToTheGoalIsThePacksAndTheMachines) {
  const ChargeModel m = charge_model(Watts::of(140), 96);
  // Half of 96 Wh before an acceptance of 96 %, and 3 W for the half hour that it takes.
  EXPECT_NEAR(m.energy_Wh(0.2, 0.7), 50.0 + 1.5, 1e-3);
}

}  // namespace
}  // namespace greenroom
