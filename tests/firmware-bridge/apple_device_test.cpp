#include "firmware-bridge/apple_device.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

UsbSighting seen(std::uint16_t product, std::string serial, std::uint16_t vendor = 0x05ac) {
  return {*PortPath::parse("host/1-4.2"), vendor, product, 0, std::move(serial)};
}

// Strings that real devices showed, where noted; the source is the project's notes on Apple devices.
constexpr const char* t2_air_dfu =
    "CPID:8012 CPRV:10 CPFM:03 SCEP:01 BDID:3F ECID:00112A3B4C5D6E7F IBFL:3C SRTG:[iBoot-3401.0.0.1.16]";
constexpr const char* vm_dfu =
    "SDOM:01 CPID:FE00 CPRV:00 CPFM:03 SCEP:01 BDID:20 ECID:CAD01AC095BA1AD8 IBFL:3C SRTG:[iBoot-7429.41.5]";
constexpr const char* recovery =
    "SDOM:01 CPID:8015 CPRV:11 CPFM:03 SCEP:01 BDID:0E ECID:000C2C680044E02E IBFL:3D SRNM:[FK1WT6BPJCLH]";
constexpr const char* m1_air_dfu = "CPID:8103 CPFM:03 SCEP:01 BDID:26 ECID:000C60A812345678 IBFL:3C SRTG:[iBoot-7429.61.2]";
constexpr const char* m4_mini_stage2 =
    "SDOM:01 CPID:8132 CPRV:11 CPFM:03 SCEP:01 BDID:2A ECID:0000A1B2C3D4E5F6 IBFL:BC SIKA:00 SRNM:[HX4Y21PQ7L]";

TEST(Classify, ReadsAT2InDfu) {
  const auto device = classify(seen(0x1227, t2_air_dfu));
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ(device->mode, MacMode::dfu);
  EXPECT_EQ(device->ecid, Ecid{0x112A3B4C5D6E7F});
  EXPECT_EQ(device->chip_board, (ChipBoard{0x8012, 0x3f}));
  EXPECT_EQ(device->serial, "");
}

TEST(Classify, KeepsTheTopBitOfAnEcid) { EXPECT_EQ(classify(seen(0x1227, vm_dfu))->ecid, Ecid{0xCAD01AC095BA1AD8}); }

TEST(Classify, ReadsTheSerialInRecovery) {
  const auto device = classify(seen(0x1281, recovery));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->mode, MacMode::recovery);
  EXPECT_EQ(device->serial, "FK1WT6BPJCLH");
}

TEST(Classify, SkipsKeysItDoesNotKnow) {
  const auto device = classify(seen(0x1281, m4_mini_stage2));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->chip_board, (ChipBoard{0x8132, 0x2a}));
  EXPECT_EQ(device->serial, "HX4Y21PQ7L");
}

TEST(Classify, ReadsAStringWithoutChipRevision) {
  EXPECT_EQ(classify(seen(0x1227, m1_air_dfu))->chip_board, (ChipBoard{0x8103, 0x26}));
}

TEST(Classify, TakesTheKeysInAnyOrder) {
  const auto device = classify(seen(0x1281, "SRNM:[FK1WT6BPJCLH] ECID:000C2C680044E02E  BDID:0E CPID:8015"));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->ecid, Ecid{0xC2C680044E02E});
  EXPECT_EQ(device->serial, "FK1WT6BPJCLH");
}

TEST(Classify, DoesNotTakeKeysOutOfBrackets) {
  const auto device = classify(seen(0x1227, "SRTG:[x ECID:0000000000000001 y] CPID:8103 BDID:26 ECID:000C60A812345678"));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->ecid, Ecid{0xC60A812345678});
}

TEST(Classify, NeverTakesASerialInDfu) {
  EXPECT_EQ(classify(seen(0x1227, "CPID:8103 BDID:26 ECID:000C60A812345678 SRNM:[FK1WT6BPJCLH]"))->serial, "");
}

TEST(Classify, LeavesABlankSerialEmpty) {
  const auto device = classify(seen(0x1281, "CPID:8103 BDID:26 ECID:000C60A812345678 SRNM:[]"));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->serial, "");
}

TEST(Classify, LeavesAMisshapenSerialEmpty) {
  EXPECT_EQ(classify(seen(0x1281, "CPID:8103 BDID:26 ECID:000C60A812345678 SRNM:[C02!K0TESTQ6]"))->serial, "");
}

TEST(Classify, RefusesTwoDifferentEcids) {
  const auto device = classify(seen(0x1227, "CPID:8103 BDID:26 ECID:000C60A812345678 ECID:000C60A812345679"));
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, Errc::protocol);
}

TEST(Classify, RefusesAStringWithoutEcid) {
  EXPECT_EQ(classify(seen(0x1227, "CPID:8103 BDID:26")).error().code, Errc::protocol);
}
TEST(Classify, RefusesAnEmptyStringInDfu) { EXPECT_EQ(classify(seen(0x1227, "")).error().code, Errc::protocol); }
TEST(Classify, RefusesAnEcidOfZero) { EXPECT_FALSE(classify(seen(0x1227, "CPID:8103 BDID:26 ECID:0000000000000000"))); }
TEST(Classify, RefusesAnEcidOfSeventeenDigits) {
  EXPECT_FALSE(classify(seen(0x1227, "CPID:8103 BDID:26 ECID:1000C60A812345678")));
}
TEST(Classify, RefusesAnOpenBracket) {
  EXPECT_FALSE(classify(seen(0x1281, "CPID:8103 BDID:26 ECID:0C SRNM:[FK1WT6BPJCLH")));
}
TEST(Classify, RefusesAStringLongerThanADescriptorCanBe) {
  EXPECT_FALSE(classify(seen(0x1227, std::string(m1_air_dfu) + std::string(255, ' '))));
}

TEST(Classify, ReadsChipAndBoardOutOfThePortControllersBoardId) {
  // BDID packs CPID in bits 8 to 23 and the board in bits 24 to 31: chip 8132, board 2A.
  const auto device = classify(seen(0xf014, "CPID:000F BDID:2A813200 ECID:11E5400012345678"));
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ(device->mode, MacMode::port_dfu);
  EXPECT_EQ(device->chip_board, (ChipBoard{0x8132, 0x2a}));
}

TEST(Classify, KnowsKisWithoutAnyString) {
  const auto device = classify(seen(0x1881, ""));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->mode, MacMode::kis);
  EXPECT_FALSE(device->ecid);
}

TEST(Classify, ReadsTheInnerStringOfKisOnceItIsKnown) {
  const auto device = classify(seen(0x1881, m1_air_dfu));
  EXPECT_EQ(device->mode, MacMode::kis);
  EXPECT_EQ(device->ecid, Ecid{0x000C60A812345678});
}

TEST(Classify, NeverReadsAnEcidInWtf) { EXPECT_FALSE(classify(seen(0x1222, m1_air_dfu))->ecid); }

TEST(Classify, TakesTheHardwareSerialOfABootedMac) {
  const auto device = classify(seen(0x1905, "C02FK0TESTQ6"));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->mode, MacMode::booted);
  EXPECT_EQ(device->serial, "C02FK0TESTQ6");
  EXPECT_FALSE(device->ecid);
}

TEST(Classify, TakesTheUdidOfTheRestoreOs) {
  const auto device = classify(seen(0x1902, "00008103-000C11223344556E"));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->mode, MacMode::restore);
  EXPECT_EQ(device->ecid, Ecid{0xC11223344556E});
}

TEST(Classify, KnowsABootedT2) { EXPECT_EQ(classify(seen(0x8600, ""))->mode, MacMode::t2_booted); }
TEST(Classify, KnowsAT2InItsRestoreOs) {
  EXPECT_EQ(classify(seen(0x12a8, "00008012-001A2B3C4D5E6F70"))->mode, MacMode::restore);
}
TEST(Classify, RefusesAPhone) { EXPECT_EQ(classify(seen(0x12a8, "00008030-001A2B3C4D5E6F70")).error().code, Errc::refused); }
TEST(Classify, RefusesABillboard) { EXPECT_EQ(classify(seen(0x7304, "")).error().code, Errc::refused); }
TEST(Classify, RefusesAnotherVendor) { EXPECT_EQ(classify(seen(0x1227, m1_air_dfu, 0x1234)).error().code, Errc::refused); }

TEST(Classify, TellsTheFourRecoveryModesApart) {
  EXPECT_EQ(classify(seen(0x1280, recovery))->recovery, 1);
  EXPECT_EQ(classify(seen(0x1281, recovery))->recovery, 2);
  EXPECT_EQ(classify(seen(0x1282, recovery))->recovery, 3);
  EXPECT_EQ(classify(seen(0x1283, recovery))->recovery, 4);
}

TEST(Classify, TellsAMacThatRunsAnExploit) {
  EXPECT_TRUE(classify(seen(0x1227, std::string(t2_air_dfu) + " PWND:[checkm8]"))->exploited);
  EXPECT_FALSE(classify(seen(0x1227, t2_air_dfu))->exploited);
}

TEST(Classify, RefusesADfuDeviceUnderAnExploitByItsId) { EXPECT_EQ(classify(seen(0x1338, "")).error().code, Errc::refused); }

TEST(Classify, ReadsTheModelNumberOfABootedMac) {
  UsbSighting mac = seen(0x1905, "C02FK0TESTQ6");
  mac.bcd_device = 0x1701;
  EXPECT_EQ(classify(mac)->model, "17,1");
}

TEST(Classify, TakesNoModelNumberThatIsNoDecimal) {
  UsbSighting mac = seen(0x1905, "C02FK0TESTQ6");
  mac.bcd_device = 0x1a01;
  EXPECT_EQ(classify(mac)->model, "");
}

TEST(ModeById, KnowsAMacWhoseStringIsBroken) {
  EXPECT_EQ(mode_by_id(seen(0x1227, "")), MacMode::dfu);
  EXPECT_EQ(mode_by_id(seen(0x1282, "")), MacMode::recovery);
  EXPECT_EQ(mode_by_id(seen(0xf014, "")), MacMode::port_dfu);
}
TEST(ModeById, KnowsNoPhoneAndNoOtherMaker) {
  EXPECT_FALSE(mode_by_id(seen(0x12a8, "")));
  EXPECT_FALSE(mode_by_id(seen(0x1227, m1_air_dfu, 0x1234)));
}

TEST(Classify, SaysThatAStringIsStillBeingRead) {
  UsbSighting mac = seen(0x1227, "");
  mac.serial_from = SerialFrom::pending;
  EXPECT_EQ(classify(mac).error().code, Errc::busy);
}

TEST(Classify, KnowsEveryModeOfTheTable) {
  // Those of usbmuxd's own list.
  const std::pair<std::uint16_t, MacMode> table[] = {{0x1901, MacMode::booted}, {0x1902, MacMode::booted},
                                                     {0x1903, MacMode::booted}, {0x1904, MacMode::booted},
                                                     {0x1905, MacMode::booted}, {0x8600, MacMode::t2_booted}};
  for (const auto& [product, mode] : table) EXPECT_EQ(classify(seen(product, "C02FK0TESTQ6"))->mode, mode) << product;
}

TEST(Serial, IsTrimmedAndUpperCased) { EXPECT_EQ(SerialNumber::parse(" c02fk0testq6\r\n")->text(), "C02FK0TESTQ6"); }
TEST(Serial, MayHaveTenCharacters) { EXPECT_TRUE(SerialNumber::parse("HX4Y21PQ7L")); }
TEST(Serial, RefusesSevenCharacters) { EXPECT_FALSE(SerialNumber::parse("C02FK0T")); }
TEST(Serial, RefusesThirteenCharacters) { EXPECT_FALSE(SerialNumber::parse("C02FK0TESTQ61")); }
TEST(Serial, RefusesADash) { EXPECT_FALSE(SerialNumber::parse("C02-FK0TEST")); }
TEST(Serial, SaysWhatToDoWithABlankOne) {
  EXPECT_NE(SerialNumber::parse("   ").error().message.find("read it from the Mac"), std::string::npos);
}

TEST(Ecid, IsPrintedAsEnginesTakeIt) { EXPECT_EQ(to_hex(Ecid{0xC11223344556E}), "0xC11223344556E"); }

}  // namespace
}  // namespace greenroom
