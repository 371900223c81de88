// Reading and identifying, against scripted conversations. Texts are captures and samples; times are virtual.
#include "hw/pdu/cli_pdu.hpp"

#include <gtest/gtest.h>

#include "tests/support/cli_pdu_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using namespace test;
using Room = test::Room;

TEST(CliPdu, ReadsStatesAndBothBanksOfTheRpc28InOneExchange) {
  Room room("baytech-rpc28-nc");
  room.asks("status", kStatus);
  const auto r = room.read();
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->outlets.size(), 20U);
  EXPECT_EQ(r->outlets.front().number, 1);
  EXPECT_EQ(r->outlets.back().number, 20);
  EXPECT_EQ(on_outlets(*r), (std::vector<int>{1, 3, 4, 8, 11, 17}));
  ASSERT_EQ(r->banks.size(), 2U);
  EXPECT_EQ(r->banks[0].bank, "A");
  EXPECT_EQ(r->banks[0].current, Amps{4000});
  EXPECT_EQ(r->banks[1].current, Amps{1500});
  EXPECT_EQ(r->banks[0].power, Watts{462'000});
  EXPECT_EQ(r->banks[1].power, Watts{170'000});
}

TEST(CliPdu, ReadsTheOneBankOfTheRpc3) {
  Room room("baytech-rpc3-nc");
  room.wakes("RPC3-NC>").script.expect("status\r").reply(sample("rpc3-status.txt"));
  const auto r = room.read();
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(on_outlets(*r), (std::vector<int>{1, 3, 4, 8}));
  ASSERT_EQ(r->banks.size(), 1U);
  EXPECT_EQ(r->banks[0].current, Amps{2900});
}

TEST(CliPdu, ReadsStatesThenOutletMetersOfTheMmp) {
  Room room("baytech-mmp");
  room.wakes("MMP>").script.expect("status\r").reply(sample("mmp-status.txt"));
  room.wakes("MMP>").script.expect("ostatus\r").reply(sample("mmp-ostatus.txt"));
  const auto r = room.run<PduReading>(room.pdu->read(Depth::full));
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->outlets.size(), 24U);
  EXPECT_EQ(on_outlets(*r), (std::vector<int>{1, 4, 7, 10, 13, 16, 19, 22}));
  EXPECT_EQ(r->outlets[21].current, Amps{1100});
  EXPECT_EQ(r->outlets[21].power, Watts{128'000});
  EXPECT_EQ(r->outlets[22].current, Amps{0});
  EXPECT_EQ(r->banks[0].current, Amps{8800});
}

TEST(CliPdu, ReadsTheOutletMetersOfTheMmpAloneWhereThatIsAsked) {
  Room room("baytech-mmp");
  room.wakes("MMP>").script.expect("ostatus\r").reply(sample("mmp-ostatus.txt"));
  const auto r = room.run<PduReading>(room.pdu->read(Depth::meters));
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_FALSE(r->states);
  EXPECT_EQ(r->outlets[21].current, Amps{1100});
  EXPECT_EQ(r->outlets[21].state, OutletState::unknown);
}

TEST(CliPdu, ADeviceThatMetersWithItsStatesIsNotAskedForMetersAlone) {
  Room room("baytech-rpc3-nc");
  const auto r = room.run<PduReading>(room.pdu->read(Depth::meters));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::usage);
}

TEST(CliPdu, ASmallerDeviceIsAskedForFewerOutletsAndBanks) {
  CliDialect d = dialect("baytech-rpc28-nc");
  d.most = 24;
  ASSERT_TRUE(d.resize(10));
  EXPECT_EQ(d.last(), 10);
  ASSERT_EQ(d.banks.size(), 1U);
  EXPECT_EQ(d.resize(25).error().message, "Baytech RPC-28-NC has 1 to 24 outlets, not 25");
}

CliDialect sized(const std::string& id, std::uint16_t outlets) {
  CliDialect d = dialect(id);
  EXPECT_TRUE(d.resize(outlets));
  return d;
}

TEST(CliPdu, AUnitWithMoreOutletsThanWereSaidIsToldSoAndGivesNothing) {
  Room room(sized("baytech-rpc28-nc", 8), true);
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  const auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::protocol);
  EXPECT_EQ(r.error().message,
            "the reply to \"status\" is void: it goes on to outlet 20, and 8 outlets are expected; if the unit has 20, say "
            "outlets = 20 in the room file, or --outlets 20");
}

TEST(CliPdu, AUnitWithFewerOutletsThanWereSaidIsToldSoAndGivesNothing) {
  CliDialect d = dialect("baytech-rpc28-nc");
  d.most = 24;
  EXPECT_TRUE(d.resize(24));
  Room room(std::move(d), true);
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  const auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::protocol);
  EXPECT_EQ(r.error().message,
            "the reply to \"status\" is void: 20 of 24 outlets; if the unit has 20, say outlets = 20 in the room file, or "
            "--outlets 20");
}

TEST(CliPdu, AUnitLargerThanAnyOfItsKindIsNotAdvisedANumberThatIsRefused) {
  CliDialect d = sized("baytech-rpc28-nc", 8);
  d.most = 10;
  Room room(std::move(d), true);
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  const auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message,
            "the reply to \"status\" is void: it goes on to outlet 20, and 8 outlets are expected; Baytech RPC-28-NC has at "
            "most 10: is it another device?");
}

TEST(CliPdu, ReadsTheRowsThatAClientOfARealMmp14Reads) {
  // Units in short and a state column, as stv0g/pductl matches them.
  std::string text = sample("mmp-ostatus.txt");
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {" Amps |", " A |"}, {" Volts |", " V |"}, {" Watts |", " W |"}, {" VA |\r\n", " VA | On Locked |\r\n"}}) {
    std::string out;
    for (std::size_t at = 0;;) {
      const auto hit = text.find(from, at);
      if (hit == text.npos) {
        text = out + text.substr(at);
        break;
      }
      out += text.substr(at, hit - at) + to;
      at = hit + from.size();
    }
  }
  Room room("baytech-mmp");
  room.wakes("MMP-14>").script.expect("status\r").reply(sample("mmp-status.txt"));
  room.wakes("MMP-14>").script.expect("ostatus\r").reply(text);
  const auto r = room.run<PduReading>(room.pdu->read(Depth::full));
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->outlets[0].current, Amps{1100});
  EXPECT_EQ(r->outlets[0].state, OutletState::on);
}

TEST(CliPdu, TakesBothPromptsByTurns) {
  Room room("baytech-rpc28-nc");
  room.wakes("RPC-28A>").script.expect("status\r").reply(replaced(kStatus, "RPC-28>", "RPC-28A>"));
  room.wakes("RPC-28>").script.expect("status\r").reply(kStatus);
  EXPECT_TRUE(room.read());
  EXPECT_TRUE(room.read());
}

TEST(CliPdu, BeginsASampleWhenItsRequestGoesOut) {
  Room room("baytech-rpc28-nc");
  room.asks("status", kStatus, 1253ms);
  const auto r = room.read();
  ASSERT_TRUE(r);
  EXPECT_EQ(r->began, room.t0 + 10ms);  // after the wake-up
  EXPECT_EQ(r->received, r->began + 1253ms);
}

TEST(CliPdu, TakesAReplyThatComesByteByByte) {
  Room room("baytech-rpc28-nc");
  room.wakes().script.expect("status\r");
  for (std::size_t i = 0; i < kStatus.size(); ++i)
    room.script.reply(kStatus.substr(i, 1), Duration{1042} * (static_cast<int>(i) + 1));
  const auto r = room.read();
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(on_outlets(*r), (std::vector<int>{1, 3, 4, 8, 11, 17}));
}

// 64 of them made a divisor of 0.
TEST(CliPdu, AFigureWithDecimalsWithoutEndMakesTheReplyVoid) {
  Room room("baytech-mmp");
  std::string text = sample("mmp-ostatus.txt");
  const std::string figure = "Outlet  1     |  1.1";
  const auto at = text.find(figure);
  ASSERT_NE(at, text.npos);
  text.insert(at + figure.size(), std::string(70, '0'));
  room.wakes("MMP>").script.expect("ostatus\r").reply(text);
  const auto r = room.run<PduReading>(room.pdu->read(Depth::meters));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::protocol);
  EXPECT_TRUE(r.error().message.starts_with("the reply to \"ostatus\" is void: a value is not understood"))
      << r.error().message;
}

// A reply that is not whole is void, whatever it is that is wrong.
struct Spoilt {
  const char* name;
  const char* what;
  const char* by;
  const char* message;
};
class VoidReply : public ::testing::TestWithParam<Spoilt> {};

TEST_P(VoidReply, GivesAnErrorAndNoState) {
  Room room("baytech-rpc28-nc");
  room.asks("status", replaced(kStatus, GetParam().what, GetParam().by));
  const auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::protocol);
  EXPECT_EQ(r.error().message, std::string("the reply to \"status\" is void: ") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Of, VoidReply,
    ::testing::Values(
        Spoilt{"RowLost", " 3)...Outlet  3       : On            4)...Outlet  4       : On           \r\n", "",
               "18 of 20 outlets"},
        Spoilt{"RowTwice", "Outlet  2       : Off          \r\n",
               "Outlet  2       : Off          \r\n 1)...Outlet  1       : Off           2)...Outlet  2       : Off         "
               " \r\n",
               "outlet 1 stands twice"},
        Spoilt{"NumberGarbled", " 3)...Outlet", " 8)...Outlet", "outlet 8 stands twice"},
        Spoilt{"NumberOutOfRange", "20)...Outlet", "29)...Outlet",
               "a value is not understood: \"19)...Outlet 19       : Off          29)...Outlet 20       : Off\""},
        Spoilt{"StateGarbled", ": On            2)", ": Om            2)",
               "a value is not understood: \" 1)...Outlet  1       : Om            2)...Outlet  2       : Off\""},
        Spoilt{"HalfARowGarbled", " 2)...Outlet", " 2)..,Outlet",
               "the rest of a line is not understood: \"2)..,Outlet  2       : Off\""},
        Spoilt{"NoiseByte", "Internal", "Int\x03rnal", "noise in a line: \"Int\\x03rnal Temperature:  30.0 C\""},
        Spoilt{"MeterGarbled", "True RMS Current:     4.0", "True RMS Current:     4x0",
               "20 of 20 outlets, 1 other lines missing"},
        Spoilt{"MeterBeyondAllMeters", "True RMS Current:     4.0", "True RMS Current: 92233720368.5",
               "a value is not understood: \"True RMS Current: 92233720368.5 Amps      :      1.5 Amps\""},
        Spoilt{"MeterTwice", "Maximum Detected:     6.9 Amps      :      2.8",
               "True RMS Current:     6.9 Amps      :      2.8",
               "stands twice: \"True RMS Current:     6.9 Amps      :      2.8 Amps\""},
        Spoilt{"EchoOfAnother", "status\r\n", "statis\r\n", "not the echo of \"status\": \"statis\""},
        Spoilt{"PromptInTheMiddle", "\r\n\r\n 1)", "\r\nRPC-28>\r\n 1)", "a prompt before the end: \"RPC-28>\""}),
    [](const auto& i) { return i.param.name; });

TEST(CliPdu, AReplyCutShortIsATimeoutAndNeverAPartialState) {
  Room room("baytech-rpc28-nc");
  room.asks("status", kStatus.substr(0, kStatus.find("13)")));
  const auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::timeout);
  EXPECT_EQ(r.error().message, "no whole reply to \"status\" within 4.0 s: 12 of 20 outlets");
}

TEST(CliPdu, ALateReplyIsNeverTakenForTheNextOne) {
  Room room("baytech-rpc28-nc");
  const std::string old = kStatus;
  const std::string fresh = replaced(kStatus, "Outlet  2       : Off", "Outlet  2       : On ");
  room.asks("status", old, 4100ms);  // 100 ms after the driver gave up
  room.wakes().marks().script.expect("status\r").reply(fresh);
  EXPECT_EQ(room.read().error().code, Errc::timeout);
  const auto r = room.read();
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(on_outlets(*r), (std::vector<int>{1, 2, 3, 4, 8, 11, 17}));
}

TEST(CliPdu, ADoubledReplyIsDroppedBeforeTheNextCommand) {
  Room room("baytech-rpc28-nc");
  room.wakes().script.expect("status\r").reply(kStatus).reply(kStatus, 15ms);
  EXPECT_TRUE(room.read());
  room.until(room.clock.now() + 1s);
  room.asks("status", kStatus);
  EXPECT_TRUE(room.read());
}

TEST(CliPdu, AnAnswerToTheWakeUpWithOldTextBeforeThePromptIsNotBelieved) {
  Room room("baytech-rpc28-nc");
  room.script.expect("\r").reply("19       : Off\r\nRPC-28>");
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  EXPECT_TRUE(room.read());
}

TEST(CliPdu, ANewDriverTrustsNoLineBeforeItsOwnMarkHasComeBack) {
  // Left over from a controller that was killed: the device is still busy with its status, then comes to our lines.
  Room room("baytech-rpc28-nc", true);
  room.script.expect("\r").reply("\r\nRPC-28A>");
  room.script.expect("mark 1\r").reply(kStatus, 5ms).reply("mark 1\r\nInput error\r\n\r\nRPC-28A>", 20ms);
  const std::string fresh = replaced(kStatus, "Outlet  2       : Off", "Outlet  2       : On ");
  room.script.expect("status\r").reply(fresh);
  const auto r = room.read();
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(on_outlets(*r), (std::vector<int>{1, 2, 3, 4, 8, 11, 17}));
}

TEST(CliPdu, FindsBackAfterNoise) {
  Room room("baytech-rpc28-nc");
  room.asks("status", "\x7f\x02\x13 noise");
  EXPECT_EQ(room.read().error().code, Errc::timeout);
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  EXPECT_TRUE(room.read());
}

TEST(CliPdu, SaysWhatToLookAtWhenNobodyAnswers) {
  Room room("baytech-rpc28-nc");
  room.script.expect("\r").expect("\r").expect("\r");
  const auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::device_gone);
  EXPECT_EQ(r.error().message,
            "no prompt of Baytech RPC-28-NC after 3 wake-ups; last seen \"\". Is it powered, is the cable right, is the "
            "line at 9600 baud?");
}

TEST(CliPdu, IdentifiesByPromptLayoutAndCount) {
  Room room("baytech-rpc28-nc");
  room.asks("status", kStatus);
  const auto t = room.run<PduTraits>(room.pdu->identify());
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_EQ(t->outlets, 20);
  EXPECT_EQ(t->identity, "Baytech RPC-28-NC, 20 outlets");
  EXPECT_TRUE(t->meters_banks);
  EXPECT_FALSE(t->meters_outlets);
  EXPECT_FALSE(t->boots_all_off);
}

}  // namespace
}  // namespace greenroom
