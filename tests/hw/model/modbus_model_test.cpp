// The model relay boards and meters: literal frames of their makers, and our driver with the shipped dialects on them. The
// models were written from the manuals, so a mistake in a dialect shows here.
#include <gtest/gtest.h>

#include <cmath>

#include "hw/model/benchtop.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom::model {
namespace {

using namespace std::chrono_literals;

class ModbusModel : public ::testing::Test {
 protected:
  void make(const std::string& id) {
    BenchtopSpec spec;
    spec.id = id;
    spec.load_A = 1.0;
    auto made = Benchtop::make(stage.io.get_executor(), stage.clock, spec);
    ASSERT_TRUE(made) << made.error().message;
    device = std::move(*made);
  }
  std::string asked(const std::string& request) {
    std::string reply;
    device->on_reply([&reply](const std::string& bytes) { reply += bytes; });
    stage.until(stage.clock.now() + 100ms);
    device->receive(test::hex(request));
    stage.until(stage.clock.now() + 500ms);
    return test::to_hex(reply);
  }
  void drive(const std::string& id) {
    make(id);
    auto dialect = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/" + id + ".toml");
    ASSERT_TRUE(dialect) << to_string(dialect.error().front());
    pdu = make_pdu(std::move(*dialect), device->open_line(), stage.clock);
  }
  Result<PduReading> read() { return stage.run<PduReading>(pdu->read(Depth::full)); }
  Result<OutletReading> set(OutletNumber n, Switch to) {
    SwitchOrder order(n, to, stage.clock.now() + 5s, [] { return Result<void>{}; });
    return stage.run<OutletReading>(pdu->set(std::move(order)));
  }

  test::Stage stage;
  std::unique_ptr<Benchtop> device;
  std::unique_ptr<Pdu> pdu;
};

TEST_F(ModbusModel, ABoardAnswersAsTheWikiPrints) {
  make("waveshare-relay-8");
  EXPECT_EQ(asked("01 05 00 00 FF 00 8C 3A"), "01 05 00 00 FF 00 8C 3A");
  EXPECT_EQ(asked("01 05 00 02 FF 00 2D FA"), "01 05 00 02 FF 00 2D FA");
  EXPECT_EQ(asked("01 01 00 00 00 08 3D CC"), "01 01 01 05 91 8B");
  EXPECT_TRUE(device->contact(0));
  EXPECT_FALSE(device->contact(1));
  EXPECT_EQ(asked("01 05 00 FF 00 00 FD FA"), "01 05 00 FF 00 00 FD FA");
  EXPECT_FALSE(device->contact(0));
}

TEST_F(ModbusModel, AFrameWithAWrongSumIsNotAnswered) {
  make("waveshare-relay-8");
  EXPECT_EQ(asked("01 05 00 00 FF 00 8C 3B"), "");
}

TEST_F(ModbusModel, ABroadcastIsObeyedAndNotAnswered) {
  make("waveshare-relay-8");
  EXPECT_EQ(asked("00 05 00 00 FF 00 8D EB"), "");
  EXPECT_TRUE(device->contact(0));
}

TEST_F(ModbusModel, OurDriverSwitchesTheBoards) {
  for (const char* id : {"waveshare-relay-8", "waveshare-relay-16"}) {
    pdu.reset();
    drive(id);
    const auto on = set(7, Switch::on);
    ASSERT_TRUE(on) << id << ": " << on.error().message;
    EXPECT_EQ(on->state, OutletState::on);
    EXPECT_TRUE(device->contact(6));
    const auto off = set(7, Switch::off);
    ASSERT_TRUE(off) << off.error().message;
    EXPECT_FALSE(device->contact(6));
  }
}

TEST_F(ModbusModel, OurDriverReadsTheMeters) {
  for (const char* id : {"eastron-sdm120", "eastron-sdm630"}) {
    pdu.reset();
    drive(id);
    device->set_other(0, 3.5);
    stage.until(stage.clock.now() + 10s);
    const auto who = stage.run<PduTraits>(pdu->identify());
    ASSERT_TRUE(who) << id << ": " << who.error().message;
    const auto r = read();
    ASSERT_TRUE(r) << id << ": " << r.error().message;
    ASSERT_FALSE(r->banks.empty());
    EXPECT_NEAR(r->banks[0].current->value(), 3.5, 0.01) << id;
    EXPECT_NEAR(r->banks[0].voltage->value(), 120, 0.5) << id;
  }
}

TEST_F(ModbusModel, OurDriverReadsBoardAndMeterOnOneBus) {
  drive("waveshare-relay-16-sdm630");
  ASSERT_TRUE(set(16, Switch::on));
  stage.until(stage.clock.now() + 10s);
  const auto r = read();
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->outlets[15].state, OutletState::on);
  EXPECT_EQ(r->outlets[0].state, OutletState::off);
  EXPECT_NEAR(r->banks[2].current->value(), device->bank_amps(2), 0.01);
  EXPECT_NEAR(r->banks[2].current->value(), 1.0, 0.01);
}

}  // namespace
}  // namespace greenroom::model
