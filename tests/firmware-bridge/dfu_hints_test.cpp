#include "firmware-bridge/facts/dfu_hints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greenroom {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DfuHints, TheKeysOfAT2AreHeldForThreeSeconds) {
  EXPECT_THAT(dfu_words({DfuPort::left_front, DfuKeys::t2_laptop}, "the Mac"), HasSubstr("right Shift and power for 3 s"));
}

TEST(DfuHints, TheKeysOfAppleSiliconAreHeldForTenSeconds) {
  EXPECT_THAT(dfu_words({DfuPort::left_back, DfuKeys::as_laptop}, "the Mac"), HasSubstr("right Shift and power for 10 s"));
}

TEST(DfuHints, ADesktopHasNoKeysButItsMainsCord) {
  const std::string words = dfu_words({DfuPort::back_right, DfuKeys::desktop}, "C02A in slot 1-01");
  EXPECT_THAT(words, HasSubstr("Pull the mains cord of C02A in slot 1-01, hold its power button"));
  EXPECT_THAT(words, Not(HasSubstr("Control")));
}

TEST(DfuHints, AMacOfUnknownKindIsToldBothWays) {
  const std::string words = dfu_words({}, "the Mac");
  EXPECT_THAT(words, HasSubstr("10 s (3 s where it has a T2)"));
  EXPECT_THAT(words, HasSubstr("A desktop: Pull the mains cord"));
}

TEST(DfuHints, ThePortIsNamedWithAWayOutBecauseSourcesDisagree) {
  EXPECT_THAT(dfu_port_words(DfuPort::left_back), HasSubstr("on its left side, nearest to the hinge"));
  EXPECT_THAT(dfu_port_words(DfuPort::left_back), HasSubstr("if it does not show, try another"));
}

TEST(DfuHints, APortThatNoSourceIsSureOfIsSaidToBeUnknown) {
  EXPECT_THAT(dfu_port_words(DfuPort::unknown), HasSubstr("is not known: if it does not show, try one after the other"));
}

TEST(DfuHints, EachPortHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (const DfuPortName& p : dfu_ports()) {
    EXPECT_EQ(to_string(p.port), p.name);
    EXPECT_THAT(names, Not(testing::Contains(p.name)));
    names.push_back(p.name);
  }
  EXPECT_EQ(to_string(DfuPort::unknown), "");
}

}  // namespace
}  // namespace greenroom
