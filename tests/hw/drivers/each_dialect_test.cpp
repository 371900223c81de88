// Each shipped dialect on the model of its device.
#include <gtest/gtest.h>

#include "hw/pdu/wire_cost.hpp"
#include "tests/support/driven_pdu.hpp"

namespace greenroom {
namespace {

using namespace test;

class EachDialect : public ::testing::TestWithParam<std::string> {};
class EachMeter : public ::testing::TestWithParam<std::string> {};
class EachSwitch : public ::testing::TestWithParam<std::string> {};

TEST_P(EachDialect, IdentifiesItsDevice) {
  Driven d(GetParam());
  const auto traits = d.run<PduTraits>(d.pdu->identify());
  ASSERT_TRUE(traits) << traits.error().message;
  EXPECT_EQ(traits->outlets, d.table->outlets());
}

TEST_P(EachDialect, ReadsEveryOutletAsItsContactStands) {
  Driven d(GetParam());
  for (std::size_t i = 0; i < d.table->outlets(); i += 3) d.table->press(i, true);
  d.wait(20s);  // relays and meters follow
  const auto reading = d.read();
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_EQ(reading->outlets.size(), d.table->outlets());
  for (std::size_t i = 0; i < reading->outlets.size(); ++i) {
    EXPECT_EQ(reading->outlets[i].number, d.first() + i);
    EXPECT_EQ(reading->outlets[i].state == OutletState::on, d.table->contact(i)) << i;
    EXPECT_EQ(reading->outlets[i].state == OutletState::off, !d.table->contact(i)) << i;
  }
}

TEST_P(EachMeter, MetersWhatFlows) {
  Driven d(GetParam());
  for (std::size_t i = 0; i < d.table->outlets(); ++i) d.table->press(i, true);
  if (facts(d.dialect).count == 0 || GetParam() == "waveshare-relay-16-sdm630") d.table->set_other(0, 6.0);
  d.wait(30s);
  const auto reading = d.read();
  ASSERT_TRUE(reading) << reading.error().message;
  for (std::size_t i = 0; facts(d.dialect).meters_outlets && i < reading->outlets.size(); ++i) {
    ASSERT_TRUE(reading->outlets[i].current) << i;
    EXPECT_NEAR(reading->outlets[i].current->value(), d.table->outlet_amps(i), 0.051) << i;
  }
  double banks = 0;
  for (const BankReading& b : reading->banks) banks += b.current ? b.current->value() : 0;
  if (facts(d.dialect).meters_banks) {
    EXPECT_NEAR(banks, d.table->amps(), 0.2);
    EXPECT_GT(banks, 1.0);
  }
}

TEST_P(EachSwitch, SwitchesTheOutletThatWasMeantAndNoOther) {
  Driven d(GetParam());
  for (const std::size_t i : {std::size_t{0}, d.table->outlets() / 2, d.table->outlets() - 1}) {
    const OutletNumber n = static_cast<OutletNumber>(d.first() + i);
    const std::size_t moved = d.table->moves();
    const auto on = d.set(n, Switch::on);
    ASSERT_TRUE(on) << on.error().message;
    EXPECT_EQ(on->state, OutletState::on);
    EXPECT_TRUE(d.table->contact(i));
    const auto off = d.set(n, Switch::off);
    ASSERT_TRUE(off) << off.error().message;
    EXPECT_EQ(off->state, OutletState::off);
    EXPECT_FALSE(d.table->contact(i));
    EXPECT_EQ(d.table->moves(), moved + 2);
  }
}

TEST_P(EachDialect, StatesNoFewerBytesThanItsDeviceSends) {
  Driven d(GetParam());
  ASSERT_TRUE(d.read());
  d.wait(1s);
  const Traffic before = d.traffic;
  ASSERT_TRUE(d.read(Depth::supervise));
  const std::size_t bytes = d.traffic.written - before.written + d.traffic.read - before.read;
  const LineSettings& line = facts(d.dialect).line;
  const WireTimes stated = wire_times(d.dialect, 0);
  EXPECT_GE(stated.wake + stated.supervise,
            line.byte_time() * static_cast<std::int64_t>(bytes - d.traffic.written + before.written))
      << bytes << " bytes";
}

// At the rate that its file states, or at one that such a device can be set to; the room check demands it then.
TEST_P(EachDialect, IsSupervisedInOneAndAHalfSecondsOfWireAtSomeRate) {
  Driven d(GetParam());
  EXPECT_LE(wire_times(d.dialect, std::max(19200U, facts(d.dialect).line.baud)).supervise, longest_supervise);
}

INSTANTIATE_TEST_SUITE_P(Of, EachDialect, ::testing::ValuesIn(shipped_dialects()), test_name);
INSTANTIATE_TEST_SUITE_P(Of, EachMeter, ::testing::ValuesIn(dialects_that([](const DialectFacts& d) {
                           return d.meters_outlets || d.meters_banks;
                         })),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Of, EachSwitch,
                         ::testing::ValuesIn(dialects_that([](const DialectFacts& d) { return d.count > 0; })), test_name);

}  // namespace
}  // namespace greenroom
