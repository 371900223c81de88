#include "controller/domain/visits/usb_limits.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace greenroom {
namespace {

std::string why(std::string_view port, const std::vector<std::string_view>& busy, UsbLimits limits = {}) {
  return usb_full(limits, port, busy).value_or("");
}

TEST(UsbLimits, FourAtOnceOnOneControllerAndTheFifthIsToldWhatItWaitsFor) {
  EXPECT_EQ(why("host/1-5", {"host/1-1", "host/1-2", "host/1-3"}), "");
  EXPECT_EQ(why("host/1-5", {"host/1-1", "host/1-2", "host/1-3", "host/1-4.1"}), "4 of 4 restores run on host/1");
}
TEST(UsbLimits, AnotherControllerOrMachineIsNotItsConcern) {
  EXPECT_EQ(why("host/2-5", {"host/1-1", "host/1-2", "host/1-3", "host/1-4"}), "");
  EXPECT_EQ(why("host/1-5", {"left/1-1", "left/1-2", "left/1-3", "left/1-4", "host/11-1"}), "");
}
TEST(UsbLimits, AHubHasItsOwn) {
  const UsbLimits limits{16, 2};
  EXPECT_EQ(why("host/1-4.3", {"host/1-4.1", "host/1-4.2"}, limits), "2 of 2 restores run on host/1-4");
  EXPECT_EQ(why("host/1-5.3", {"host/1-4.1", "host/1-4.2"}, limits), "");
}
TEST(UsbLimits, AHubBehindAHubCountsForBoth) {
  const UsbLimits limits{16, 2};
  EXPECT_EQ(why("host/1-4.7.1", {"host/1-4.1", "host/1-4.6.2"}, limits), "2 of 2 restores run on host/1-4");
  EXPECT_EQ(why("host/1-4.7.3", {"host/1-4.7.1", "host/1-4.7.2"}, UsbLimits{16, 2}), "2 of 2 restores run on host/1-4");
  EXPECT_EQ(why("host/1-5.7.3", {"host/1-5.7.1"}, UsbLimits{16, 1}), "1 of 1 restores run on host/1-5");
}
TEST(UsbLimits, APortThatBeginsAlikeIsAnother) {
  EXPECT_EQ(why("host/1-4.1", {"host/1-42.1", "host/1-41"}, UsbLimits{16, 1}), "");
}
TEST(UsbLimits, AMachineMayHaveDashesInItsName) {
  EXPECT_EQ(why("bench-a-1/1-4.1", {"bench-a-1/1-4.2"}, UsbLimits{16, 1}), "1 of 1 restores run on bench-a-1/1-4");
  EXPECT_EQ(why("bench-a-1/1-4.1", {"bench-a-1/1-7"}, UsbLimits{1, 1}), "1 of 1 restores run on bench-a-1/1");
}
TEST(UsbLimits, ASlotWithoutAPortHasNone) { EXPECT_EQ(why("", {"host/1-1"}, UsbLimits{0, 0}), ""); }

}  // namespace
}  // namespace greenroom
