// Polling at wire speed: what a poll takes against what it must take. Floor: bytes both ways at the line's rate, the model's
// think time for each answer, and the gaps that the dialect's evidence demands. An echo goes out while its command comes in.
#include "tests/support/polling.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

using namespace test;

class Polling : public ::testing::TestWithParam<std::string> {};

TEST_P(Polling, OfTwentyFourOutletsAt9600BaudTakesLittleMoreThanTheWireMust) {
  const PollFigures f = poll_figures(GetParam());
  EXPECT_GE(f.floor_share(), f.cli ? 0.90 : 0.80) << in_seconds(f.floor) << " s of " << in_seconds(f.elapsed);
  EXPECT_LE(f.floor_share(), 1.001) << "the floor is not one";
}

INSTANTIATE_TEST_SUITE_P(Of, Polling, ::testing::ValuesIn(shipped_dialects()), test_name);

}  // namespace
}  // namespace greenroom
