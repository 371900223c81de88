// Switching, and the order in which callers have the line.
#include <gtest/gtest.h>

#include "hw/pdu/cli_pdu.hpp"
#include "tests/support/cli_pdu_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using namespace test;
using Room = test::Room;

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
  EXPECT_EQ(r.error().message, "outlet 3: the order expired 0.200 s before it could be sent; nothing was switched");
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

}  // namespace
}  // namespace greenroom
