// The envelope and its schedule.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hw/model/world.hpp"

namespace greenroom::model {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Eight Macs charging for a day under the envelope; what happened, in words.
std::vector<std::string> day(const FaultEnvelope& e, std::uint64_t seed, FaultCounts* counts = nullptr) {
  std::vector<MacSpec> macs;
  for (int i = 0; i < 8; ++i) macs.push_back(pro16("SERIAL" + std::to_string(i), 0.4));
  World w(small_room(Device::mmp, macs), e, seed);
  const auto line = w.plant.open_line(PduId{0});
  for (std::uint32_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(w.plant.plug_power(MacId{i}, SlotId{i}));
    EXPECT_TRUE(w.plant.plug_data(MacId{i}, SlotId{i}));
    w.ask(*line, "on " + std::to_string(i + 1) + "\r");
  }
  w.run_for(hours{24});
  std::vector<std::string> told;
  for (const auto& [at, f] : w.notes.all<FaultInjected>()) {
    told.push_back(fmt::format("{} {} {}", at.time_since_epoch().count(), to_string(f.kind), f.target));
  }
  if (counts) *counts = w.plant.faults();
  return told;
}

TEST(Faults, AreNoneInTheEmptyEnvelope) {
  EXPECT_TRUE(day(FaultEnvelope::none(), 3).empty());
  EXPECT_EQ(FaultEnvelope::none().describe(), "");
}

TEST(Faults, AreTheSameForTheSameSeedAndOthersForAnother) {
  const auto first = day(FaultEnvelope::all(), 3);
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, day(FaultEnvelope::all(), 3));
  EXPECT_NE(first, day(FaultEnvelope::all(), 4));
}

TEST(Faults, StayWithinTheirBoundsAndAreCounted) {
  FaultEnvelope e = FaultEnvelope::all();
  for (FaultRate& r : e.rates) r.per_hour *= 50.0;
  FaultCounts counts{};
  const auto told = day(e, 5, &counts);
  for (std::size_t k = 0; k < fault_kinds; ++k) {
    if (e.rates[k].most == 0) continue;
    EXPECT_LE(counts[k], e.rates[k].most) << to_string(static_cast<FaultKind>(k));
  }
  EXPECT_EQ(counts[static_cast<std::size_t>(FaultKind::heater)], e[FaultKind::heater].most);
  EXPECT_EQ(counts[static_cast<std::size_t>(FaultKind::meter_frozen)], e[FaultKind::meter_frozen].most);
}

TEST(Faults, OfOneKindDoNotMoveThoseOfAnother) {
  FaultEnvelope one;
  one[FaultKind::pdu_reboot] = {1.0, 0.0, 3, {}, {}};
  FaultEnvelope two = one;
  two[FaultKind::meter_frozen] = {5.0, 0.0, 0, minutes{1}, minutes{2}};
  auto mixed = day(two, 7);
  std::erase_if(mixed, [](const std::string& s) { return s.find("meter_frozen") != std::string::npos; });
  EXPECT_EQ(day(one, 7), mixed);
}

TEST(Faults, ArePrintedWithTheirRatesAndBounds) {
  const std::string text = FaultEnvelope::all().describe();
  EXPECT_THAT(text, testing::HasSubstr("heater                0.15 an hour, at most 3, 180 to 900 s, up to 6 A"));
  EXPECT_THAT(text, testing::HasSubstr("reply_lost            0.2 % of occasions\n"));
}

TEST(Faults, OfEnginesAreDrawnWithAPlaceInTheRun) {
  FaultEnvelope e;
  e[FaultKind::engine_hang] = {0.0, 1.0, 1, {}, {}};
  FaultDice dice(e, Random(1));
  const EngineFault first = dice.next_engine();
  EXPECT_EQ(first.kind, EngineFault::Kind::hang);
  EXPECT_GE(first.at, 0.0);
  EXPECT_LT(first.at, 1.0);
  EXPECT_EQ(dice.next_engine().kind, EngineFault::Kind::none);  // at most one
}

TEST(Faults, MayLabelAMacWithAnothersSerial) {
  FaultEnvelope e;
  e[FaultKind::mac_mislabelled] = {0.0, 1.0, 1, {}, {}};
  World w(small_room(Device::rpc28, {pro16("A1"), pro16("B2")}), e);
  EXPECT_EQ(w.plant.mac_spec(MacId{0}).label, "B2");
  EXPECT_EQ(w.plant.mac_spec(MacId{0}).serial, "A1");
}

TEST(Faults, MayFreezeAMeter) {
  FaultEnvelope e;
  e[FaultKind::meter_frozen] = {60.0, 0.0, 1, hours{1}, hours{1}};
  World w(small_room(Device::rpc3, {pro16()}), e);
  const auto line = w.plant.open_line(PduId{0});
  ASSERT_TRUE(w.plant.plug_power(MacId{0}, SlotId{0}));
  w.ask(*line, "status\r");
  while (w.notes.all<FaultInjected>().empty()) w.run_for(std::chrono::seconds{1});
  w.ask(*line, "on 1\r");
  w.run_for(minutes{5});
  EXPECT_GT(w.plant.circuit(CircuitId{0}).now.value(), 0.5);
  EXPECT_THAT(w.ask(*line, "status\r"), testing::HasSubstr("True RMS Current:     0.0 Amps"));
}

TEST(Faults, MaySwapTheWiresOfTwoPlaces) {
  FaultEnvelope e;
  e[FaultKind::outlets_swapped] = {60.0, 0.0, 1, {}, {}};
  World w(small_room(Device::rpc28, {pro16()}), e);
  for (int i = 0; i < 60 && w.plant.faults()[static_cast<std::size_t>(FaultKind::outlets_swapped)] == 0; ++i)
    w.run_for(minutes{1});
  unsigned moved = 0;
  for (std::uint32_t i = 0; i < 20; ++i) moved += w.plant.wired_to(OutletId{i}) != SlotId{i} ? 1U : 0U;
  EXPECT_EQ(moved, 2U);
}

}  // namespace
}  // namespace greenroom::model
