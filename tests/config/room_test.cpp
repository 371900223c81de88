#include "config/room.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace greenroom {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// A small room that is right; tests change one thing in it. Line numbers below count from its first line.
const std::string kGood = R"([room]
name = "R"
[[circuit]]
name = "branch"
kind = "breaker"
rating_A = 20
voltage_V = 120
dedicated = true
[[pdu]]
name = "left"
dialect = "baytech-mmp"
line = "model:left"
circuit = "branch"
outlets = 8
power_on = "all_off"
[[slot]]
name = "1-01"
bench = "b"
kind = "restore"
data_port = "host/1-1.1"
dfu_entry = "vdm"
outlet = "left:1"
brick = "apple-140"
[[slot]]
name = "S-01"
bench = "b"
kind = "shelf"
outlet = "left:2"
brick = "apple-96"
[[infrastructure]]
name = "host"
kind = "controller_host"
)";

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<std::string> lines(const RoomFile& f) {
  std::vector<std::string> out;
  for (const Complaint& c : f.complaints) out.push_back(to_string(c));
  return out;
}

std::vector<std::string> lines_of(const std::string& text) { return lines(load_room_text(text, "room.toml")); }

const Circuit* circuit(const Room& room, std::string_view name) {
  const auto at = std::find_if(room.circuits.begin(), room.circuits.end(), [&](const Circuit& c) { return c.name == name; });
  return at == room.circuits.end() ? nullptr : &*at;
}

// ---- what a good file becomes ----------------------------------------------------------------------------------------

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

// ---- what is refused
// -------------------------------------------------------------------------------------------------------

TEST(RoomCheck, AMisspeltKeyGetsASuggestion) {
  EXPECT_THAT(lines_of(with(kGood, "dedicated = true", "dedicated = true\namp_limit = 16")),
              ElementsAre("room.toml:9:1: unknown key \"amp_limit\" in [[circuit]]; did you mean \"rating_A\"?"));
  EXPECT_THAT(lines_of(with(kGood, "dfu_entry = \"vdm\"", "dfu_entry = \"vdm\"\nusb_fed_W = 5")),
              ElementsAre("room.toml:22:1: unknown key \"usb_fed_W\" in [[slot]]; did you mean \"usb_feed_W\"?"));
}

TEST(RoomCheck, AnOutletFeedsOneSlot) {
  EXPECT_THAT(lines_of(with(kGood, "\"left:2\"", "\"left:1\"")),
              ElementsAre("room.toml:28:10: outlet \"left:1\" of slot \"S-01\" already feeds slot \"1-01\""));
}

TEST(RoomCheck, ADataPortBelongsToOneSlot) {
  EXPECT_THAT(lines_of(with(kGood, "kind = \"shelf\"", "kind = \"shelf\"\ndata_port = \"host/1-1.1\"")),
              ElementsAre("room.toml:28:13: data port \"host/1-1.1\" of slot \"S-01\" is already that of slot \"1-01\""));
}

TEST(RoomCheck, ASlotsNameIsItsOwn) {
  EXPECT_THAT(lines_of(with(kGood, "\"S-01\"", "\"1-01\"")),
              ElementsAre("room.toml:25:8: slot \"1-01\" stands in this file twice"));
}

TEST(RoomCheck, ALoopInTheTreeIsToldOnceWithItsCircuits) {
  const std::string two =
      "[[circuit]]\nname = \"x\"\nkind = \"panel\"\nrating_A = 1\nvoltage_V = 120\nparent = \"y\"\n"
      "[[circuit]]\nname = \"y\"\nkind = \"panel\"\nrating_A = 1\nvoltage_V = 120\nparent = \"x\"\n";
  EXPECT_THAT(lines_of(kGood + two), ElementsAre("room.toml:38:10: the circuit tree has a loop: x -> y -> x"));
}

TEST(RoomCheck, ACircuitIsNotItsOwnParent) {
  EXPECT_THAT(lines_of(with(kGood, "dedicated = true", "dedicated = true\nparent = \"branch\"")),
              Contains("room.toml:9:10: the circuit tree has a loop: branch -> branch"));
}

TEST(RoomCheck, AnUnknownParentGetsASuggestion) {
  const std::string panel = "[[circuit]]\nname = \"panel\"\nkind = \"panel\"\nrating_A = 100\nvoltage_V = 120\n";
  EXPECT_THAT(lines_of(with(kGood, "dedicated = true", "dedicated = true\nparent = \"panle\"") + panel),
              ElementsAre("room.toml:9:10: there is no circuit \"panle\"; did you mean \"panel\"?"));
}

TEST(RoomCheck, ABranchIsMeteredOrDedicatedOrReservedFor) {
  EXPECT_THAT(lines_of(with(kGood, "dedicated = true\n", "")),
              ElementsAre("room.toml:3:1: branch \"branch\" may carry load that no PDU meter sees: give it a \"meter\" "
                          "upstream, or \"dedicated = "
                          "true\", or \"foreign_reserve_A\""));
  EXPECT_THAT(lines_of(with(kGood, "dedicated = true\n", "foreign_reserve_A = 2\n")), IsEmpty());
}

TEST(RoomCheck, AMeterOnTheBranchItselfIsNoUpstreamMeter) {
  EXPECT_THAT(
      lines_of(with(kGood, "dedicated = true", "meter = { pdu = \"left\", bank = \"A\" }")),
      ElementsAre(
          "room.toml:8:17: pdu \"left\" hangs on circuit \"branch\" and cannot see what else does: it is no meter of it"));
}

TEST(RoomCheck, PdusAreNotChained) {
  const std::string right =
      "[[pdu]]\nname = \"right\"\ndialect = \"baytech-mmp\"\nline = \"model:right\"\ncircuit = \"left:8\"\noutlets = "
      "8\npower_on = \"all_off\"\n";
  EXPECT_THAT(
      lines_of(kGood + right),
      ElementsAre("room.toml:37:11: pdu \"right\" is plugged into pdu \"left\": PDUs are not chained; plug it into a "
                  "circuit of its own"));
}

TEST(RoomCheck, APduThatDoesNotBootOffMayCarryNoMoreThanTheBreaker) {
  // 8 * 1.485 A = 11.88 A, above a 10 A breaker.
  std::string text = with(kGood, "name = \"S-01\"", "name = \"S-02..08\"");
  text = with(with(text, "\"left:2\"", "\"left:2..8\""), "apple-96", "apple-140");
  text = with(with(text, "rating_A = 20", "rating_A = 10"), "\"all_off\"", "\"last_state\"");
  EXPECT_THAT(
      lines_of(text),
      ElementsAre(
          "room.toml:15:12: 11.88 A of nameplate below \"branch\" would all close when power returns, above its 10 A: "
          "set power_on of left to \"all_off\" on the device and here, or plug in less"));
  EXPECT_THAT(lines_of(with(text, "\"last_state\"", "\"sequenced\"")), IsEmpty());
  EXPECT_THAT(lines_of(with(text, "rating_A = 10", "rating_A = 11.88")), IsEmpty()) << "exactly the rating is allowed";
}

TEST(RoomCheck, TheControllerHostIsDeclared) {
  EXPECT_THAT(lines_of(with(kGood, "\"controller_host\"", "\"hub\"")),
              ElementsAre("room.toml:1:1: the controller host is not declared: add an [[infrastructure]] of kind "
                          "\"controller_host\", so that nothing "
                          "switches it off"));
}

TEST(RoomCheck, InfrastructureNeverHangsOnASwitchedOutlet) {
  EXPECT_THAT(
      lines_of(kGood + "circuit = \"left:8\"\n"),
      ElementsAre(
          "room.toml:33:11: there is no circuit \"left:8\": \"host\" hangs on a circuit, never on a switched outlet"));
}

TEST(RoomCheck, ContinuousIsNotAboveTheRating) {
  EXPECT_THAT(lines_of(with(kGood, "dedicated = true", "dedicated = true\ncontinuous_A = 24")),
              ElementsAre("room.toml:9:16: continuous_A is 24 A, above the rating of 20 A"));
}

TEST(RoomCheck, AnOutletNumberIsWithinThePdu) {
  EXPECT_THAT(lines_of(with(kGood, "\"left:2\"", "\"left:9\"")),
              ElementsAre("room.toml:28:10: there is no outlet \"left:9\": pdu \"left\" has 8, from 1"));
  EXPECT_THAT(lines_of(with(kGood, "\"left:2\"", "\"lefft:2\"")),
              ElementsAre("room.toml:28:10: outlet \"lefft:2\": there is no pdu \"lefft\"; did you mean \"left\"?"));
  EXPECT_THAT(
      lines_of(with(kGood, "\"left:2\"", "\"2\"")),
      ElementsAre(
          "room.toml:28:10: \"2\" is no outlet: it is written as \"left:7\", the pdu's name and the outlet's number"));
}

TEST(RoomCheck, ABrickIsAKnownOne) {
  EXPECT_THAT(lines_of(with(kGood, "apple-96", "aple-96")),
              ElementsAre("room.toml:29:9: there is no brick \"aple-96\"; known are apple-20, apple-30, apple-35, apple-61, "
                          "apple-67, apple-70, apple-87, "
                          "apple-96, apple-140, cord-150; did you mean \"apple-96\"?"));
}

TEST(RoomCheck, ARestoreSlotThatFitsNowhereIsAnError) {
  EXPECT_THAT(
      lines_of(with(kGood, "rating_A = 20", "rating_A = 1.5")),
      Contains(
          "room.toml:23:9: slot \"1-01\" can never be protected: its nameplate is 1.485 A, and \"branch\" allows 1.2 A"));
}

TEST(RoomCheck, RestoreSlotsThatFitOnlyInTurnsAreAWarning) {
  std::string text = with(kGood, "name = \"1-01\"", "name = \"1-01..03\"");
  text = with(with(text, "host/1-1.1", "host/1-1.1..3"), "left:1", "left:3..5");
  const RoomFile f = load_room_text(with(text, "rating_A = 20", "rating_A = 5"), "room.toml");
  // 3 * 1.485 A = 4.455 A; 0.8 * 5 A = 4 A.
  EXPECT_THAT(lines(f), ElementsAre("room.toml:3:1: warning: the restore slots below \"branch\" have 4.455 A of nameplate "
                                    "and it allows 4 A: they will "
                                    "never all be protected at once, some wait"));
  EXPECT_TRUE(f.room);
}

TEST(RoomCheck, ARestoreSlotHasAnOutletADataPortAndAWayIntoDfu) {
  std::string text = with(with(kGood, "data_port = \"host/1-1.1\"\n", ""), "dfu_entry = \"vdm\"\n", "");
  text = with(text, "outlet = \"left:1\"\nbrick = \"apple-140\"\n", "");
  EXPECT_THAT(
      lines_of(text),
      ElementsAre(
          "room.toml:16:1: restore slot \"1-01\" has no \"outlet\": its Mac must be charged and must not lose power unseen",
          "room.toml:16:1: restore slot \"1-01\" has no \"data_port\": a Mac is restored over it",
          "room.toml:16:1: restore slot \"1-01\" needs a way into DFU: dfu_entry = \"vdm\", \"by_outlet\" or \"by_hand\""));
}

TEST(RoomCheck, ALineUrlIsWellFormed) {
  const auto told = [](std::string_view url) { return lines_of(with(kGood, "model:left", url)); };
  const std::string at = "room.toml:12:8: ";
  EXPECT_THAT(told("usb:1"), ElementsAre(at + "\"usb:1\" is no line: it begins with none of serial: tcp: pty: model:"));
  EXPECT_THAT(told("tcp:console"),
              ElementsAre(at + "\"tcp:console\" is no line: after tcp: come a host and a port, as in tcp:console-1:4001"));
  EXPECT_THAT(
      told("tcp:console:70000"),
      ElementsAre(at + "\"tcp:console:70000\" is no line: after tcp: come a host and a port, as in tcp:console-1:4001"));
  EXPECT_THAT(
      told("serial:ttyUSB0"),
      ElementsAre(
          at +
          "\"serial:ttyUSB0\" is no line: after serial: comes the path of a device, as in serial:/dev/ttyUSB0?baud=9600"));
  EXPECT_THAT(told("serial:/dev/ttyUSB0?baud=fast"),
              ElementsAre(at + "\"serial:/dev/ttyUSB0?baud=fast\" is no line: after the ? comes baud=NUMBER, as in "
                               "serial:/dev/ttyUSB0?baud=9600"));
  EXPECT_THAT(told("pty:left"), ElementsAre(at + "\"pty:left\" is no line: after pty: comes a path, as in pty:/tmp/left"));
  EXPECT_THAT(told("model:"),
              ElementsAre(at + "\"model:\" is no line: after model: comes the name of a model PDU, as in model:left"));
  for (const char* good :
       {"serial:/dev/serial/by-id/usb-x", "serial:/dev/ttyUSB0?baud=9600", "tcp:10.0.0.1:4001", "pty:/tmp/x"}) {
    EXPECT_THAT(told(good), IsEmpty()) << good;
  }
}

TEST(RoomCheck, ADialectIsAKnownOne) {
  const std::vector<std::string> told = lines_of(with(kGood, "baytech-mmp", "baytech-mpm"));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], testing::StartsWith("room.toml:11:11: there is no dialect \"baytech-mpm\"; known are "));
  EXPECT_THAT(told[0], testing::EndsWith("; did you mean \"baytech-mmp\"?"));
  EXPECT_THAT(lines_of(with(kGood, "baytech-mmp", "./mine.toml")), IsEmpty()) << "a file of one's own";
}

TEST(RoomCheck, APduHasNoMoreOutletsThanItsKind) {
  EXPECT_THAT(lines_of(with(kGood, "outlets = 8", "outlets = 25")),
              ElementsAre("room.toml:14:11: a baytech-mmp has outlets up to 24, not 25"));
}

TEST(RoomCheck, TwoPdusDoNotShareALine) {
  const std::string right =
      "[[pdu]]\nname = \"right\"\ndialect = \"baytech-mmp\"\nline = \"model:left\"\ncircuit = \"branch\"\noutlets = "
      "8\npower_on = \"all_off\"\n";
  EXPECT_THAT(lines_of(kGood + right), ElementsAre("room.toml:36:8: pdu \"right\" and pdu \"left\" have the same line"));
}

TEST(RoomCheck, AMalformedDataPortSaysHowItIsWritten) {
  EXPECT_THAT(
      lines_of(with(kGood, "host/1-1.1", "1-1.1")),
      ElementsAre("room.toml:20:13: \"1-1.1\" is no USB port: it is written as \"host/1-4.2\", host, bus and ports"));
}

TEST(RoomCheck, ARangeHasAsManyOutletsAsSlots) {
  EXPECT_THAT(lines_of(with(with(kGood, "\"S-01\"", "\"S-01..03\""), "\"left:2\"", "\"left:2..3\"")),
              ElementsAre("room.toml:28:10: \"left:2..3\" names 2 for 3 slots"));
}

TEST(RoomCheck, ABankEndsWithinItsPdu) {
  EXPECT_THAT(lines_of(with(kGood, "[[slot]]\n", "[[pdu.bank]]\nname = \"A\"\noutlets = \"1-9\"\n[[slot]]\n")),
              ElementsAre("room.toml:18:11: pdu \"left\" has 8 outlets; bank \"A\" ends at 9"));
}

TEST(RoomCheck, AMalformedShiftSaysHowItIsWritten) {
  EXPECT_THAT(lines_of(with(kGood, "name = \"R\"", "name = \"R\"\nshifts = [\"Mon 17:00-08:00\"]")),
              ElementsAre("room.toml:3:11: \"Mon 17:00-08:00\" is no shift: it is written as \"Mon-Fri 08:00-17:00\""));
}

TEST(RoomCheck, AllErrorsComeAtOnce) {
  std::string text = with(kGood, "rating_A = 20", "rating_A = \"twenty\"");
  text = with(with(text, "model:left", "left"), "apple-96", "apple-9");
  EXPECT_EQ(lines_of(text).size(), 3U);
}

TEST(RoomCheck, AnEmptyFileSaysWhatARoomNeeds) {
  EXPECT_THAT(lines_of(""), ElementsAre("room.toml: has no [[circuit]]: name at least the breaker that feeds the PDUs",
                                        "room.toml: has no [[slot]]", testing::StartsWith("room.toml:1:1: "),
                                        testing::StartsWith("room.toml:1:1: ")));
}

TEST(RoomCheck, AFileThatIsNotThereIsOneError) {
  EXPECT_THAT(lines(load_room("no/such.toml")),
              ElementsAre("no/such.toml: there is no such file, and none of this name travels with the program"));
}

}  // namespace
}  // namespace greenroom
