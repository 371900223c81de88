// Circuits of the plant: two sums, trips, means, and what they are attributed to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hw/model/world.hpp"

namespace greenroom::model {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Twenty 16-inch Macs, each in its place.
std::vector<MacSpec> twenty() {
  std::vector<MacSpec> macs;
  for (int i = 0; i < 20; ++i) macs.push_back(pro16("SERIAL" + std::to_string(100 + i)));
  return macs;
}

void plug_all(World& w) {
  for (std::uint32_t i = 0; i < w.plant.spec().macs.size(); ++i) ASSERT_TRUE(w.plant.plug_power(MacId{i}, SlotId{i}));
}

TEST(Plant, SumsWhatEveryMacDrawsOnEveryCircuitAboveIt) {
  World w(small_room(Device::rpc28, twenty()));
  plug_all(w);
  const auto line = w.plant.open_line(PduId{0});
  for (const char* n : {"1", "2", "11"}) w.ask(*line, std::string("on ") + n + "\r");
  w.run_for(minutes{2});
  const double one = (99.6 / 0.96 + 4.0) / (0.9 * 0.97 * 120.0);  // 1C and the idle machine
  EXPECT_NEAR(w.plant.circuit(CircuitId{1}).now.value(), 2 * one, 0.01);
  EXPECT_NEAR(w.plant.circuit(CircuitId{2}).now.value(), one, 0.01);
  EXPECT_NEAR(w.plant.circuit(CircuitId{0}).now.value(), 3 * one, 0.01);
}

TEST(Plant, TripsTheBranchWhenEveryMacIsSwitchedOn) {
  WorldSpec spec = small_room(Device::rpc28, twenty());
  spec.circuits[0].hard = Amps::of(15);  // 20 Macs at 1.03 A: 1.37 times the rating
  World w(std::move(spec));
  plug_all(w);
  const auto line = w.plant.open_line(PduId{0});
  w.ask(*line, "on all\r");
  w.run_for(minutes{10});
  const auto trips = w.notes.all<Tripped>();
  ASSERT_EQ(trips.size(), 1U);
  EXPECT_EQ(trips[0].second.circuit, CircuitId{0});
  EXPECT_TRUE(trips[0].second.clean_would);
  EXPECT_FALSE(w.plant.circuit(CircuitId{0}).live);
  EXPECT_FALSE(w.plant.outlet_on(OutletId{0}));
  EXPECT_GT(w.plant.circuit(CircuitId{0}).over_hard_clean_As, 0.0);
  EXPECT_EQ(w.ask(*line, "\r"), "");  // the PDU hung on it too
  ASSERT_TRUE(w.plant.reset_breaker(CircuitId{0}));
  w.run_for(seconds{20});
  EXPECT_TRUE(w.plant.circuit(CircuitId{0}).live);
  EXPECT_NE(w.ask(*line, "\r"), "");
  EXPECT_FALSE(w.plant.outlet_on(OutletId{0}));  // all off is its policy
}

TEST(Plant, TripsAtTheInstantTheBreakerWould) {
  WorldSpec spec = small_room(Device::rpc28, {});
  spec.circuits[0].base = Amps::of(40);  // twice the rating, cold: 35 ln(4 / 2.9) = 11.255 s
  World w(std::move(spec));
  w.run_for(seconds{30});
  const auto trips = w.notes.all<Tripped>();
  ASSERT_EQ(trips.size(), 1U);
  EXPECT_NEAR(in_seconds(trips[0].first.time_since_epoch()), 11.255, 0.001);
}

TEST(Plant, KeepsAHeaterOutOfTheCleanSum) {
  FaultEnvelope e;
  e[FaultKind::heater] = {60.0, 0.0, 1, minutes{30}, minutes{30}};
  World w(small_room(Device::rpc28, twenty()), e);
  plug_all(w);
  const auto line = w.plant.open_line(PduId{0});
  for (int n = 1; n <= 12; ++n) w.ask(*line, "on " + std::to_string(n) + "\r");
  for (int i = 0; i < 300 && w.notes.all<FaultInjected>().empty(); ++i) w.run_for(seconds{1});
  w.run_for(seconds{2});
  const CircuitTruth t = w.plant.circuit(CircuitId{0});
  EXPECT_GE(t.now.value() - t.clean.value(), 3.0);
  EXPECT_LE(t.now.value() - t.clean.value(), 6.0);
  EXPECT_EQ(w.plant.circuit(CircuitId{1}).now, w.plant.circuit(CircuitId{1}).clean);  // it hangs upstream of the banks
}

TEST(Plant, CountsSecondsAboveTheContinuousLimitByTheTenMinuteMean) {
  WorldSpec spec = small_room(Device::rpc28, {pro16()});
  spec.circuits[0].base = Amps::of(17);  // constant, above 16 A and below 20 A
  World w(std::move(spec));
  w.run_for(minutes{10});
  // The mean of the last 600 s passes 16 A after 600 * 16/17 = 564.7 s.
  EXPECT_NEAR(w.plant.circuit(CircuitId{0}).over_soft_s, 600 - 564.7, 1.0);
  EXPECT_EQ(w.plant.circuit(CircuitId{0}).over_hard_As, 0.0);
}

TEST(Plant, CountsAmpereSecondsAboveTheHardLimitOfBothSums) {
  WorldSpec spec = small_room(Device::rpc28, {});
  spec.circuits[0].edge = Edge::none;
  spec.circuits[0].base = Amps::of(22);
  World w(std::move(spec));
  w.run_for(seconds{100});
  const CircuitTruth t = w.plant.circuit(CircuitId{0});
  EXPECT_NEAR(t.over_hard_As, 200.0, 0.01);
  EXPECT_NEAR(t.over_hard_clean_As, 200.0, 0.01);
  EXPECT_EQ(w.notes.all<OverHard>().size(), 100U);
}

TEST(Plant, CallsAForeignOutletsCurrentInjectedUntilWeOrderIt) {
  World w(small_room(Device::rpc28, twenty()));
  plug_all(w);
  const auto line = w.plant.open_line(PduId{0});
  w.plant.press_button(OutletId{0}, true);
  w.run_for(minutes{1});
  EXPECT_GT(w.plant.circuit(CircuitId{0}).now.value(), 0.5);
  EXPECT_EQ(w.plant.circuit(CircuitId{0}).clean, Amps{});
  EXPECT_EQ(w.notes.all<OutletSwitched>()[0].second.cause, Cause::foreign);
  EXPECT_THAT(w.ask(*line, "status\r"), testing::HasSubstr(" 1)...Outlet  1       : On "));
  w.ask(*line, "on 1\r");
  w.run_for(seconds{2});
  EXPECT_EQ(w.plant.circuit(CircuitId{0}).clean, w.plant.circuit(CircuitId{0}).now);
}

TEST(Plant, CallsAWeldedOutletsCurrentInjectedOnceItWasOrderedOff) {
  FaultEnvelope e;
  e[FaultKind::relay_welded] = {60.0, 0.0, 1, hours{1}, hours{1}};
  World w(small_room(Device::rpc28, twenty()), e);
  plug_all(w);
  const auto line = w.plant.open_line(PduId{0});
  w.ask(*line, "on 1\r");
  while (w.notes.all<FaultInjected>().empty()) w.run_for(seconds{1});
  EXPECT_EQ(w.plant.circuit(CircuitId{0}).clean, w.plant.circuit(CircuitId{0}).now);
  w.ask(*line, "off 1\r");
  w.run_for(seconds{2});
  EXPECT_TRUE(w.plant.outlet_on(OutletId{0}));
  EXPECT_THAT(w.ask(*line, "status\r"), testing::HasSubstr(" 1)...Outlet  1       : Off"));
  EXPECT_EQ(w.plant.circuit(CircuitId{0}).clean, Amps{});
  EXPECT_EQ(w.notes.all<RelayRefused>().size(), 1U);
  w.run_for(hours{1});
  EXPECT_FALSE(w.plant.outlet_on(OutletId{0}));  // the order acts when the contact comes free
}

TEST(Plant, MayBootEverythingOnAgainstItsPolicyAndThatIsInjected) {
  FaultEnvelope e;
  e[FaultKind::pdu_boots_on] = {60.0, 0.0, 1, {}, {}};
  auto macs = twenty();
  macs.resize(4);
  World w(small_room(Device::rpc28, macs), e);
  plug_all(w);
  while (w.notes.all<PduBooted>().empty()) w.run_for(seconds{1});
  EXPECT_TRUE(w.plant.outlet_on(OutletId{0}));
  EXPECT_TRUE(w.plant.outlet_on(OutletId{19}));
  w.run_for(seconds{40});
  EXPECT_GT(w.plant.circuit(CircuitId{0}).now.value(), 1.0);
  EXPECT_EQ(w.plant.circuit(CircuitId{0}).clean, Amps{});
}

TEST(Plant, InjectsOnlyTheWakeUpsBeyondK) {
  FaultEnvelope e;
  e[FaultKind::wake_up] = {3600.0, 0.0, 5, hours{1}, hours{1}};
  auto macs = twenty();
  macs.resize(8);
  for (MacSpec& m : macs) m.charge = 0.99;
  World w(small_room(Device::rpc28, macs), e);
  plug_all(w);
  const auto line = w.plant.open_line(PduId{0});
  for (int n = 1; n <= 8; ++n) w.ask(*line, "on " + std::to_string(n) + "\r");
  while (w.notes.all<FaultInjected>().size() < 5U) w.run_for(seconds{1});
  const double nameplate = 140.0 / (0.9 * 0.97 * 120.0);
  const double idle = 4.0 / (0.9 * 0.97 * 120.0);
  const CircuitTruth t = w.plant.circuit(CircuitId{0});
  EXPECT_NEAR(t.now.value(), 5 * nameplate + 3 * idle, 0.05);
  EXPECT_NEAR(t.clean.value(), 3 * nameplate + 5 * idle, 0.05);
}

TEST(Plant, FillsAMacThroughItsOutletAndSaysSo) {
  World w(small_room(Device::rpc28, {pro16("FULL", 0.5)}));
  plug_all(w);
  const auto line = w.plant.open_line(PduId{0});
  w.ask(*line, "on 1\r");
  w.run_for(hours{2});
  EXPECT_EQ(w.notes.all<MacCharged>().size(), 1U);
  EXPECT_NEAR(w.plant.mac(MacId{0}).charge, 0.99, 1e-9);
  // 0.49 of 99.6 Wh through both efficiencies, and the idle machine for two hours at least.
  EXPECT_GT(w.plant.mac(MacId{0}).delivered_Wh, 0.49 * 99.6 / 0.96 / 0.9);
}

}  // namespace
}  // namespace greenroom::model
