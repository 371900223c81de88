#include "hw/usb/usb_places.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

using std::chrono::seconds;

struct UsbPlacesTest : testing::Test {
  UsbChange arrive(std::uint16_t product, std::uint8_t address, int at_s, std::string serial = "") {
    UsbSighting seen(port, 0x05ac, product, 0, std::move(serial));
    seen.address = address;
    return places.take(UsbArrived(std::move(seen)), TimePoint{seconds{at_s}});
  }
  UsbChange leave(std::uint8_t address, int at_s) { return places.take(UsbLeft(port, address), TimePoint{seconds{at_s}}); }
  UsbPlaces places;
  PortPath port = *PortPath::parse("host/1-4.2");
};

TEST_F(UsbPlacesTest, KnowsSinceWhenADeviceIsThere) {
  EXPECT_EQ(arrive(0x1227, 5, 3), UsbChange::came);
  EXPECT_EQ(places.at(port)->since, TimePoint{seconds{3}});
}

TEST_F(UsbPlacesTest, SeesAChangeOfModeWithWhatItWasAndTheGap) {
  arrive(0x1227, 5, 3);
  EXPECT_EQ(leave(5, 10), UsbChange::went);
  EXPECT_EQ(arrive(0x1281, 6, 12), UsbChange::became);
  EXPECT_EQ(places.at(port)->before->product, 0x1227);
  EXPECT_EQ(places.at(port)->gap, seconds{2});
}

TEST_F(UsbPlacesTest, TakesAReturnInTheSameModeForAnArrival) {
  arrive(0x1227, 5, 3);
  leave(5, 10);
  EXPECT_EQ(arrive(0x1227, 6, 12), UsbChange::came);
  EXPECT_EQ(places.at(port)->arrivals, 2U);
}

TEST_F(UsbPlacesTest, LearnsMoreOfTheSameDeviceWithoutMakingItYounger) {
  arrive(0x1227, 5, 3);
  EXPECT_EQ(arrive(0x1227, 5, 4, "CPID:8103"), UsbChange::learned);
  EXPECT_EQ(places.at(port)->since, TimePoint{seconds{3}});
  EXPECT_EQ(places.at(port)->device->serial, "CPID:8103");
}

TEST_F(UsbPlacesTest, DoesNotLoseADeviceToItsPredecessorsLateDeparture) {
  arrive(0x1227, 5, 3);
  EXPECT_EQ(arrive(0x1281, 6, 4), UsbChange::became);
  EXPECT_EQ(leave(5, 5), UsbChange::none);
  EXPECT_EQ(places.at(port)->device->address, 6);
}

TEST_F(UsbPlacesTest, SaysSinceWhenAPortIsEmpty) {
  arrive(0x1227, 5, 3);
  leave(5, 10);
  EXPECT_FALSE(places.at(port)->device);
  EXPECT_EQ(places.at(port)->since, TimePoint{seconds{10}});
}

TEST_F(UsbPlacesTest, KnowsNothingOfAPortWhereNobodyEverWas) { EXPECT_EQ(places.at(port), nullptr); }

}  // namespace
}  // namespace greenroom
