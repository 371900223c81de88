// Each shipped dialect on the model of its device.
#include <gtest/gtest.h>

#include "hw/pdu/wire_cost.hpp"
#include "tests/support/driven_pdu.hpp"

namespace greenroom {
namespace {

using namespace test;

class EachDialect : public ::testing::TestWithParam<std::string> {};
class EachMeter : public ::testing::TestWithParam<std::string> {};
class EachPowerPolicy : public ::testing::TestWithParam<std::string> {};
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

TEST_P(EachPowerPolicy, IsReadBackAsTheDeviceIsSet) {
  using model::PowerOn;
  for (const PowerOn set : {PowerOn::all_off, PowerOn::last_state, PowerOn::sequenced}) {
    Driven d(GetParam(), 0, 0, 1, set);
    const auto traits = d.run<PduTraits>(d.pdu->identify());
    ASSERT_TRUE(traits) << traits.error().message;
    EXPECT_EQ(traits->boots_all_off, set == PowerOn::all_off) << static_cast<int>(set);
    EXPECT_TRUE(d.read());  // what proved nothing leaves the line as it should be
  }
}

// Bytes that came during something; an echo comes while the command goes out.
template <class Act>
std::size_t bytes_that_came(Driven& d, Act act) {
  d.wait(1s);
  const std::size_t before = d.traffic.read;
  act();
  return d.traffic.read - before;
}

// Time for so many bytes on the wire of this dialect.
Duration on_the_wire(const Driven& d, std::size_t bytes) {
  return facts(d.dialect).line.byte_time() * static_cast<std::int64_t>(bytes);
}

TEST_P(EachDialect, StatesNoFewerBytesThanItsDeviceSends) {
  Driven d(GetParam());
  ASSERT_TRUE(d.read());
  const WireTimes stated = wire_times(d.dialect, 0);
  const std::size_t states = bytes_that_came(d, [&d] { ASSERT_TRUE(d.read(Depth::supervise)); });
  EXPECT_GE(stated.wake + stated.supervise, on_the_wire(d, states)) << states << " bytes";
  const std::size_t meters = bytes_that_came(d, [&d] { ASSERT_TRUE(d.read(Depth::full)); }) - states;
  EXPECT_GE(meters == 0 ? Duration{} : stated.wake + stated.meters, on_the_wire(d, meters)) << meters << " bytes";
}

TEST_P(EachSwitch, StatesNoFewerBytesThanItsDeviceAnswersToAnOrder) {
  Driven d(GetParam());
  d.table->set_load(d.table->outlets() - 1, 0.0);  // a device that senses current believes it at once, and is asked once
  ASSERT_TRUE(d.read());
  const WireTimes stated = wire_times(d.dialect, 0);
  const std::size_t states = bytes_that_came(d, [&d] { ASSERT_TRUE(d.read(Depth::supervise)); });
  for (const Switch to : {Switch::on, Switch::off}) {
    const std::size_t order = bytes_that_came(d, [&d, to] { ASSERT_TRUE(d.set(facts(d.dialect).last(), to)); }) - states;
    EXPECT_GE(stated.wake + stated.order, on_the_wire(d, order)) << order << " bytes";
  }
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
bool reads_its_power_policy(const std::string& id) {
  const Driven d(id);
  const auto* cli = std::get_if<CliDialect>(&d.dialect);
  return cli != nullptr && cli->power_policy;
}
std::vector<std::string> power_policies() {
  std::vector<std::string> ids = shipped_dialects();
  std::erase_if(ids, [](const std::string& id) { return !reads_its_power_policy(id); });
  return ids;
}

INSTANTIATE_TEST_SUITE_P(Of, EachPowerPolicy, ::testing::ValuesIn(power_policies()), test_name);
INSTANTIATE_TEST_SUITE_P(Of, EachSwitch,
                         ::testing::ValuesIn(dialects_that([](const DialectFacts& d) { return d.count > 0; })), test_name);

}  // namespace
}  // namespace greenroom
