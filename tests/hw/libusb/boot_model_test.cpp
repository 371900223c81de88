// The model Mac refuses what a Mac would: else its word for what others sent would be worth nothing.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/usb_boot_model.hpp"

namespace greenroom::test {
namespace {

constexpr UsbSetup block(std::uint16_t number) { return {0x21, 1, number, 0, 0}; }
std::uint8_t state(DfuModel& mac) { return mac.control({0xa1, 5, 0, 0, 1}, {}).value().at(0); }

// "hello" with Apple's trailer; the checksum was computed apart from this program.
Octets hello(std::uint32_t crc) {
  Octets bytes{'h', 'e', 'l', 'l', 'o', 0xff, 0xff, 0xff, 0xff, 0xac, 0x05, 0x00, 0x01, 0x55, 0x46, 0x44, 0x10};
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(crc >> shift));
  return bytes;
}
constexpr std::uint32_t right_crc = 0x7f6be2e8;

TEST(DfuModel, TakesAnImageWithItsTrailer) {
  DfuModel mac;
  EXPECT_TRUE(mac.control(block(0), hello(right_crc)));
  EXPECT_EQ(state(mac), 5);
  EXPECT_TRUE(mac.control(block(1), {}));
  EXPECT_TRUE(mac.manifested());
  EXPECT_EQ(mac.image(), (Octets{'h', 'e', 'l', 'l', 'o'}));
}

TEST(DfuModel, RefusesAnotherChecksum) {
  DfuModel mac;
  mac.control(block(0), hello(right_crc ^ 1));
  mac.control(block(1), {});
  EXPECT_FALSE(mac.manifested());
  EXPECT_EQ(state(mac), 10);
}

TEST(DfuModel, RefusesABlockOutOfTurn) {
  DfuModel mac;
  mac.control(block(0), Octets(2048, 1));
  EXPECT_FALSE(mac.control(block(2), Octets(2048, 2)));
  EXPECT_EQ(state(mac), 10);
  EXPECT_EQ(mac.wrong.size(), 1U);
}

TEST(DfuModel, RefusesABlockAfterAShortOne) {
  DfuModel mac;
  mac.control(block(0), Octets(100, 1));
  EXPECT_FALSE(mac.control(block(1), Octets(100, 2)));
}

TEST(DfuModel, IsReadyAgainAfterAnErrorWasCleared) {
  DfuModel mac;
  mac.control(block(3), Octets(2048, 1));
  ASSERT_EQ(state(mac), 10);
  EXPECT_TRUE(mac.control({0x21, 4, 0, 0, 0}, {}));
  EXPECT_EQ(state(mac), 2);
}

TEST(RecoveryModel, KeepsAVariableOnlyWhenItIsSaved) {
  RecoveryModel mac;
  const auto say = [&mac](std::string_view words) {
    Octets bytes(words.begin(), words.end());
    bytes.push_back(0);
    EXPECT_TRUE(mac.control({0x40, 0, 0, 0, 0}, bytes));
  };
  say("setenv auto-boot true");
  EXPECT_FALSE(mac.saved.contains("auto-boot"));
  say("saveenv");
  EXPECT_EQ(mac.saved["auto-boot"], "true");
  say("getenv auto-boot");
  EXPECT_EQ(mac.control({0xc0, 0, 0, 0, 255}, {}), (Octets{'t', 'r', 'u', 'e', 0}));
}

}  // namespace
}  // namespace greenroom::test
