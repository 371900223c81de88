// The driver against scripted conversations. Texts are captures and samples (see samples/README.md); times are virtual.
#include "hw/pdu/cli_pdu.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "hw/async/task_group.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::Script;
using test::ScriptedLine;
using test::Stage;

const std::string kRoot = GREENROOM_SOURCE_DIR;

std::string sample(const std::string& name) {
  std::ifstream in(kRoot + "/tests/hw/pdu/samples/" + name, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

Dialect dialect(const std::string& id) {
  auto d = load_dialect(kRoot + "/config/pdu/" + id + ".toml");
  if (d) return *d;
  for (const auto& c : d.error()) ADD_FAILURE() << to_string(c);
  return {};
}

std::string replaced(std::string s, const std::string& what, const std::string& by) {
  const auto at = s.find(what);
  EXPECT_NE(at, s.npos) << what;
  return at == s.npos ? s : s.replace(at, what.size(), by);
}

// A driver on a line that is already known to be in order, unless `fresh`.
struct Room : Stage {
  explicit Room(const std::string& id, bool fresh = false) : Room(dialect(id), fresh) {}
  explicit Room(Dialect d, bool fresh = false) {
    const std::string id = d.id;
    prompt_ = id == "baytech-mmp" ? "MMP>" : id == "baytech-rpc3-nc" ? "RPC3-NC>" : "RPC-28>";
    pdu = make_cli_pdu(std::move(d), std::make_unique<ScriptedLine>(script), clock, Credentials("admin", "secret"));
    if (fresh) return;
    wakes(prompt_).marks();
    script.expect("status\r")
        .reply(sample(id == "baytech-mmp"       ? "mmp-status.txt"
                      : id == "baytech-rpc3-nc" ? "rpc3-status.txt"
                                                : "rpc28-status.txt"));
    EXPECT_TRUE(run<PduReading>(pdu->read(Depth::supervise)));
    script.written.clear();
    t0 = clock.now();
  }
  Script script{clock};
  std::unique_ptr<Pdu> pdu;
  TimePoint t0;

  // After a fault: the next mark and what the device says to it.
  Room& marks() {
    const std::string mark = "mark " + std::to_string(++marks_);
    script.expect(mark + "\r").reply(mark + "\r\nInput error\r\n\r\n" + prompt_);
    return *this;
  }
  Room& wakes(const std::string& prompt = "RPC-28>") {
    script.expect("\r").reply("\r\n" + prompt);
    return *this;
  }
  Room& asks(const std::string& command, const std::string& reply, Duration after = 10ms) {
    wakes();
    script.expect(command + "\r").reply(reply, after);
    return *this;
  }
  Result<PduReading> read() { return run<PduReading>(pdu->read(Depth::supervise)); }
  std::string prompt_;
  int marks_{};
  SwitchOrder order(OutletNumber n, Switch to, Duration valid = 2s) {
    return {n, to, clock.now() + valid, [] { return Result<void>{}; }};
  }
  Result<OutletReading> set(OutletNumber n, Switch to) { return run<OutletReading>(pdu->set(order(n, to))); }
};

std::vector<int> on_outlets(const PduReading& r) {
  std::vector<int> on;
  for (const auto& o : r.outlets) {
    if (o.state == OutletState::on) on.push_back(o.number);
  }
  return on;
}

const std::string kStatus = sample("rpc28-status.txt");

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

// ---- switching

std::string status_with(OutletNumber n, const std::string& state) {
  std::string row =
      (n < 10 ? " " : "") + std::to_string(n) + ")...Outlet " + (n < 10 ? " " : "") + std::to_string(n) + "       : ";
  std::string text = kStatus;
  const auto at = text.find(row);
  EXPECT_NE(at, text.npos) << row;
  return text.replace(at + row.size(), 3, state);
}
const std::string kStatusOff3 = status_with(3, "Off");

TEST(CliPdu, SwitchesAndReturnsWhatWasReadBack) {
  Room room("baytech-rpc28-nc");
  room.asks("off 3", "off 3\r\nRPC-28A>");
  room.asks("status", kStatusOff3);
  const auto r = room.set(3, Switch::off);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->number, 3);
  EXPECT_EQ(r->state, OutletState::off);
}

TEST(CliPdu, ReadsBackOnlyAfterTheContactsHaveMoved) {
  Room room("baytech-rpc28-nc");
  room.asks("off 3", "off 3\r\nRPC-28A>");
  room.asks("status", kStatusOff3);
  const auto result = room.start<OutletReading>(room.pdu->set(room.order(3, Switch::off)));
  // Woken in 10 ms; the relay takes up to 200 ms.
  room.until(room.t0 + 209ms);
  EXPECT_EQ(room.script.written.size(), 2U);
  room.until(room.t0 + 210ms);
  EXPECT_EQ(room.script.written.size(), 3U);
  EXPECT_TRUE(room.finish<OutletReading>(result));
}

TEST(CliPdu, PollsAgainWhileTheDeviceMayStillHaveTheOrderInItsQueue) {
  Room room("baytech-rpc28-nc");
  room.asks("off 3", "off 3\r\nRPC-28A>");
  room.asks("status", kStatus, 400ms);  // still on, 500 ms after the order
  room.asks("status", kStatusOff3, 400ms);
  const auto r = room.set(3, Switch::off);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->state, OutletState::off);
}

TEST(CliPdu, ReturnsTheOldStateWhenTheLongestQueueTimeHasPassed) {
  Room room("baytech-rpc28-nc");
  room.asks("off 3", "off 3\r\nRPC-28A>");
  for (int i = 0; i < 3; ++i) room.asks("status", kStatus, 400ms);
  const auto r = room.set(3, Switch::off);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->state, OutletState::on);  // a welded relay: read back, never assumed
}

TEST(CliPdu, AnOrderThatExpiresBeforeItsCommitByteIsNotSent) {
  Room room("baytech-rpc28-nc");
  room.script.expect("\r").reply("\r\nRPC-28>", 900ms);  // the order is good for 0.7 s
  const auto r = room.run<OutletReading>(room.pdu->set(room.order(3, Switch::off, 700ms)));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::expired);
  EXPECT_EQ(r.error().message,
            "outlet 3: outlet 3: the order expired 0.200 s before it could be sent; nothing was switched");
  EXPECT_EQ(room.script.written, (std::vector<std::string>{"\r"}));
}

TEST(CliPdu, AnOrderThatIsNoLongerAllowedAtItsCommitByteIsNotSent) {
  Room room("baytech-rpc28-nc");
  bool is_protected = false;
  room.script.expect("\r").reply("\r\nRPC-28>");
  SwitchOrder order(3, Switch::off, room.t0 + 2s, [&]() -> Result<void> {
    if (is_protected) return fail(Errc::refused, "slot 1-03 is protected: restore");
    return {};
  });
  const auto result = room.start<OutletReading>(room.pdu->set(order));
  room.until(room.t0 + 5ms);
  is_protected = true;  // between the wake-up and its prompt
  const auto r = room.finish<OutletReading>(result);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_EQ(room.script.written, (std::vector<std::string>{"\r"}));
}

TEST(CliPdu, AConfirmationIsAnsweredYesAndReadBack) {
  Room room("baytech-rpc28-nc");
  room.asks("on 2", "on 2\r\nTurn On Outlet 2 (Y/N)?");
  room.script.expect("Y\r").reply("Y\r\nRPC-28A>");
  room.asks("status", status_with(2, "On "));
  const auto r = room.set(2, Switch::on);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->state, OutletState::on);
}

TEST(CliPdu, AConfirmationIsAnsweredNoWhenTheOrderHasBeenWithdrawn) {
  Room room("baytech-rpc28-nc");
  int asked = 0;
  room.asks("off 3", "off 3\r\nTurn Off Outlet 3 (Y/N)?");
  room.script.expect("N\r").reply("N\r\nRPC-28A>");
  const auto r = room.run<OutletReading>(room.pdu->set(SwitchOrder(3, Switch::off, room.t0 + 2s, [&]() -> Result<void> {
    if (++asked == 2) return fail(Errc::refused, "slot 1-03 is protected: restore");
    return {};
  })));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_EQ(asked, 2);
}

TEST(CliPdu, AConfirmationIsAnsweredNoWhenTheOrderExpiredMeanwhile) {
  Room room("baytech-rpc28-nc");
  room.wakes().script.expect("off 3\r").reply("off 3\r\nTurn Off Outlet 3 (Y/N)?", 1995ms);
  room.script.expect("N\r").reply("N\r\nRPC-28A>");
  const auto r = room.set(3, Switch::off);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::expired);
}

TEST(CliPdu, AQuestionLeftOverByAnotherIsAnsweredNo) {
  Room room("baytech-rpc28-nc");
  room.script.expect("\r").reply("\r\nTurn Off Outlet 3 (Y/N)?");
  room.script.expect("N\r").reply("N\r\nRPC-28>");
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  const auto r = room.read();
  EXPECT_TRUE(r) << r.error().message;
}

TEST(CliPdu, ADeviceThatRejectsAnOrderHasSwitchedNothing) {
  Room room("baytech-rpc28-nc");
  room.asks("off 3", "off 3\r\nInput error\r\n\r\nRPC-28A>");
  const auto r = room.set(3, Switch::off);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_EQ(r.error().message, "outlet 3: the device answered \"Input error\" to \"off 3\"");
}

TEST(CliPdu, AGarbledAnswerToAnOrderIsSettledByTheReadBack) {
  Room room("baytech-rpc28-nc");
  room.asks("off 3", "of\x81 3\r\nRPC-28A>");
  room.wakes().marks().script.expect("status\r").reply(kStatusOff3);
  const auto r = room.set(3, Switch::off);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->state, OutletState::off);
}

TEST(CliPdu, ALineThatDiesAfterTheCommitLeavesTheOrderInDoubt) {
  Room room("baytech-rpc28-nc");
  room.wakes().script.expect("off 3\r");
  const auto result = room.start<OutletReading>(room.pdu->set(room.order(3, Switch::off)));
  room.until(room.t0 + 400ms);
  room.script.gone = true;
  const auto r = room.finish<OutletReading>(result);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::timeout);
  EXPECT_EQ(r.error().message,
            "outlet 3: the order to switch off was sent, and its state could not be read back: the port is gone");
}

TEST(CliPdu, ALineThatIsDeadBeforeTheCommitIsNoDoubt) {
  Room room("baytech-rpc28-nc");
  room.script.gone = true;
  const auto r = room.set(3, Switch::off);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::device_gone);
}

TEST(CliPdu, RefusesAnOutletThatTheDeviceDoesNotHave) {
  Room room("baytech-rpc28-nc");
  const auto r = room.set(21, Switch::on);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::usage);
  EXPECT_EQ(r.error().message, "outlet 21: Baytech RPC-28-NC has outlets 1 to 20");
}

TEST(CliPdu, OffOvertakesOnAndReadsButNeverCutsAnExchange) {
  Room room("baytech-rpc28-nc");
  room.asks("status", kStatus, 1s);
  room.asks("off 3", "off 3\r\nRPC-28A>");
  room.asks("off 4", "off 4\r\nRPC-28A>");
  room.asks("on 2", "on 2\r\nRPC-28A>");
  std::string after = replaced(kStatusOff3, "4)...Outlet  4       : On ", "4)...Outlet  4       : Off");
  after = replaced(after, "2)...Outlet  2       : Off", "2)...Outlet  2       : On ");
  room.asks("status", after);  // one read-back serves three orders and two readers
  const auto first = room.start<PduReading>(room.pdu->read(Depth::supervise));
  room.until(room.t0 + 500ms);  // the first exchange is under way
  const auto full = room.start<PduReading>(room.pdu->read(Depth::full));
  const auto supervise = room.start<PduReading>(room.pdu->read(Depth::supervise));
  const auto on = room.start<OutletReading>(room.pdu->set(room.order(2, Switch::on)));
  const auto off3 = room.start<OutletReading>(room.pdu->set(room.order(3, Switch::off)));
  const auto off4 = room.start<OutletReading>(room.pdu->set(room.order(4, Switch::off)));
  EXPECT_TRUE(room.finish<PduReading>(first));
  EXPECT_EQ(room.finish<OutletReading>(on)->state, OutletState::on);
  EXPECT_EQ(room.finish<OutletReading>(off3)->state, OutletState::off);
  EXPECT_EQ(room.finish<OutletReading>(off4)->state, OutletState::off);
  EXPECT_TRUE(room.finish<PduReading>(supervise));
  EXPECT_TRUE(room.finish<PduReading>(full));
}

TEST(CliPdu, AnOrderBetweenTheHalvesOfAFullReadMakesItBeginAgain) {
  Room room("baytech-mmp");
  const auto ask = [&](const std::string& c, const std::string& r, Duration after) {
    room.wakes("MMP>").script.expect(c + "\r").reply(r, after);
  };
  const std::string status = sample("mmp-status.txt");
  const std::string off1 = replaced(status, " 1)...Outlet  1       : On ", " 1)...Outlet  1       : Off");
  ask("status", status, 1s);
  ask("off 1", "off 1\r\nMMP>", 10ms);
  const auto full = room.start<PduReading>(room.pdu->read(Depth::full));
  room.until(room.t0 + 700ms);
  const auto off = room.start<OutletReading>(room.pdu->set(room.order(1, Switch::off)));
  ask("status", off1, 1s);
  ask("ostatus", sample("mmp-ostatus.txt"), 2s);
  EXPECT_EQ(room.finish<OutletReading>(off)->state, OutletState::off);
  const auto r = room.finish<PduReading>(full);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->outlets[0].state, OutletState::off);
}

TEST(CliPdu, ACallerThatIsCancelledHandsTheLineToTheNext) {
  Room room("baytech-rpc28-nc");
  room.wakes().script.expect("status\r").reply(kStatus, 3s);
  TaskGroup group(room.io.get_executor());
  std::optional<Errc> cancelled;
  const auto leave = [&]() -> asio::awaitable<void> {
    auto r = co_await room.pdu->read(Depth::supervise);
    if (!r) cancelled = r.error().code;
  };
  group.spawn(leave());
  room.until(room.t0 + 1s);
  const auto next = room.start<PduReading>(room.pdu->read(Depth::supervise));
  room.settle();
  group.cancel();
  room.wakes().marks().script.expect("status\r").reply(replaced(kStatus, "Outlet  2       : Off", "Outlet  2       : On "));
  const auto r = room.finish<PduReading>(next);  // drains what is left of the old exchange first
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(cancelled, Errc::cancelled);
  EXPECT_EQ(on_outlets(*r), (std::vector<int>{1, 2, 3, 4, 8, 11, 17}));
}

// ---- login: the RPC-28 with the questions of an MMP-14 (stv0g/pductl)

Dialect with_login() {
  std::ifstream in(kRoot + "/config/pdu/baytech-rpc28-nc.toml");
  std::stringstream text;
  text << in.rdbuf();
  text << "[[login]]\nsee = 'Enter user name: '\nsay = \"${user}\\r\"\n[[login]]\nsee = 'Enter Password: '\nsay = "
          "\"${password}\\r\"\n"
       << "[login_limits]\nattempts = 2\nbackoff_s = 60\ndenied = ['Invalid']\n"
       << "[[evidence]]\nfacts = [\"login\"]\ntrust = \"peer\"\nsource = \"stv0g/pductl\"\n";
  auto d = parse_dialect(text.str(), "login.toml");
  if (d) return *d;
  for (const auto& c : d.error()) ADD_FAILURE() << to_string(c);
  return {};
}

TEST(CliPdu, LogsInWhenAsked) {
  Room room(with_login(), true);
  room.script.expect("\r").reply("\r\nEnter user name: ");
  room.script.expect("admin\r").reply("admin\r\nEnter Password: ");
  room.script.expect("secret\r").reply("******\r\n\r\nWelcome\r\nRPC-28>");
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  const auto r = room.read();
  EXPECT_TRUE(r) << r.error().message;
}

TEST(CliPdu, LogsInAgainAfterTheDeviceHasLoggedItOut) {
  Room room(with_login());
  room.wakes().script.expect("status\r").reply("status\r\nEnter user name: ");
  room.script.expect("\r").reply("\r\nEnter user name: ");
  room.script.expect("admin\r").reply("admin\r\nEnter Password: ");
  room.script.expect("secret\r").reply("\r\nRPC-28>");
  room.marks().script.expect("status\r").reply(kStatus);
  EXPECT_EQ(room.read().error().code, Errc::protocol);
  EXPECT_TRUE(room.read());
}

TEST(CliPdu, ARefusedLoginIsNotTriedAgainBeforeItsBackOff) {
  Room room(with_login(), true);
  room.script.expect("\r").reply("\r\nEnter user name: ");
  room.script.expect("admin\r").reply("admin\r\nEnter Password: ");
  room.script.expect("secret\r").reply("\r\nInvalid password\r\nEnter user name: ");
  auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_EQ(r.error().message, "the device refused the login; check user and password");
  r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::busy);
  EXPECT_EQ(r.error().message, "no login for another 60 s after refused ones");
}

}  // namespace
}  // namespace greenroom
