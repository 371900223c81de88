// What is refused in a room file, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/dialects.hpp"
#include "config/room.hpp"
#include "tests/support/room_text.hpp"

namespace greenroom {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

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
  EXPECT_THAT(told("usb:1"), ElementsAre(at + "line \"usb:1\": begins with none of serial:, tcp:, pty:, model:"));
  EXPECT_THAT(told("serial:/dev/ttyUSB0?baud=fast"),
              ElementsAre(at + "line \"serial:/dev/ttyUSB0?baud=fast\": baud is a whole number from 50 to 4000000, as "
                               "baud=9600"));
  for (const char* good :
       {"serial:/dev/serial/by-id/usb-x", "serial:/dev/ttyUSB0?baud=9600", "tcp:10.0.0.1:4001?baud=19200", "pty:/tmp/x"}) {
    EXPECT_THAT(told(good), IsEmpty()) << good;
  }
}

TEST(RoomCheck, ADialectIsAKnownOne) {
  const std::vector<std::string> told = lines_of(with(kGood, "baytech-mmp", "baytech-mpm"));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], testing::StartsWith("room.toml:11:11: there is no dialect \"baytech-mpm\"; known are "));
  EXPECT_THAT(told[0], testing::EndsWith("; did you mean \"baytech-mmp\"?"));
}

TEST(RoomCheck, APathOfADialectCountsFromTheRoomFile) {
  const std::string folder = GREENROOM_SOURCE_DIR "/config/examples/";
  const RoomFile f = load_room_text(with(kGood, "baytech-mmp", "../pdu/baytech-mmp.toml"), folder + "room.toml");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_TRUE(f.room);
  const auto dialect = dialect_text(f.room->pdus[0]);
  ASSERT_TRUE(dialect) << dialect.error().message;
  EXPECT_EQ(dialect->file, GREENROOM_SOURCE_DIR "/config/pdu/baytech-mmp.toml");
  EXPECT_THAT(dialect->text, testing::HasSubstr("Baytech MMP"));
}

TEST(RoomCheck, ANamedDialectIsTheOneThatTravelsWithTheProgram) {
  PduConfig pdu;
  pdu.dialect = "baytech-mmp";
  const auto dialect = dialect_text(pdu);
  ASSERT_TRUE(dialect);
  EXPECT_EQ(dialect->file, "config/pdu/baytech-mmp.toml");
}

TEST(RoomCheck, APathWithoutADialectIsTold) {
  EXPECT_THAT(lines_of(with(kGood, "baytech-mmp", "./mine.toml")),
              ElementsAre("room.toml:11:11: ./mine.toml: there is no such file"));
}

TEST(RoomCheck, ALoopHidesNothingBelowItAndIsTheOnlyError) {
  const std::string panel = "[[circuit]]\nname = \"panel\"\nkind = \"panel\"\nrating_A = 100\nparent = \"branch\"\n";
  EXPECT_THAT(lines_of(with(kGood, "dedicated = true", "dedicated = true\nparent = \"panel\"") + panel),
              ElementsAre("room.toml:9:10: the circuit tree has a loop: branch -> panel -> branch"));
}

TEST(RoomCheck, AWrongRangeIsOneErrorAndTheOtherKeysStayKnown) {
  EXPECT_THAT(lines_of(with(kGood, "\"S-01\"", "\"S-01..99999999\"")),
              ElementsAre("room.toml:25:8: the range \"S-01..99999999\" names too many: at most 1000 in one table"));
  EXPECT_THAT(lines_of(with(with(kGood, "\"S-01\"", "\"S-01..02\""), "left:2", "left:3..2")),
              ElementsAre("room.toml:28:10: the range \"left:3..2\" goes backwards: write 2..3"));
}

TEST(RoomCheck, ACountBeyondAllPdusIsOneError) {
  EXPECT_THAT(lines_of(with(kGood, "outlets = 8", "outlets = 2000000000")),
              ElementsAre("room.toml:14:11: \"outlets\" in [[pdu]] must be from 1 to 96, not 2000000000"));
}

TEST(RoomCheck, WithoutATableRoomTheTimingsAreStillKnown) {
  EXPECT_THAT(lines_of(with(kGood, "[room]\nname = \"R\"\n", "") + "[timings]\nsettle_s = 40\n"),
              ElementsAre("room.toml:1:1: the file lacks the table [room] with the room's name"));
}

TEST(RoomCheck, WithoutAnyCircuitTheKeysOfAPduStayKnown) {
  std::string text =
      with(kGood, kGood.substr(kGood.find("[[circuit]]"), kGood.find("[[pdu]]") - kGood.find("[[circuit]]")), "");
  text = with(text, "outlets = 8", "outlets = 8\ninput_A = 16");
  for (const std::string& line : lines_of(text)) EXPECT_THAT(line, testing::Not(testing::HasSubstr("unknown key")));
}

TEST(RoomCheck, AFileInUtf16IsOneErrorThatSaysSo) {
  std::string text = "\xFF\xFE";
  for (const char c : kGood) text += {c, '\0'};
  EXPECT_THAT(lines_of(text), ElementsAre("room.toml:1:1: is written in UTF-16; save it again as UTF-8 (plain text)"));
}

TEST(RoomCheck, APduHasNoMoreOutletsThanItsKind) {
  EXPECT_THAT(
      lines_of(with(kGood, "outlets = 8", "outlets = 25")),
      ElementsAre("room.toml:14:11: \"outlets\" is 25, and a baytech-mmp has at most 24: say how many this unit has, or "
                  "leave it out for 24"));
}

TEST(RoomCheck, APduMayHaveMoreOutletsThanIsUsualWhereItsKindDoes) {
  std::string text = with(kGood, "baytech-mmp", "cyclades-pm");  // 20 as a rule, chained up to 42
  EXPECT_THAT(lines_of(with(text, "outlets = 8", "outlets = 42")), IsEmpty());
  EXPECT_THAT(
      lines_of(with(text, "outlets = 8", "outlets = 43")),
      ElementsAre("room.toml:14:11: \"outlets\" is 43, and a cyclades-pm has at most 42: say how many this unit has, or "
                  "leave it out for 20"));
}

TEST(RoomCheck, ARelayBoardHasAsManyOutletsAsItsDialectAsksFor) {
  EXPECT_THAT(
      lines_of(with(kGood, "baytech-mmp", "waveshare-relay-16")),
      ElementsAre("room.toml:14:11: \"outlets\" is 8, and a waveshare-relay-16 has 16: say how many this unit has, or "
                  "leave it out for 16"));
}

TEST(RoomCheck, AMeterHasNoOutlets) {
  EXPECT_THAT(lines_of(with(kGood, "baytech-mmp", "eastron-sdm630")),
              ElementsAre("room.toml:14:11: a eastron-sdm630 is a meter and has no outlets: leave \"outlets\" out"));
}

TEST(RoomCheck, WhereADeviceCountsFromNoughtSoDoesTheRoom) {
  const std::string text = with(with(kGood, "baytech-mmp", "vpcd"), "outlets = 8\n", "");
  EXPECT_THAT(lines_of(with(text, "left:1", "left:0")), IsEmpty());
  EXPECT_THAT(lines_of(with(text, "left:1", "left:16")),
              ElementsAre("room.toml:21:10: there is no outlet \"left:16\": pdu \"left\" has 16, from 0"));
  EXPECT_THAT(lines_of(with(kGood, "[[slot]]\n", "[[pdu.bank]]\nname = \"A\"\noutlets = \"0-7\"\n[[slot]]\n")),
              ElementsAre("room.toml:18:11: pdu \"left\" has 8 outlets, from 1; bank \"A\" begins at 0"));
}

TEST(RoomCheck, TwoPdusDoNotShareALine) {
  const std::string right =
      "[[pdu]]\nname = \"right\"\ndialect = \"baytech-mmp\"\nline = \"model:left\"\ncircuit = \"branch\"\noutlets = "
      "8\npower_on = \"all_off\"\n";
  EXPECT_THAT(lines_of(kGood + right), ElementsAre("room.toml:36:8: pdu \"right\" and pdu \"left\" have the same line"));
  EXPECT_THAT(lines_of(kGood + with(right, "model:left", "model:left?baud=9600")),
              ElementsAre("room.toml:36:8: pdu \"right\" and pdu \"left\" have the same line"));
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
