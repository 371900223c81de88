// The verdicts of a commissioning test. What is right follows from watts = volts x amps and from the meter's stated error
// and floor; the policies from rules.md R8.
#include "controller/cli/pdu_check_judge.hpp"

#include <gtest/gtest.h>

namespace greenroom::cli {
namespace {

using namespace std::chrono_literals;

DialectFacts metered_banks() {
  DialectFacts d;
  d.id = d.name = "two banks";
  d.count = 4;
  d.first = 1;
  d.banks = {{"A", 1, 2}, {"B", 3, 4}};
  d.meters_banks = true;
  d.meter_floor = Amps::of(0.1);
  d.meter_error_per_mille = 30;
  return d;
}

PduReading reading(OutletNumber on, double a, double b) {
  PduReading r;
  for (OutletNumber n = 1; n <= 4; ++n) {
    OutletReading o;
    o.number = n;
    o.state = n == on ? OutletState::on : OutletState::off;
    r.outlets.push_back(o);
  }
  for (const auto& [name, amps] : {std::pair{"A", a}, std::pair{"B", b}}) {
    BankReading bank;
    bank.bank = name;
    bank.current = Amps::of(amps);
    r.banks.push_back(bank);
  }
  return r;
}

// Outlet 1, found off, drew `a` on bank A and `b` on bank B while it was on.
Toggle outlet_1(double a, double b) {
  Toggle t;
  t.outlet = 1;
  t.found = reading(0, 2.0, 3.0);
  t.switched = reading(1, 2.0 + a, 3.0 + b);
  t.there = OutletState::on;
  t.back = OutletState::off;
  t.left_as_found = true;
  return t;
}

KnownLoad lamp(double watts, double volts = 120) { return {Watts::of(watts), Volts::of(volts)}; }

TEST(PduCheckSwitching, AnOutletThatCouldNotBeSwitchedIsBad) {
  Toggle t;
  t.outlet = 1;
  t.found = reading(0, 2.0, 3.0);
  t.left_as_found = true;
  t.trouble = "no whole reply within 2.0 s";
  EXPECT_EQ(judge_switching(t, metered_banks()).verdict, Verdict::bad);
  EXPECT_EQ(judge_switching(t, metered_banks()).words, t.trouble);
}

TEST(PduCheckSwitching, AnOutletWhoseTestWasEndedIsOpen) {
  Toggle t;
  t.outlet = 1;
  t.found = reading(0, 2.0, 3.0);
  t.left_as_found = true;
  EXPECT_EQ(judge_switching(t, metered_banks()).verdict, Verdict::open);
}

TEST(PduCheckMetering, AStepOfWattsOverVoltsIsGood) {
  EXPECT_EQ(judge_metering(outlet_1(5.0, 0), metered_banks(), lamp(600)).verdict, Verdict::good);
}

TEST(PduCheckMetering, TheBoundIsTheErrorOfWhatIsExpectedAndTheFloor) {
  // 600 W at 120 V: 5 A; 30 per mille of it is 0.15 A, and the floor 0.1 A.
  const StepBound b = step_bound(Watts::of(600), Volts::of(120), metered_banks());
  EXPECT_EQ(b.expected, Amps::of(5.0));
  EXPECT_EQ(b.off_by, Amps::of(0.25));
  EXPECT_TRUE(b.fits(Amps::of(4.75)));
  EXPECT_FALSE(b.fits(Amps::of(4.749)));
  EXPECT_TRUE(b.fits(Amps::of(5.25)));
  EXPECT_FALSE(b.fits(Amps::of(5.251)));
}

TEST(PduCheckMetering, AStepOfAnotherSizeIsBad) {
  EXPECT_EQ(judge_metering(outlet_1(2.5, 0), metered_banks(), lamp(600)).verdict, Verdict::bad);
}

TEST(PduCheckMetering, ALoadBelowTheFloorJudgesNoMeter) {
  EXPECT_EQ(judge_metering(outlet_1(0, 0), metered_banks(), lamp(10)).verdict, Verdict::open);
}

TEST(PduCheckMetering, ADrawThatAppearsOnAnotherBankIsAnotherOutlet) {
  const auto item = judge_metering(outlet_1(0, 5.0), metered_banks(), lamp(600));
  EXPECT_EQ(item.verdict, Verdict::bad);
  EXPECT_NE(item.words.find("bank B by 5.000 A"), std::string::npos) << item.words;
}

TEST(PduCheckMetering, WithoutALoadNothingIsJudgedButTheStepIsTold) {
  const auto item = judge_metering(outlet_1(5.0, 0), metered_banks(), std::nullopt);
  EXPECT_EQ(item.verdict, Verdict::open);
  EXPECT_NE(item.words.find("bank A by 5.000 A"), std::string::npos) << item.words;
}

TEST(PduCheckMetering, AnOutletFoundOnHasTheSameStep) {
  Toggle t = outlet_1(5.0, 0);
  std::swap(t.found, t.switched);
  t.there = OutletState::off;
  t.back = OutletState::on;
  EXPECT_EQ(meter_steps(t, metered_banks()).front().step(), Amps::of(5.0));
}

TEST(PduCheckMetering, TheVoltageIsTheMetersOwnWhereNobodyTellsIt) {
  Toggle t = outlet_1(2.5, 0);
  t.found->banks[0].voltage = Volts::of(240);
  EXPECT_EQ(judge_metering(t, metered_banks(), KnownLoad{Watts::of(600), std::nullopt}).verdict, Verdict::good);
}

TEST(PduCheckMetering, WithoutAnyVoltageThereIsNoVerdict) {
  const auto item = judge_metering(outlet_1(5.0, 0), metered_banks(), KnownLoad{Watts::of(600), std::nullopt});
  EXPECT_EQ(item.verdict, Verdict::open);
  EXPECT_NE(item.words.find("--volts"), std::string::npos) << item.words;
}

TEST(PduCheckSwitching, AnOutletThatDoesNotGoWhereItIsOrderedIsBad) {
  Toggle t = outlet_1(0, 0);
  t.there = OutletState::off;
  EXPECT_EQ(judge_switching(t, metered_banks()).verdict, Verdict::bad);
}

TEST(PduCheckSwitching, AnOutletThatDoesNotStayIsBad) {
  Toggle t = outlet_1(5.0, 0);
  t.switched = reading(0, 2.0, 3.0);
  EXPECT_EQ(judge_switching(t, metered_banks()).verdict, Verdict::bad);
}

TEST(PduCheckSwitching, AnOutletThatWasNotLeftAsItWasFoundIsToldInCapitals) {
  Toggle t = outlet_1(5.0, 0);
  t.left_as_found = false;
  const auto item = judge_switching(t, metered_banks());
  EXPECT_EQ(item.verdict, Verdict::bad);
  EXPECT_TRUE(item.words.starts_with("NOT LEFT AS IT WAS FOUND")) << item.words;
}

TEST(PduCheckPowerOn, WhatNobodySawIsForAPerson) {
  EXPECT_EQ(judge_power_on({}, metered_banks(), {}).verdict, Verdict::person);
}

TEST(PduCheckPowerOn, AllOffReadBackIsGood) {
  PduTraits traits;
  traits.boots_all_off = true;
  EXPECT_EQ(judge_power_on(traits, metered_banks(), {}).verdict, Verdict::good);
}

TEST(PduCheckPowerOn, WhatAPersonSawWeighsMoreThanWhatIsReadBack) {
  PduTraits traits;
  traits.boots_all_off = true;
  EXPECT_EQ(judge_power_on(traits, metered_banks(), {BootPolicy::on, std::nullopt}).verdict, Verdict::bad);
}

TEST(PduCheckPowerOn, AnythingButAllOffIsBad) {
  EXPECT_EQ(judge_power_on({}, metered_banks(), {BootPolicy::previous, std::nullopt}).verdict, Verdict::bad);
  EXPECT_EQ(judge_power_on({}, metered_banks(), {BootPolicy::off, std::nullopt}).verdict, Verdict::good);
}

TEST(PduCheckIdentity, FewerOutletsThanTheDialectSaysIsBad) {
  DialectFacts five = metered_banks();
  five.count = 5;
  EXPECT_EQ(judge_identity({}, five, reading(0, 0, 0)).verdict, Verdict::bad);
}

TEST(PduCheckRoundTrips, TheMedianIsTheOneInTheMiddle) {
  EXPECT_EQ(median({5s, 1s, 9s}), Duration{5s});
  EXPECT_EQ(median({}), std::nullopt);
}

}  // namespace
}  // namespace greenroom::cli
