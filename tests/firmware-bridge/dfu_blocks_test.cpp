#include "firmware-bridge/dfu_blocks.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

UsbBytes bytes(std::size_t size) { return UsbBytes(size, std::byte{0x5a}); }
UsbBytes bytes(std::string_view text) {
  UsbBytes out;
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

// "123456789" is the check value of every list of CRCs: CBF43926 for the inverted kind, and this is it uninverted.
TEST(DfuChecksum, IsTheCommonCrc32WithoutItsLastInversion) { EXPECT_EQ(dfu_checksum(bytes("123456789")), ~0xcbf43926U); }

TEST(DfuChecksum, GoesOnWhereItStopped) {
  EXPECT_EQ(dfu_checksum(bytes("6789"), dfu_checksum(bytes("12345"))), dfu_checksum(bytes("123456789")));
}

// The checksum of "hello" with the suffix was computed by Python's zlib.
TEST(DfuBlocks, AnImageEndsWithApplesTrailer) {
  const auto blocks = dfu_blocks(bytes("hello"));
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 1U);
  const std::string_view trailer("\xff\xff\xff\xff\xac\x05\x00\x01UFD\x10\xe8\xe2\x6b\x7f", 16);
  UsbBytes wanted = bytes("hello");
  for (const char c : trailer) wanted.push_back(static_cast<std::byte>(c));
  EXPECT_EQ((*blocks)[0].bytes, wanted);
}

TEST(DfuBlocks, BlocksHave2048BytesAndNumbersFromZero) {
  const auto blocks = dfu_blocks(bytes(5000));
  ASSERT_EQ(blocks->size(), 3U);
  EXPECT_EQ((*blocks)[1].number, 1);
  EXPECT_EQ((*blocks)[1].bytes.size(), 2048U);
  EXPECT_EQ((*blocks)[2].bytes.size(), 5000U - 4096U + 16U);
}

TEST(DfuBlocks, ATrailerThatJustFitsStaysInTheLastBlock) {
  const auto blocks = dfu_blocks(bytes(2048 + 2032));
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ(blocks->back().bytes.size(), 2048U);
}

TEST(DfuBlocks, ATrailerWithoutRoomFollowsAtOnceUnderTheSameNumber) {
  for (const std::size_t size : {2033U, 2048U}) {
    const auto blocks = dfu_blocks(bytes(2048 + size));
    ASSERT_EQ(blocks->size(), 3U) << size;
    EXPECT_FALSE((*blocks)[1].asks_status);
    EXPECT_EQ((*blocks)[2].number, 1);
    EXPECT_EQ((*blocks)[2].bytes.size(), 16U);
    EXPECT_TRUE((*blocks)[2].asks_status);
  }
}

TEST(DfuBlocks, AnImageThatIsEmptyOrTooLongForItsNumbersIsRefused) {
  EXPECT_EQ(dfu_blocks(UsbBytes{}).error().code, Errc::usage);
  EXPECT_TRUE(dfu_blocks(bytes(std::size_t{0xffff} * 2048)));
  EXPECT_EQ(dfu_blocks(bytes(std::size_t{0xffff} * 2048 + 1)).error().code, Errc::usage);
}

TEST(DfuRemedy, AnErrorIsClearedAndAllElseIsAborted) {
  EXPECT_EQ(remedy_for(DfuState::idle), DfuRemedy::none);
  EXPECT_EQ(remedy_for(DfuState::error), DfuRemedy::clear_status);
  EXPECT_EQ(remedy_for(DfuState::download_idle), DfuRemedy::abort);
  EXPECT_EQ(remedy_for(static_cast<DfuState>(77)), DfuRemedy::abort);
}

TEST(DfuState, HasTheStandardsName) {
  EXPECT_EQ(to_string(DfuState::download_idle), "dfuDNLOAD-IDLE");
  EXPECT_EQ(to_string(DfuState::error), "dfuERROR");
  EXPECT_EQ(to_string(static_cast<DfuState>(77)), "no state of DFU");
}

}  // namespace
}  // namespace greenroom
