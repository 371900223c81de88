// What an outlet's meter tells the visits.
#include <gtest/gtest.h>

#include "controller/domain/power/power.hpp"
#include "tests/support/power_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::PowerRig;
using test::started;

TEST(Insight, DeliveredEnergyIsCountedAtTheOutlet) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.plan();
  rig.obey(rig.orders()[0]);
  rig.run(60min);
  // 1.05 A x 120 V x 0.97 = 122.2 W for an hour.
  EXPECT_NEAR(122.2, insight(rig.room, rig.state, rig.senses, OutletId{0}, rig.now).delivered.value(), 0.5);
}

TEST(Insight, AReadingOfMetersAloneMovesTheDrawAndNoState) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.run(10min);
  const std::size_t before = rig.facts.size();
  PduRead meters;
  meters.pdu = rig.room.outlets[0].pdu;
  meters.began = rig.now;
  meters.states = false;
  for (std::uint32_t o = 0; o < rig.room.outlets.size(); ++o) {
    if (rig.room.outlets[o].pdu == meters.pdu)
      meters.outlets.push_back({OutletId{o}, Sensed::unknown, Amps{o == 0 ? 500 : 0}, {}});
  }
  rig.input(meters);
  EXPECT_EQ(rig.facts.size(), before) << "nothing switched by itself, and nobody was lost";
  const OutletInsight i = insight(rig.room, rig.state, rig.senses, OutletId{0}, rig.now);
  EXPECT_TRUE(i.on);
  EXPECT_EQ(i.draw, Watts::of(0.5 * 120 * 0.97));
}

TEST(Insight, FullIsSaidAfterAPlateauAndFiveLowMinutes) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.run(10min);
  rig.at("left:1").draw = Amps::of(0.04);
  rig.run(4min);
  EXPECT_FALSE(insight(rig.room, rig.state, rig.senses, OutletId{0}, rig.now).full);
  rig.run(2min);
  EXPECT_TRUE(insight(rig.room, rig.state, rig.senses, OutletId{0}, rig.now).full);
}

TEST(Insight, ALowDrawWithoutAPlateauIsNotFull) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.at("left:1").draw = Amps::of(0.02);
  rig.run(30min);
  const OutletInsight i = insight(rig.room, rig.state, rig.senses, OutletId{0}, rig.now);
  EXPECT_FALSE(i.full);
  EXPECT_GE(i.low_for, 25min);
}

TEST(Insight, AnotherMacForgetsWhatWasLearned) {
  PowerRig rig = started();
  rig.want("left:1", Want::charge);
  rig.run(10min);
  forget_outlet(rig.senses, OutletId{0}, rig.now);
  EXPECT_EQ(WattHours{}, insight(rig.room, rig.state, rig.senses, OutletId{0}, rig.now).delivered);
}

}  // namespace
}  // namespace greenroom
