// How soon a load is shed: a poll in progress is never cut, and nothing goes before the orders.
#include "tests/support/shed.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

using namespace test;

class Shed : public ::testing::TestWithParam<std::string> {};

// An order's own message takes its time until the byte that commits it, and the device thinks before a contact moves.
TEST_P(Shed, BeginsAfterTheExchangeInProgressAWakeUpAndThirtyMilliseconds) {
  const ShedFigures f = shed_figures(GetParam());
  Driven d(GetParam());
  const WireTimes times = wire_times(d.dialect, 0);
  // Menus: their listed exchanges stand before the byte that commits.
  EXPECT_LE(f.first_byte, f.exchange + times.wake + times.order + 6 * d.table->spec().think + 30ms);
}

TEST_P(Shed, OpensEveryOutletAndReadsItBackWhateverElseWasWanted) {
  const ShedFigures f = shed_figures(GetParam());
  EXPECT_EQ(f.opened, f.outlets);
}

// What `greenroom pdu dialects` and the room check say of it: no less than it takes, and of the same size.
TEST_P(Shed, TakesNoLongerThanItsDialectStatesAndAtLeastHalfOfThat) {
  const ShedFigures f = shed_figures(GetParam());
  Driven d(GetParam());
  const ShedTimes stated = shed_times(d.dialect, 0, facts(d.dialect).count);
  EXPECT_GE(stated.read_back, f.read_back);
  EXPECT_LE(stated.read_back, 2 * f.read_back);
}

// Outlets beside each other open in one message; these cannot.
TEST(ShedOfARelayBoard, OfOutletsThatHaveNoneBesideThemTakesNoLongerThanStated) {
  Driven d("waveshare-relay-16");
  for (std::size_t i = 0; i < 16; ++i) d.table->press(i, true);
  d.wait(1s);
  ASSERT_TRUE(d.read());
  const TimePoint ordered = d.clock.now();
  const std::size_t moved = d.table->moves();
  std::vector<std::shared_ptr<std::optional<Result<OutletReading>>>> orders;
  for (OutletNumber n = 1; n <= 16; n = static_cast<OutletNumber>(n + 2))
    orders.push_back(d.start<OutletReading>(d.pdu->set(SwitchOrder(n, Switch::off, ordered + 60s, nullptr))));
  for (const auto& order : orders) ASSERT_TRUE(d.finish<OutletReading>(order));
  EXPECT_EQ(d.table->moves() - moved, 8U);
  EXPECT_LE(d.clock.now() - ordered, shed_times(d.dialect, 0, 8).read_back);
  EXPECT_GT(d.clock.now() - ordered, shed_times(d.dialect, 0, 16).read_back);
}

INSTANTIATE_TEST_SUITE_P(Of, Shed, ::testing::ValuesIn(dialects_that([](const DialectFacts& d) { return d.count > 0; })),
                         test_name);

}  // namespace
}  // namespace greenroom
