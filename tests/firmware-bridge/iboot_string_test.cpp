#include "firmware-bridge/iboot_string.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

// Of real devices (an M4 mini's second stage, redacted; a T2 MacBook Air in DFU).
constexpr const char* m4 =
    "SDOM:01 CPID:8132 CPRV:11 CPFM:03 SCEP:01 BDID:2A ECID:0000A1B2C3D4E5F6 IBFL:BC SIKA:00 SRNM:[HX4Y21PQ7L]";
constexpr const char* t2 =
    "CPID:8012 CPRV:10 CPFM:03 SCEP:01 BDID:3F ECID:00112A3B4C5D6E7F IBFL:3C SRTG:[iBoot-3401.0.0.1.16]";

TEST(IbootString, ReadsEveryKeyThatItKnows) {
  const auto words = parse_iboot(m4);
  ASSERT_TRUE(words) << words.error().message;
  EXPECT_EQ(words->security_domain, 1U);
  EXPECT_EQ(words->chip, 0x8132U);
  EXPECT_EQ(words->chip_revision, 0x11U);
  EXPECT_EQ(words->fuses, 3U);
  EXPECT_EQ(words->epoch, 1U);
  EXPECT_EQ(words->board, 0x2aU);
  EXPECT_EQ(words->ecid, 0xA1B2C3D4E5F6U);
  EXPECT_EQ(words->flags, 0xbcU);
  EXPECT_EQ(words->serial, "HX4Y21PQ7L");
}

TEST(IbootString, TellsTheRomsTagFromTheSerial) {
  const auto words = parse_iboot(t2);
  EXPECT_EQ(words->tag, "iBoot-3401.0.0.1.16");
  EXPECT_EQ(words->serial, "");
  EXPECT_FALSE(words->security_domain);
}

TEST(IbootString, ReadsTheRevisionOfAPortController) { EXPECT_EQ(parse_iboot("CPID:000F PREV:12")->port_revision, 0x12U); }
TEST(IbootString, TellsAnExploit) { EXPECT_EQ(parse_iboot("CPID:8012 PWND:[checkm8]")->exploit, "checkm8"); }
TEST(IbootString, SkipsANumberThatNobodyNeeds) { EXPECT_FALSE(parse_iboot("CPID:8012 IBFL:xyz")->flags); }
TEST(IbootString, RefusesAChipThatIsNoNumber) { EXPECT_FALSE(parse_iboot("CPID:80.2")); }
TEST(IbootString, RefusesTwoSerials) { EXPECT_FALSE(parse_iboot("SRNM:[AAAAAAAAAA] SRNM:[BBBBBBBBBB]")); }
TEST(IbootString, TakesTheSameKeyTwiceWithOneValue) { EXPECT_EQ(parse_iboot("CPID:8012 CPID:8012")->chip, 0x8012U); }
TEST(IbootString, IsEmptyWhereNothingIsSaid) { EXPECT_FALSE(parse_iboot("")->chip); }
TEST(IbootString, SkipsWordsWithoutAColon) { EXPECT_EQ(parse_iboot("hello CPID:8012 world")->chip, 0x8012U); }

TEST(Nonces, AreBytesInTheOrderOfTheirDigits) {
  const auto nonces = parse_nonces("NONC:8B2D01 SNON:00FF");
  ASSERT_TRUE(nonces) << nonces.error().message;
  EXPECT_EQ(nonces->ap, (std::vector<std::byte>{std::byte{0x8b}, std::byte{0x2d}, std::byte{0x01}}));
  EXPECT_EQ(nonces->sep, (std::vector<std::byte>{std::byte{0x00}, std::byte{0xff}}));
}

TEST(Nonces, MayBeginWithABlank) { EXPECT_EQ(parse_nonces(" NONC:8B2D")->ap.size(), 2U); }
TEST(Nonces, MayLackTheSecondOne) { EXPECT_TRUE(parse_nonces("NONC:8B2D")->sep.empty()); }
TEST(Nonces, AreRefusedWithHalfAByte) { EXPECT_EQ(parse_nonces("NONC:8B2").error().code, Errc::protocol); }
TEST(Nonces, AreRefusedWhereTheyAreNoNumber) { EXPECT_EQ(parse_nonces("NONC:8B2X").error().code, Errc::protocol); }
TEST(Nonces, AreRefusedWhereThereAreNone) { EXPECT_EQ(parse_nonces("CPID:8012").error().code, Errc::protocol); }
TEST(Nonces, AreRefusedWhenTheyContradictEachOther) { EXPECT_FALSE(parse_nonces("NONC:8B NONC:8C")); }

}  // namespace
}  // namespace greenroom
