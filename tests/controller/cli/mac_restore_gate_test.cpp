// The gate of one Mac without a room: what the Mac at the port says of itself, against the serial that a person typed.
#include "controller/cli/mac_restore_gate.hpp"

#include <gtest/gtest.h>

namespace greenroom::cli {
namespace {

UsbSighting seen(const char* port, std::uint16_t product, const std::string& text) {
  return {*PortPath::parse(port), 0x05ac, product, 0, text};
}
UsbSighting recovery(const std::string& serial, const std::string& ecid = "000C60A800010001", const char* board = "26") {
  return seen("host/1-4", 0x1281, "CPID:8103 BDID:" + std::string(board) + " ECID:" + ecid + " SRNM:[" + serial + "]");
}
RestoreOrder order() {
  return {*PortPath::parse("host/1-4"), *SerialNumber::parse("C02GR00001"), Ecid{0x000C60A800010001},
          ChipBoard{0x8103, 0x26}};
}
UsbPlaces places_with(const UsbSighting& other) {
  UsbPlaces places;
  places.take(UsbArrived(recovery("C02GR00001")), TimePoint{});
  places.take(UsbArrived(other), TimePoint{});
  return places;
}

TEST(MacRestoreGate, OpensForTheMacThatSaysTheSerialThatWasTyped) {
  EXPECT_TRUE(names_itself(recovery("C02GR00001")));
  EXPECT_EQ(not_the_one(order(), recovery("C02GR00001")), std::nullopt);
}

TEST(MacRestoreGate, IsRefusedToAMacOfAnotherSerial) {
  const auto why = not_the_one(order(), recovery("C02GR00002"));
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("C02GR00002, and C02GR00001 was typed"), std::string::npos) << *why;
}

TEST(MacRestoreGate, IsRefusedToAMacWhoseEcidWasNotInDfuThere) {
  EXPECT_TRUE(not_the_one(order(), recovery("C02GR00001", "000C60A800020002")));
}

TEST(MacRestoreGate, IsRefusedToAMacOfAnotherBoard) {
  EXPECT_TRUE(not_the_one(order(), recovery("C02GR00001", "000C60A800010001", "24")));
}

TEST(MacRestoreGate, WaitsForAMacThatSaysNoSerial) {
  EXPECT_FALSE(names_itself(recovery("")));
  EXPECT_FALSE(names_itself(seen("host/1-4", 0x1227, "CPID:8103 BDID:26 ECID:000C60A800010001")));
  EXPECT_FALSE(names_itself(seen("host/1-4", 0x1281, "garbled")));
}

TEST(MacRestoreGate, ASerialThatOnlyABootedMacShowsOpensNothing) {
  EXPECT_FALSE(names_itself(seen("host/1-4", 0x1905, "C02GR00001")));
}

TEST(MacRestoreGate, AnotherMacInDfuIsInTheWay) {
  const auto why =
      another_in_the_way(places_with(seen("host/1-5", 0x1227, "CPID:8103 BDID:26 ECID:000C60A800020002")), order().path);
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("host/1-5 is in dfu"), std::string::npos) << *why;
}

TEST(MacRestoreGate, AMacWhoseStringIsBrokenIsInTheWayByItsIds) {
  EXPECT_TRUE(another_in_the_way(places_with(seen("host/1-5", 0x1281, "")), order().path));
}

TEST(MacRestoreGate, ABootedMacAndAHubAreInNobodysWay) {
  EXPECT_FALSE(another_in_the_way(places_with(seen("host/1-5", 0x1905, "C02GR00002")), order().path));
  EXPECT_FALSE(another_in_the_way(places_with({*PortPath::parse("host/1-5"), 0x1d6b, 2, 0, ""}), order().path));
}

}  // namespace
}  // namespace greenroom::cli
