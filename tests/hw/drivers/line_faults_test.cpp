// The short form of the campaign under line faults; its long form is a benchmark (100,000 exchanges a dialect).
#include "tests/support/line_faults.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

using namespace test;

class LineFaults : public ::testing::TestWithParam<std::string> {};

TEST_P(LineFaults, NeverMakeAWrongStateAndAreOverWithinThreePolls) {
  const FaultFigures f = suffer(GetParam(), 3000, 7);
  EXPECT_GT(f.struck, f.exchanges / 40);
  EXPECT_GT(f.readings, f.exchanges / 40);
  EXPECT_EQ(f.wrong_states, 0U);
  EXPECT_EQ(f.wrong_read_backs, 0U);
  EXPECT_LE(f.most_polls_to_recover, 3);
}

INSTANTIATE_TEST_SUITE_P(Of, LineFaults, ::testing::ValuesIn(shipped_dialects()), test_name);

}  // namespace
}  // namespace greenroom
