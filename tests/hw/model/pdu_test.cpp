// What the model PDUs print, when it arrives, and what their contacts do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/model/pdu_text.hpp"
#include "tests/hw/model/world.hpp"

namespace greenroom::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::vector<std::uint8_t> on20 = {1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0};
const std::vector<std::uint8_t> on8 = {1, 0, 1, 1, 0, 0, 0, 1};

TEST(PduText, PrintsAnRpc28StatusByteForByte) {
  const BankFigures banks[] = {{4.0, 6.9, 119.8, 462, true}, {1.5, 2.8, 120.1, 170, true}};
  PduFigures f;
  f.device = Device::rpc28;
  f.banks = banks;
  f.on = on20;
  std::string out = "status\r\n";
  print_status(out, f);
  out += prompt(Device::rpc28, false);
  EXPECT_EQ(out, sample("rpc28-status.txt"));
}

TEST(PduText, PrintsAnRpc28CurrentByteForByte) {
  const BankFigures banks[] = {{4.0, 6.9, 119.8, 462, true}, {1.5, 2.8, 120.1, 170, true}};
  PduFigures f;
  f.device = Device::rpc28;
  f.banks = banks;
  std::string out = "current\r\n";
  print_current(out, f);
  out += prompt(Device::rpc28, true);
  EXPECT_EQ(out, sample("rpc28-current.txt"));
}

TEST(PduText, PrintsAnRpc3StatusByteForByte) {
  const BankFigures banks[] = {{2.9, 4.3, 120.9, 338, true}};
  PduFigures f;
  f.device = Device::rpc3;
  f.celsius = 40.0;
  f.banks = banks;
  f.on = on8;
  std::string out = "status\r\n";
  print_status(out, f);
  out += prompt(Device::rpc3, false);
  EXPECT_EQ(out, sample("rpc3-status.txt"));
}

TEST(PduText, PrintsAnMmpOutletTableByteForByte) {
  const BankFigures banks[] = {{8.8, 11.2, 119.6, 1010, true}};
  std::vector<BankFigures> outlets;
  for (int i = 0; i < 24; ++i) {
    const double amps = i % 3 == 0 ? 1.1 : 0.0;
    outlets.push_back({amps, amps, 119.6, amps * 119.6 * 0.97, true});
  }
  PduFigures f;
  f.device = Device::mmp;
  f.banks = banks;
  f.outlets = outlets;
  std::string out = "ostatus\r\n";
  print_outlets(out, f);
  out += prompt(Device::mmp, false);
  EXPECT_EQ(out, sample("mmp-ostatus.txt"));
}

TEST(ModelPdu, AnswersWithEchoTextAndPromptByTurns) {
  World w(small_room(Device::rpc28, {}));
  const auto line = w.plant.open_line(PduId{0});
  const std::string first = w.ask(*line, "\r");
  const std::string second = w.ask(*line, "\r");
  EXPECT_EQ(first, "\r\nRPC-28A>");
  EXPECT_EQ(second, "\r\nRPC-28>");
  EXPECT_EQ(w.ask(*line, "frobnicate\r"), "frobnicate\r\nInput error\r\n\r\nRPC-28A>");
}

TEST(ModelPdu, TakesTheTimeOfEveryByteAndOfThinking) {
  World w(small_room(Device::rpc28, {}));
  const auto line = w.plant.open_line(PduId{0});
  (void)w.wait(line->write("status\r"));
  const auto reply = w.wait(line->read_some(w.clock.now() + seconds{10}));
  ASSERT_TRUE(reply);
  // 7 bytes in, 20 ms of thought, and all but the six echoed letters out, at 10 bits a byte and 9600 baud.
  const double wire = (7.0 + static_cast<double>(reply->size()) - 6.0) * 10.0 / 9600.0;
  EXPECT_NEAR(in_seconds(w.clock.now().time_since_epoch()), wire + 0.020, 0.002);
}

TEST(ModelPdu, SwitchesAnOutletAfterItsRelayDelayAndShowsIt) {
  World w(small_room(Device::rpc28, {pro16()}));
  ASSERT_TRUE(w.plant.plug_power(MacId{0}, SlotId{2}));
  const auto line = w.plant.open_line(PduId{0});
  EXPECT_EQ(w.ask(*line, "on 3\r"), "on 3\r\nRPC-28A>");
  EXPECT_TRUE(w.plant.outlet_on(OutletId{2}));
  const auto switched = w.notes.all<OutletSwitched>();
  ASSERT_EQ(switched.size(), 1U);
  EXPECT_EQ(switched[0].second.cause, Cause::ordered);
  EXPECT_NEAR(in_seconds(switched[0].first.time_since_epoch()), 5 * 10 / 9600.0 + 0.050, 0.001);
  EXPECT_THAT(w.ask(*line, "status\r"), testing::HasSubstr(" 3)...Outlet  3       : On "));
}

TEST(ModelPdu, AsksBeforeItSwitchesWhereConfirmationIsOn) {
  WorldSpec spec = small_room(Device::rpc28, {});
  spec.pdus[0].confirm = true;
  World w(std::move(spec));
  const auto line = w.plant.open_line(PduId{0});
  EXPECT_EQ(w.ask(*line, "on 3\r"), "on 3\r\nTurn On Outlet 3 (Y/N)?");
  EXPECT_FALSE(w.plant.outlet_on(OutletId{2}));
  EXPECT_EQ(w.ask(*line, "Y"), "Y\r\nRPC-28A>");
  EXPECT_TRUE(w.plant.outlet_on(OutletId{2}));
}

TEST(ModelPdu, DoesNotSwitchALockedOutlet) {
  World w(small_room(Device::rpc28, {}));
  const auto line = w.plant.open_line(PduId{0});
  w.ask(*line, "lock 3\r");
  w.ask(*line, "on 3\r");
  EXPECT_FALSE(w.plant.outlet_on(OutletId{2}));
  w.ask(*line, "unlock 3\r");
  w.ask(*line, "on 3\r");
  EXPECT_TRUE(w.plant.outlet_on(OutletId{2}));
}

TEST(ModelPdu, MetersWhatTheMacDrawsWithinATenthOfAnAmp) {
  World w(small_room(Device::mmp, {pro16()}));
  ASSERT_TRUE(w.plant.plug_power(MacId{0}, SlotId{0}));
  const auto line = w.plant.open_line(PduId{0});
  w.ask(*line, "on 1\r");
  w.run_for(seconds{60});
  const double amps = w.plant.outlet_amps(OutletId{0}).value();
  EXPECT_NEAR(amps, (99.6 / 0.96 + 4.0) / (0.9 * 0.97 * 120.0), 0.01);  // 1C into the pack, and the machine itself
  const std::string table = w.ask(*line, "ostatus\r");
  const auto row = table.find("|  Outlet  1     | ");
  ASSERT_NE(row, std::string::npos);
  EXPECT_NEAR(std::stod(table.substr(row + 19)), amps, 0.051);
}

TEST(ModelPdu, ShowsAChangeOnlyAfterItsMetersLag) {
  WorldSpec spec = small_room(Device::rpc3, {pro16()});
  spec.pdus[0].meter_lag = seconds{4};
  World w(std::move(spec));
  ASSERT_TRUE(w.plant.plug_power(MacId{0}, SlotId{0}));
  const auto line = w.plant.open_line(PduId{0});
  w.run_for(milliseconds{5100});  // sampled at 1 s and 5 s
  (void)w.wait(line->write("on 1\r"));
  w.run_for(seconds{1});
  (void)w.wait(line->write("status\r"));
  w.run_for(seconds{1});
  const auto early = w.wait(line->read_some(w.clock.now() + seconds{1}));
  ASSERT_TRUE(early);
  EXPECT_NE(early->find("True RMS Current:     0.0 Amps"), std::string::npos);
  w.run_for(seconds{3});
  EXPECT_EQ(w.ask(*line, "status\r").find("True RMS Current:     0.0 Amps"), std::string::npos);
}

TEST(ModelPdu, ComesBackAllOffAfterAnOutageAndIsSilentWhileItBoots) {
  FaultEnvelope e;
  e[FaultKind::blackout] = {3600.0, 0.0, 1, seconds{60}, seconds{60}};
  World dark(small_room(Device::rpc28, {}), e);
  const auto dark_line = dark.plant.open_line(PduId{0});
  dark.ask(*dark_line, "on 1\r");
  while (dark.notes.all<PduLost>().empty()) dark.run_for(seconds{1});
  EXPECT_FALSE(dark.plant.outlet_on(OutletId{0}));
  EXPECT_EQ(dark.ask(*dark_line, "\r"), "");
  while (dark.notes.all<PduBooted>().empty()) dark.run_for(seconds{1});
  const auto lost = dark.notes.all<PduLost>()[0].first;
  EXPECT_EQ(dark.notes.all<PduBooted>()[0].first - lost, seconds{70});
  dark.run_for(seconds{20});
  EXPECT_FALSE(dark.plant.outlet_on(OutletId{0}));
}

TEST(ModelPdu, RestoresItsLastStateInSequenceWhereSoConfigured) {
  WorldSpec spec = small_room(Device::rpc28, {});
  spec.pdus[0].power_on = PowerOn::last_state;
  FaultEnvelope e;
  e[FaultKind::pdu_reboot] = {60.0, 0.0, 1, {}, {}};
  World w(std::move(spec), e);
  const auto line = w.plant.open_line(PduId{0});
  w.ask(*line, "on 1\r");
  w.ask(*line, "on 2\r");
  while (w.notes.all<PduBooted>().empty()) w.run_for(seconds{1});
  w.run_for(seconds{2});
  std::vector<TimePoint> closes;
  for (const auto& [at, s] : w.notes.all<OutletSwitched>()) {
    if (s.on && s.cause == Cause::boot) closes.push_back(at);
  }
  ASSERT_EQ(closes.size(), 2U);
  EXPECT_EQ(closes[1] - closes[0], milliseconds{300});
}

TEST(ModelPdu, BootsOnceHoweverOftenTheSupplyAboveItIsLookedAt) {
  FaultEnvelope e;
  e[FaultKind::pdu_boots_on] = {60.0, 0.0, 1, {}, {}};
  WorldSpec spec = small_room(Device::rpc28, {});
  spec.circuits.push_back({"other branch", std::nullopt, Amps::of(20), Amps::of(16), Edge::ul_fast, Amps::of(200), {}});
  World w(std::move(spec), e, 2);
  while (w.notes.all<PduLost>().empty()) w.run_for(milliseconds{100});
  ASSERT_TRUE(w.plant.reset_breaker(CircuitId{3}));  // has tripped long ago, and does so again
  w.run_for(seconds{11});
  EXPECT_EQ(w.notes.all<PduBooted>().size(), 1U);
  EXPECT_TRUE(w.plant.outlet_on(OutletId{0}));  // still everything on, as it was going to
}

TEST(ModelLine, ThatIsReplacedEndsTheOldOnesReads) {
  World w(small_room(Device::rpc28, {}));
  const auto old = w.plant.open_line(PduId{0});
  const auto fresh = w.plant.open_line(PduId{0});
  const auto read = w.wait(old->read_some(w.clock.now() + seconds{1}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::device_gone);
  EXPECT_EQ(w.ask(*fresh, "\r"), "\r\nRPC-28A>");
}

TEST(ModelLine, TimesOutWhenNothingComes) {
  World w(small_room(Device::rpc28, {}));
  const auto line = w.plant.open_line(PduId{0});
  const auto read = w.wait(line->read_some(w.clock.now() + seconds{3}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::timeout);
  EXPECT_EQ(w.clock.now().time_since_epoch(), seconds{3});
}

TEST(ModelLine, LosesDelaysGarblesAndDoublesAsDrawn) {
  const std::string clean = "\r\nRPC-28A>";
  const auto answer = [](FaultKind kind) {
    FaultEnvelope e;
    e[kind] = {0.0, 1.0, 0, seconds{3}, seconds{3}};
    World w(small_room(Device::rpc28, {}), e);
    const auto line = w.plant.open_line(PduId{0});
    (void)w.wait(line->write("\r"));
    auto got = w.wait(line->read_some(w.clock.now() + seconds{10}));
    return std::pair(got ? *got : std::string("nothing"), in_seconds(w.clock.now().time_since_epoch()));
  };
  EXPECT_EQ(answer(FaultKind::reply_lost).first, "nothing");
  EXPECT_EQ(answer(FaultKind::request_lost).first, "nothing");
  EXPECT_EQ(answer(FaultKind::reply_doubled).first, clean + clean);
  EXPECT_EQ(answer(FaultKind::reply_late).first, clean);
  EXPECT_GT(answer(FaultKind::reply_late).second, 3.0);
  EXPECT_NE(answer(FaultKind::reply_garbled).first, clean);
  EXPECT_EQ(answer(FaultKind::reply_garbled).first.size(), clean.size());
}

TEST(ModelPdu, DoesNotActOnALostRequest) {
  FaultEnvelope e;
  e[FaultKind::request_lost] = {0.0, 1.0, 1, {}, {}};
  World w(small_room(Device::rpc28, {}), e);
  const auto line = w.plant.open_line(PduId{0});
  w.ask(*line, "on 3\r");
  EXPECT_FALSE(w.plant.outlet_on(OutletId{2}));
  w.ask(*line, "on 3\r");
  EXPECT_TRUE(w.plant.outlet_on(OutletId{2}));
}

}  // namespace
}  // namespace greenroom::model
