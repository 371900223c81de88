// R13: which outlet feeds which slot, proven and doubted.
#include <gtest/gtest.h>

#include "controller/domain/power/power.hpp"
#include "controller/domain/power/views.hpp"
#include "tests/support/power_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::PowerRig;
using test::started;

TEST(Power, AnUnprovenOutletIsNotOpenedWhileItsPduHasAProtectedSlot) {
  PowerRig rig = started();
  rig.want("left:1", Want::protect);
  rig.want("left:2", Want::charge);
  rig.run(60s);
  rig.take(MapRevoked{"left:2", "test"});
  rig.want_no_more("left:2");
  rig.run(60s);
  EXPECT_TRUE(rig.at("left:2").on);
  EXPECT_FALSE(may_open(rig.room, rig.rules, rig.state, OutletId{1}, false));
  rig.command(CommandKind::prove_map, "left:2", "1-02");
  rig.run(5s);
  EXPECT_FALSE(rig.at("left:2").on);
}

TEST(Power, AStepOfDrawProvesAMapWhenNoOtherSlotCouldHaveMadeIt) {
  PowerRig rig = started();
  rig.take(MapRevoked{"left:1", "test"});
  rig.take(MapRevoked{"left:2", "test"});
  rig.want("left:1", Want::charge);
  rig.run(60s);
  EXPECT_TRUE(rig.record("left:1").proven);
}

TEST(Power, AStepOfDrawProvesNothingWhileAnotherUnprovenSlotIsOccupied) {
  PowerRig rig = started();
  rig.take(MapRevoked{"left:1", "test"});
  rig.take(MapRevoked{"left:2", "test"});
  rig.want("left:1", Want::charge);
  rig.want("left:2", Want::charge);
  rig.run(60s);
  EXPECT_FALSE(rig.record("left:1").proven);
  EXPECT_FALSE(rig.record("left:2").proven);
}

TEST(Power, DrawOnAnOutletThatReadsOffRevokesItsMap) {
  PowerRig rig = started();
  PduRead r;
  r.pdu = PduId{0};
  r.began = rig.now;
  for (std::uint32_t o = 0; o < 8; ++o)
    r.outlets.push_back({OutletId{o}, Sensed::off, Amps::of(o == 3 ? 0.8 : 0.0), std::nullopt});
  rig.input(r);
  EXPECT_FALSE(rig.record("left:4").proven);
  ASSERT_EQ(1U, rig.all<CaseOpened>().size());
  EXPECT_EQ("map_doubtful", rig.all<CaseOpened>()[0].reason);
}

// A device that meters apart shows the draw of an outlet that was closed since its states were read.
TEST(Power, ADrawThatIsNewerThanTheStateRevokesNoMapUntilAStateConfirmsIt) {
  PowerRig rig = started();
  PduRead meters;
  meters.pdu = PduId{0};
  meters.began = rig.now + 2s;
  meters.states = false;
  meters.outlets.push_back({OutletId{3}, Sensed::unknown, Amps::of(0.8), std::nullopt});
  rig.now += 3s;
  rig.input(meters);
  EXPECT_TRUE(rig.record("left:4").proven);
  PduRead states;
  states.pdu = PduId{0};
  states.began = rig.now;
  states.outlets.push_back({OutletId{3}, Sensed::off, std::nullopt, std::nullopt});
  rig.input(states);
  EXPECT_FALSE(rig.record("left:4").proven);
}

TEST(Power, AnotherDeviceOnTheLineRevokesEveryMapOfIt) {
  PowerRig rig = started();
  rig.input(PduSilent{PduId{0}, "line lost", true});
  rig.identify(0, "unit 2");
  for (int i = 1; i <= 8; ++i) EXPECT_FALSE(rig.record("left:" + std::to_string(i)).proven);
  EXPECT_TRUE(rig.record("shelf:1").proven);
}

TEST(Power, WithoutR13AMapIsBelieved) {
  PowerRig rig = started();
  rig.rules = RuleSet::all().without(Rule::r13);
  rig.want("left:1", Want::protect);
  rig.run(10s);
  rig.take(MapRevoked{"left:2", "test"});
  EXPECT_TRUE(may_open(rig.room, rig.rules, rig.state, OutletId{1}, false));
}

TEST(Power, AnOutletThatGaveNothingToAMacThatNeedsChargeRevokesItsMap) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.at("left:1").draw = Amps{};
  rig.run(34min);
  EXPECT_TRUE(rig.record("left:1").proven) << "a flat pack idles for 25 minutes";
  rig.run(2min);
  EXPECT_FALSE(rig.record("left:1").proven);
}

TEST(Power, ADrawOfOneStepOfTheMetersDisplayIsADraw) {
  PowerRig rig = started();
  rig.senses.pdus[0].meter_floor = Amps{100};
  rig.want("left:1", Want::charge);
  rig.at("left:1").draw = Amps{100};  // a small Mac at 230 V: 24 W
  rig.run(40min);
  EXPECT_TRUE(rig.record("left:1").proven);
}

TEST(Power, AMeterThatCouldNotShowTheChargerDoubtsNoMap) {
  PowerRig rig = started();
  rig.senses.pdus[0].meter_floor = Amps{250};  // 15 % of a 140 W brick is 0.2 A
  rig.want("left:1", Want::charge);
  rig.at("left:1").draw = Amps{};
  rig.run(40min);
  EXPECT_TRUE(rig.record("left:1").proven);
}

TEST(Power, AMacThatCameLaterIsNotBlamedForTheTimeBeforeIt) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.run(34min);
  forget_outlet(rig.senses, OutletId{0}, rig.now);  // another Mac sits there
  rig.at("left:1").draw = Amps{};
  rig.run(20min);
  EXPECT_TRUE(rig.record("left:1").proven);
  rig.run(16min);
  EXPECT_FALSE(rig.record("left:1").proven);
}

// Two Macs that charge, settled, at 1.0 A and 0.4 A; then other draws show in one sample.
PowerRig after_a_step(Amps first, Amps second) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.want("left:2", Want::charge);
  rig.at("left:1").draw = Amps{1000};
  rig.at("left:2").draw = Amps{400};
  rig.run(5min);
  rig.at("left:1").draw = first;
  rig.at("left:2").draw = second;
  rig.read(0);
  return rig;
}

TEST(Power, TwoLoadsThatChangePlacesInOneSampleRevokeBothMaps) {
  const PowerRig rig = after_a_step(Amps{400}, Amps{1000});
  EXPECT_FALSE(rig.record("left:1").proven);
  EXPECT_FALSE(rig.record("left:2").proven);
}

TEST(Power, ALoadThatEndsWhileAnotherBeginsIsNoExchange) {
  PowerRig rig = after_a_step(Amps{1000}, Amps{});
  rig.run(30s);
  rig.at("left:1").draw = Amps{};  // its Mac was unplugged
  rig.at("left:2").draw = Amps{1000};
  rig.read(0);
  EXPECT_TRUE(rig.record("left:1").proven);
  EXPECT_TRUE(rig.record("left:2").proven);
}

}  // namespace
}  // namespace greenroom
