// The Modbus driver with the shipped dialects, on a bus of virtual time.
#include "hw/pdu/modbus_pdu.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/pdu/dialect.hpp"
#include "tests/support/modbus_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ModbusDialect shipped(const std::string& id) {
  auto d = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/" + id + ".toml");
  if (!d) {
    for (const Complaint& c : d.error()) ADD_FAILURE() << to_string(c);
    return {};
  }
  return std::get<ModbusDialect>(std::move(*d));
}

class ModbusPdu : public ::testing::Test {
 protected:
  void plug(const std::string& id = "waveshare-relay-16") {
    pdu = make_modbus_pdu(shipped(id), std::make_unique<test::ModbusWire>(world), stage.clock);
  }
  Result<PduReading> read(Depth depth = Depth::supervise) { return stage.run<PduReading>(pdu->read(depth)); }
  Result<PduTraits> identify() { return stage.run<PduTraits>(pdu->identify()); }
  SwitchOrder order(OutletNumber n, Switch to) {
    return {n, to, stage.clock.now() + 5s, [] { return Result<void>{}; }};
  }
  Result<OutletReading> set(OutletNumber n, Switch to) { return stage.run<OutletReading>(pdu->set(order(n, to))); }
  // What was sent since the line was found in order.
  std::vector<std::string> sent() {
    std::vector<std::string> frames = world.frames;
    std::erase(frames, "01 03 80 00 00 01 AD CA");
    return frames;
  }

  test::Stage stage;
  test::ModbusWorld world{stage.clock};
  std::unique_ptr<Pdu> pdu;
};

TEST_F(ModbusPdu, ABoardThatAnswersForMoreRelaysThanWereSaidIsToldSoAndGivesNothing) {
  ModbusDialect eight = shipped("waveshare-relay-16");
  ASSERT_TRUE(eight.resize(8));
  pdu = make_modbus_pdu(std::move(eight), std::make_unique<test::ModbusWire>(world), stage.clock);
  const auto r = read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::protocol);
  EXPECT_THAT(r.error().message, HasSubstr("it answers for outlet 16, and 8 outlets are expected; if the unit has 16, say "
                                           "outlets = 16 in the room file, or --outlets 16"));
}

TEST_F(ModbusPdu, ReadsEveryOutletInOneExchange) {
  plug();
  world.on[3] = world.on[16] = true;
  const auto r = read();
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->outlets.size(), 16U);
  for (const OutletReading& o : r->outlets)
    EXPECT_EQ(o.state, o.number == 3 || o.number == 16 ? OutletState::on : OutletState::off) << o.number;
  EXPECT_THAT(sent(), ElementsAre("01 01 00 00 00 10 3D C6"));
}

TEST_F(ModbusPdu, FindsOutBeforeItsFirstReadThatNoOldReplyIsOnItsWay) {
  plug();
  ASSERT_TRUE(read());
  EXPECT_EQ(world.frames.front(), "01 03 80 00 00 01 AD CA");
  EXPECT_GE(world.began.front(), TimePoint{500ms});  // the line was listened to for as long as a reply can be late
}

TEST_F(ModbusPdu, ReadsTheMeterThatSharesTheBus) {
  plug("waveshare-relay-16-sdm630");
  const auto r = read();
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->outlets.size(), 16U);
  ASSERT_EQ(r->banks.size(), 3U);
  EXPECT_EQ(r->banks[0].bank, "L1");
  EXPECT_EQ(r->banks[0].current, Amps{1250});
  EXPECT_EQ(r->banks[0].voltage, Volts{230'500});
  EXPECT_EQ(r->banks[1].current, Amps{0});
  EXPECT_EQ(r->banks[2].power, Watts{1'700'000});
  EXPECT_EQ(r->banks[2].apparent, VoltAmperes{1'717'500});
}

TEST_F(ModbusPdu, ASampleIsAsOldAsTheFirstRequestThatMadeIt) {
  plug("waveshare-relay-16-sdm630");
  ASSERT_TRUE(read());
  const std::size_t before = world.frames.size();
  const auto r = read();
  ASSERT_TRUE(r);
  EXPECT_EQ(r->began, world.began[before]);
  EXPECT_EQ(r->received, world.replied.back());
}

TEST_F(ModbusPdu, LeavesEachUnitItsSilence) {
  plug("waveshare-relay-16-sdm630");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(read());
  EXPECT_THAT(world.wrongs, IsEmpty());
  TimePoint last{};
  for (std::size_t i = 0; i < world.frames.size(); ++i) {
    if (world.frames[i].substr(0, 2) != "02") continue;
    if (last != TimePoint{}) {
      EXPECT_GE(world.began[i] - last, 100ms);  // openWB keeps 100 ms for this meter
    }
    last = world.replied[i];
  }
}

TEST_F(ModbusPdu, SwitchesOneOutletAndReturnsWhatWasReadBack) {
  plug();
  const auto r = set(3, Switch::on);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->state, OutletState::on);
  EXPECT_TRUE(world.on[3]);
  EXPECT_THAT(sent(), ElementsAre("01 05 00 02 FF 00 2D FA", "01 01 00 00 00 10 3D C6"));
}

TEST_F(ModbusPdu, OpensARunOfNeighboursWithOneMessage) {
  plug();
  world.on.fill(true);
  ASSERT_TRUE(read());
  auto held = stage.start<PduReading>(pdu->read(Depth::supervise));
  std::vector<std::shared_ptr<std::optional<Result<OutletReading>>>> orders;
  for (const OutletNumber n : {5, 4, 6, 9}) orders.push_back(stage.start<OutletReading>(pdu->set(order(n, Switch::off))));
  world.frames.clear();
  for (auto& o : orders) {
    const auto r = stage.finish<OutletReading>(o);
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ(r->state, OutletState::off);
  }
  EXPECT_THAT(sent(), ElementsAre("01 01 00 00 00 10 3D C6", HasSubstr("01 0F 00 03 00 03 01 00"), "01 05 00 08 00 00 4C 08",
                                  "01 01 00 00 00 10 3D C6"));
  for (std::size_t n = 1; n <= 16; ++n) EXPECT_EQ(world.on[n], n != 4 && n != 5 && n != 6 && n != 9) << n;
  static_cast<void>(stage.finish<PduReading>(held));
}

TEST_F(ModbusPdu, ClosesOutletsOneByOne) {
  plug();
  ASSERT_TRUE(read());
  world.frames.clear();
  auto a = stage.start<OutletReading>(pdu->set(order(4, Switch::on)));
  auto b = stage.start<OutletReading>(pdu->set(order(5, Switch::on)));
  ASSERT_TRUE(stage.finish<OutletReading>(a));
  ASSERT_TRUE(stage.finish<OutletReading>(b));
  EXPECT_EQ(world.frames[0], "01 05 00 03 FF 00 7C 3A");
  EXPECT_EQ(world.frames[1], "01 05 00 04 FF 00 CD FB");
}

TEST_F(ModbusPdu, AnOrderThatIsNoLongerAllowedIsNotSent) {
  plug();
  SwitchOrder o(2, Switch::off, stage.clock.now() + 5s, [] { return fail(Errc::refused, "the slot is protected"); });
  const auto r = stage.run<OutletReading>(pdu->set(std::move(o)));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_THAT(world.frames, IsEmpty());
}

TEST_F(ModbusPdu, PermissionIsAskedAfterTheSilenceRightBeforeTheFrame) {
  plug();
  std::optional<TimePoint> asked;
  SwitchOrder o(2, Switch::off, stage.clock.now() + 5s, [&] {
    asked = stage.clock.now();
    return Result<void>{};
  });
  ASSERT_TRUE(stage.run<OutletReading>(pdu->set(std::move(o))));
  EXPECT_EQ(asked, world.began.front());
}

TEST_F(ModbusPdu, ABoardThatRefusesIsQuoted) {
  plug();
  world.refuses_writes = 2;
  const auto r = set(2, Switch::off);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_EQ(r.error().message,
            "outlet 2: unit relay (address 1): function 5 at 0x0001: exception 2: it has no such address; is it a Waveshare "
            "Modbus RTU Relay 16CH?");
}

TEST_F(ModbusPdu, ABusyBoardIsBusy) {
  plug();
  world.refuses_writes = 6;
  const auto r = set(2, Switch::off);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::busy);
}

TEST_F(ModbusPdu, SilenceNamesUnitFunctionAndRemedy) {
  plug();
  world.deaf = true;
  const auto r = read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::timeout);
  EXPECT_THAT(r.error().message, HasSubstr("unit relay (address 1): function 3 at 0x8000: no reply within"));
  EXPECT_THAT(r.error().message,
              HasSubstr("is its address 1, are A and B the right way round, is the line at 9600 baud with no parity?"));
}

TEST_F(ModbusPdu, IdentifyShowsTheFirmware) {
  plug();
  const auto r = identify();
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->identity, "Waveshare Modbus RTU Relay 16CH, 16 outlets, relay firmware 2");
  EXPECT_FALSE(r->meters_outlets);
  EXPECT_FALSE(r->meters_banks);
}

TEST_F(ModbusPdu, FirmwareThatIgnoresTheCountIsRefused) {
  plug();
  world.ignores_count = true;
  const auto r = identify();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_THAT(r.error().message, HasSubstr("2 bytes of data where 1 were asked for"));
  EXPECT_THAT(r.error().message, HasSubstr("firmware of before September 2021"));
}

TEST_F(ModbusPdu, ADeviceThatIsSilentAtIdentifyIsGone) {
  plug("eastron-sdm630");
  const auto r = identify();  // the meter of this bus is at address 2, not 1
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().code, Errc::timeout);
}

TEST_F(ModbusPdu, AValueThatTheMeterCannotShowMakesTheReadVoid) {
  plug("waveshare-relay-16-sdm630");
  world.meter[6] = 4.6e8F;  // words in the wrong order look like this
  const auto r = read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::protocol);
  EXPECT_THAT(r.error().message, HasSubstr("unit meter (address 2): read load: 4.6e+08 at 6 is not between 0 and 120"));
}

TEST_F(ModbusPdu, ALineThatHearsItselfIsReadAndSwitched) {
  plug();
  world.hears_itself = true;
  ASSERT_TRUE(read());
  const auto r = set(7, Switch::on);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->state, OutletState::on);
}

TEST(ModbusDialects, OneSupervisionTakesAtMostASecondAndAHalfOfWire) {
  for (const char* id :
       {"waveshare-relay-8", "waveshare-relay-16", "eastron-sdm120", "eastron-sdm630", "waveshare-relay-16-sdm630"})
    EXPECT_LE(supervise_wire_time(shipped(id)), 1500ms) << id;
}

TEST(ModbusDialects, AForbiddenWriteIsRefusedAtTheByte) {
  const ModbusDialect d = shipped("waveshare-relay-8");
  for (const std::uint16_t coil : {0x00FF, 0x01FF, 0x0203, 0x0403}) {
    const modbus::Request all(1, modbus::Function::write_coil, coil, 1, {0xFF00});
    const auto bytes = frame(d, all);
    ASSERT_FALSE(bytes) << coil;
    EXPECT_EQ(bytes.error().code, Errc::refused);
  }
}

TEST(ModbusDialects, TheSilenceIsThreeAndAHalfCharactersAndFixedAboveNineteenTwo) {
  LineSettings line;
  line.baud = 9600;
  EXPECT_NEAR(static_cast<double>(silence(line).count()), 3646, 3);  // 3.5 * 10 bits
  line.parity = Parity::even;
  EXPECT_NEAR(static_cast<double>(silence(line).count()), 4010, 3);  // 11 bits
  line.baud = 38400;
  EXPECT_EQ(silence(line), 1750us);
}

}  // namespace
}  // namespace greenroom
