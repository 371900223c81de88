// What a good room file becomes.
#include "config/room.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/room_text.hpp"

namespace greenroom {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(RoomFile, AGoodFileHasNoComplaint) {
  const RoomFile f = load_room_text(kGood, "room.toml");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_TRUE(f.room);
  EXPECT_EQ(f.room->name, "R");
  EXPECT_EQ(f.room->slots.size(), 2U);
  EXPECT_EQ(f.room->outlets.size(), 8U);
}

TEST(RoomFile, NecGivesEightTenthsOfTheRatingAndIecAllOfIt) {
  const RoomFile nec = load_room_text(kGood, "f");
  const RoomFile iec = load_room_text(with(kGood, "rating_A = 20", "standard = \"IEC\"\nrating_A = 20"), "f");
  const RoomFile warm =
      load_room_text(with(kGood, "rating_A = 20", "standard = \"IEC\"\nambient_derate = 0.9\nrating_A = 20"), "f");
  ASSERT_TRUE(nec.room && iec.room && warm.room);
  EXPECT_EQ(circuit(*nec.room, "branch")->continuous, Amps::of(16));
  EXPECT_EQ(circuit(*nec.room, "branch")->hard, Amps::of(20));
  EXPECT_EQ(circuit(*iec.room, "branch")->continuous, Amps::of(20));
  EXPECT_EQ(circuit(*warm.room, "branch")->continuous, Amps::of(18));
}

TEST(RoomFile, ThePlugOfAPduHasItsListedAmpsForBothLimits) {
  const RoomFile f = load_room_text(with(kGood, "outlets = 8", "outlets = 8\ninput_A = 16"), "f");
  ASSERT_TRUE(f.room);
  const Circuit* input = circuit(*f.room, "left");
  ASSERT_NE(input, nullptr);
  EXPECT_EQ(input->kind, CircuitKind::pdu_input);
  EXPECT_EQ(input->hard, Amps::of(16));
  EXPECT_EQ(input->continuous, Amps::of(16));
  EXPECT_EQ(f.room->circuits[input->parent->value].name, "branch");
}

TEST(RoomFile, NameplateIsTakenAtNineTenthsOfNominalVoltage) {
  const RoomFile f = load_room_text(kGood, "f");
  ASSERT_TRUE(f.room);
  const Outlet& o = f.room->outlets[0];
  EXPECT_EQ(o.nameplate.milli, 1485);                   // 140 / (0.90 * 0.97 * 108) = 1.48487
  EXPECT_EQ(o.nameplate_nominal.milli, 1337);           // 140 / (0.90 * 0.97 * 120) = 1.33639
  EXPECT_EQ(f.room->outlets[1].nameplate.milli, 1019);  // 96 / (0.90 * 0.97 * 108) = 1.01819
  EXPECT_EQ(f.room->outlets[2].nameplate, Amps{});
}

TEST(RoomFile, VoltageComesFromAbove) {
  const std::string panel = "[[circuit]]\nname = \"panel\"\nkind = \"panel\"\nrating_A = 100\nvoltage_V = 230\n";
  std::string text = with(kGood, "voltage_V = 120\n", "parent = \"panel\"\n") + panel;
  const RoomFile f = load_room_text(text, "f");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_TRUE(f.room);
  EXPECT_EQ(f.room->circuits[0].name, "panel") << "parents stand before children";
  EXPECT_EQ(circuit(*f.room, "left")->nominal, Volts::of(230));
}

TEST(RoomFile, ARangeMakesOneSlotForEachNumber) {
  std::string text = with(kGood, "name = \"S-01\"", "name = \"S-01..06\"");
  text = with(text, "outlet = \"left:2\"", "outlet = \"left:2..7\"");
  const RoomFile f = load_room_text(text, "f");
  ASSERT_TRUE(f.room);
  ASSERT_EQ(f.room->slots.size(), 7U);
  EXPECT_EQ(f.room->slots[6].name, "S-06");
  EXPECT_EQ(f.room->outlets[f.room->slots[6].outlet->value].name, "left:7");
}

TEST(RoomFile, BanksClaimTheirOutletsAndAreMetered) {
  const std::string banks =
      "[[pdu.bank]]\nname = \"A\"\noutlets = \"1-4\"\nrating_A = 10\n"
      "[[pdu.bank]]\nname = \"B\"\noutlets = \"5-8\"\nrating_A = 12\n";
  const RoomFile f = load_room_text(with(kGood, "[[slot]]\n", banks + "[[slot]]\n"), "f");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_TRUE(f.room);
  const Circuit& low = f.room->circuits[f.room->outlets[3].circuit.value];
  EXPECT_EQ(low.name, "left/A");
  EXPECT_EQ(low.kind, CircuitKind::bank);
  EXPECT_EQ(low.meter_bank, "A");
  EXPECT_EQ(low.meter_pdu, PduId{0});
  EXPECT_EQ(low.continuous, Amps::of(10));
  EXPECT_EQ(f.room->circuits[low.parent->value].name, "left");
  EXPECT_EQ(f.room->circuits[f.room->outlets[4].circuit.value].name, "left/B");
}

TEST(RoomFile, ANeutralNamesTheThreePhasesWhoseCurrentsReturnOnIt) {
  const std::string feed =
      "[[circuit]]\nname = \"L2\"\nkind = \"breaker\"\nrating_A = 20\nvoltage_V = 120\n"
      "[[circuit]]\nname = \"N\"\nkind = \"neutral\"\nrating_A = 32\nphases = [\"branch\", \"L2\", \"L3\"]\n"
      "[[circuit]]\nname = \"L3\"\nkind = \"breaker\"\nrating_A = 20\nvoltage_V = 120\n";
  const RoomFile f = load_room_text(kGood + feed, "f");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_TRUE(f.room);
  const Circuit* neutral = circuit(*f.room, "N");
  ASSERT_NE(neutral, nullptr);
  ASSERT_EQ(neutral->phases.size(), 3U);
  EXPECT_EQ(f.room->circuits[neutral->phases[0].value].name, "branch");
  EXPECT_EQ(f.room->circuits[neutral->phases[2].value].name, "L3");
  EXPECT_EQ(neutral->hard, Amps::of(32));
  EXPECT_EQ(neutral->nominal, Volts::of(120));
}

TEST(RoomFile, ANeutralWithoutThreePhasesOfItsOwnIsRefused) {
  const std::string two =
      "[[circuit]]\nname = \"N\"\nkind = \"neutral\"\nrating_A = 32\nphases = [\"branch\", \"branch\"]\n";
  EXPECT_THAT(lines(load_room_text(kGood + two, "f")),
              testing::Contains(testing::HasSubstr("neutral \"N\" needs \"phases\": the names of its three circuits")));
  const std::string unknown = "[[circuit]]\nname = \"N\"\nkind = \"neutral\"\nrating_A = 32\nphases = [\"L9\"]\n";
  EXPECT_THAT(lines(load_room_text(kGood + unknown, "f")),
              testing::Contains(testing::HasSubstr("there is no circuit \"L9\"")));
}

TEST(RoomFile, ShiftsAreReadDayByDay) {
  const RoomFile f = load_room_text(
      with(kGood, "name = \"R\"", "name = \"R\"\nshifts = [\"Mon-Fri 08:00-17:30\", \"Sat 09:00-12:00\"]"), "f");
  ASSERT_TRUE(f.room);
  ASSERT_EQ(f.room->shifts.size(), 6U);
  EXPECT_EQ(f.room->shifts[4].weekday, 4);
  EXPECT_EQ(f.room->shifts[4].end, std::chrono::minutes{17 * 60 + 30});
  EXPECT_EQ(f.room->shifts[5].begin, std::chrono::hours{9});
}

TEST(RoomFile, TimingsMayBeLongerThanTheRulesAskButNotShorter) {
  const RoomFile f = load_room_text(kGood + "[timings]\nsettle_s = 40\nclose_spacing_ms = 300\n", "f");
  ASSERT_TRUE(f.room);
  EXPECT_EQ(f.room->timings.settle, std::chrono::seconds{40});
  EXPECT_EQ(f.room->timings.close_spacing, std::chrono::milliseconds{300});
  EXPECT_THAT(lines_of(kGood + "[timings]\nclose_spacing_ms = 100\n"),
              ElementsAre("room.toml:34:20: \"close_spacing_ms\" in [timings] must be from 200 to 60000, not 100"));
}

TEST(RoomFile, FourRestoresRunOnAUsbControllerAndOnAHubUnlessTheFileSaysOtherwise) {
  const RoomFile usual = load_room_text(kGood, "f");
  ASSERT_TRUE(usual.room);
  EXPECT_EQ(usual.room->usb.per_controller, 4);
  EXPECT_EQ(usual.room->usb.per_hub, 4);
  const RoomFile f = load_room_text(kGood + "[usb]\nper_controller = 12\nper_hub = 6\n", "f");
  ASSERT_TRUE(f.room);
  EXPECT_EQ(f.room->usb.per_controller, 12);
  EXPECT_EQ(f.room->usb.per_hub, 6);
}

TEST(RoomFile, AUsbPartThatMayRestoreNothingIsRefused) {
  EXPECT_THAT(lines_of(kGood + "[usb]\nper_hub = 0\n"),
              ElementsAre("room.toml:34:11: \"per_hub\" in [usb] must be from 1 to 64, not 0"));
}

// ---- the example ---------------------------------------------------------------------------------------------------------

TEST(ExampleRoom, LoadsWithoutAnyComplaint) {
  const RoomFile f = load_room("config/examples/returns-room.toml");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_TRUE(f.room);
}

TEST(ExampleRoom, HasEightRestoreSlotsTwoShelvesOfTwelveAndAPackTable) {
  const RoomFile f = load_room("config/examples/returns-room.toml");
  ASSERT_TRUE(f.room);
  const auto count = [&](SlotKind k) {
    return std::count_if(f.room->slots.begin(), f.room->slots.end(), [&](const Slot& s) { return s.kind == k; });
  };
  EXPECT_EQ(count(SlotKind::restore), 8);
  EXPECT_EQ(count(SlotKind::shelf), 24);
  EXPECT_EQ(count(SlotKind::pack_table), 1);
  for (const Slot& s : f.room->slots) EXPECT_EQ(s.outlet.has_value(), s.kind != SlotKind::pack_table) << s.name;
}

TEST(ExampleRoom, BothPdusHangOnOneTwentyAmpBranchAndBootAllOff) {
  const RoomFile f = load_room("config/examples/returns-room.toml");
  ASSERT_TRUE(f.room);
  ASSERT_EQ(f.room->pdus.size(), 2U);
  const Circuit& branch = f.room->circuits[f.room->pdus[0].circuit.value];
  EXPECT_EQ(f.room->pdus[0].circuit, f.room->pdus[1].circuit);
  EXPECT_EQ(branch.hard, Amps::of(20));
  EXPECT_EQ(branch.continuous, Amps::of(16));
  EXPECT_EQ(branch.nominal, Volts::of(120));
  for (const PduConfig& p : f.room->pdus) {
    EXPECT_EQ(p.power_on, PowerOnPolicy::all_off);
    EXPECT_EQ(std::count_if(f.room->outlets.begin(), f.room->outlets.end(),
                            [&](const Outlet& o) { return f.room->pdus[o.pdu.value].name == p.name; }),
              20);
  }
}

}  // namespace
}  // namespace greenroom
