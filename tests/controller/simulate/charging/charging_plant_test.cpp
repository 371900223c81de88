// The model of a cell: currents and heat by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "controller/simulate/charging/meters.hpp"
#include "controller/simulate/charging/plant.hpp"

namespace greenroom::sim::charging {
namespace {

CellSpec quiet() {
  CellSpec spec;
  spec.name = "test";
  spec.wiring = {.slots = 24, .volts = 120, .hard_A = 15, .continuous_A = 12};
  spec.surges = false;
  return spec;
}

// 99.6 Wh at 1C: 99.6 / 0.96 + 4 W before the brick of 90 %, at a power factor of 0.97.
constexpr double plateau_A = (99.6 / 0.96 + 4) / (0.90 * 120 * 0.97);

TEST(ChargingPlant, DrawsThePlateauOfASixteenInchOnceUsbPdHasStarted) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  plant.contact(0, true);
  plant.draw();
  EXPECT_EQ(plant.amps(0), 0.0);
  plant.advance(3);
  EXPECT_NEAR(plant.amps(0), plateau_A, 1e-9);
}

TEST(ChargingPlant, ChargesAPointInAHundredthOfAnHourAt1C) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  const double before = plant.charge(0);
  plant.contact(0, true);
  plant.advance(2 + 36);
  EXPECT_NEAR(plant.charge(0) - before, 0.01, 1e-6);
}

TEST(ChargingPlant, DrawsNothingBeforeItsMacArrives) {
  Cell cell = make_cell(quiet());
  cell.seats[0].arrives = std::chrono::minutes{45};
  Plant plant(cell);
  plant.contact(0, true);
  plant.advance(5);
  EXPECT_EQ(plant.amps(0), 0.0);
  plant.arrive(0);
  plant.advance(5);
  EXPECT_GT(plant.amps(0), 1.0);
}

TEST(ChargingPlant, AddsUpToTheBranch) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  for (std::uint32_t o = 0; o < 5; ++o) plant.contact(o, true);
  plant.advance(3);
  EXPECT_NEAR(plant.circuit_amps(0), 5 * plateau_A, 1e-9);
}

TEST(ChargingPlant, CountsAmpSecondsAboveTheHardLimitAndTripsOnTheFastEdge) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  for (std::uint32_t o = 0; o < 24; ++o) plant.contact(o, true);
  plant.advance(2);
  plant.advance(10);
  const double over = 24 * plateau_A - 15;
  EXPECT_NEAR(plant.truth(0).over_hard_As, 10 * over, 1e-6);
  // theta = m^2 (1 - exp(-t / 35 s)) with m = 1.646 reaches 1.10 after 18.2 s.
  EXPECT_EQ(plant.truth(0).trips, 0);
  plant.advance(10);
  EXPECT_EQ(plant.truth(0).trips, 1);
  EXPECT_NEAR(plant.truth(0).worst_theta, 1.0, 1e-12);
}

TEST(ChargingPlant, CountsSecondsOfATenMinuteMeanAboveTheContinuousLimit) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  for (std::uint32_t o = 0; o < 13; ++o) plant.contact(o, true);  // 13.37 A on 12 A
  plant.advance(2);
  // The mean of ten minutes that began empty passes 12 A after 600 s x 12 / 13.37 of it.
  const double passes = 600 * 12 / (13 * plateau_A);
  plant.advance(std::floor(passes) - 1);
  EXPECT_EQ(plant.truth(0).over_soft_s, 0.0);
  EXPECT_NEAR(plant.truth(0).now_over_s, std::floor(passes) - 1, 1e-6);
  plant.advance(11);
  EXPECT_NEAR(plant.truth(0).over_soft_s, 10.0, 1.5);
}

TEST(ChargingPlant, PutsTheRootOfTheSquaresOnANeutral) {
  CellSpec spec = quiet();
  spec.wiring = {.slots = 240, .volts = 230, .hard_A = 32, .continuous_A = 32, .feeds = 2, .panel_A = 60};
  const Cell cell = make_cell(spec);
  Plant plant(cell);
  for (std::uint32_t o = 0; o < 72; ++o) plant.contact(o, true);  // three banks: two on feed 1, L1 and L2, one on feed 2
  plant.advance(3);
  std::uint32_t neutral = 0;
  for (std::uint32_t c = 0; c < cell.room.circuits.size(); ++c) {
    if (cell.room.circuits[c].name == "feed1.N") neutral = c;
  }
  ASSERT_NE(neutral, 0U);
  const double bank = 24 * plateau_A * 120 / 230;
  EXPECT_NEAR(plant.circuit_amps(neutral), std::sqrt(2.0) * bank, 1e-6);
}

TEST(ChargingPlant, SupposesThreeMoreAwakeWhenTheControllerIsDead) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  for (std::uint32_t o = 0; o < 5; ++o) plant.contact(o, true);
  plant.advance(3);
  plant.suppose_dead();
  const double most = 140 / (0.90 * 120 * 0.97);
  EXPECT_NEAR(plant.truth(0).if_dead, (2 * plateau_A + 3 * most) / 15, 1e-9);
}

TEST(ChargingPlant, WakesItsMacsOnceInTwoHoursForTwoMinutes) {
  CellSpec spec = quiet();
  spec.surges = true;
  spec.wiring.slots = 240;
  spec.wiring.hard_A = 1000;
  spec.wiring.continuous_A = 1000;
  const Cell cell = make_cell(spec);
  Plant plant(cell);
  for (std::uint32_t o = 0; o < 240; ++o) plant.contact(o, true);
  plant.advance(2);
  double awake = 0;
  for (int t = 0; t < 900; ++t) {
    plant.advance(1);
    for (std::uint32_t o = 0; o < 240; ++o) awake += plant.amps(o) > plateau_A + 0.1 ? 1 : 0;
  }
  // 240 Macs for 15 minutes: 30 would wake, the last ones for less than two minutes; 28 x 120 s, deviation of a sixth.
  EXPECT_NEAR(awake / (28 * 120), 1.0, 0.5);
}

TEST(ChargingMeters, StayWithinTheErrorThatTheDeviceStates) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  Meters meters(cell);
  for (std::uint32_t o = 0; o < 24; ++o) plant.contact(o, true);
  plant.advance(3);
  meters.sample(plant);
  int beyond = 0;
  for (int i = 0; i < 200; ++i) {
    for (const OutletSample& s : meters.read(PduId{0}, plant, TimePoint{}).outlets) {
      if (std::abs(s.current->value() - plateau_A) > 0.01 * plateau_A + 0.005) ++beyond;
    }
  }
  EXPECT_LT(beyond, 24 * 200 / 50);  // two deviations
}

TEST(ChargingMeters, TellTheStateOfNowAndTheCurrentOfTheSample) {
  const Cell cell = make_cell(quiet());
  Plant plant(cell);
  Meters meters(cell);
  plant.contact(0, true);
  plant.advance(3);
  meters.sample(plant);
  plant.contact(0, false);
  plant.draw();
  const PduRead r = meters.read(PduId{0}, plant, TimePoint{});
  EXPECT_EQ(r.outlets[0].state, Sensed::off);
  EXPECT_GT(*r.outlets[0].current, Amps::of(0.9));
}

TEST(ChargingMeters, OfBanksReadBanksAndNoOutlet) {
  CellSpec spec = quiet();
  spec.bank_meter = true;
  const Cell cell = make_cell(spec);
  Plant plant(cell);
  Meters meters(cell);
  for (std::uint32_t o = 0; o < 13; ++o) plant.contact(o, true);
  plant.advance(3);
  meters.sample(plant);
  const PduRead r = meters.read(PduId{0}, plant, TimePoint{});
  EXPECT_FALSE(r.outlets[0].current.has_value());
  ASSERT_EQ(r.meters.size(), 2U);
  EXPECT_NEAR(r.meters[0].current.value(), 12 * plateau_A, 0.15);
  EXPECT_NEAR(r.meters[1].current.value(), plateau_A, 0.02);
}

}  // namespace
}  // namespace greenroom::sim::charging
