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

INSTANTIATE_TEST_SUITE_P(Of, Shed, ::testing::ValuesIn(dialects_that([](const DialectFacts& d) { return d.count > 0; })),
                         test_name);

}  // namespace
}  // namespace greenroom
