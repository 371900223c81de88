#include "firmware-bridge/firmware_library.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

constexpr ChipBoard air{0x8103, 0x26};
constexpr ChipBoard t2{0x8012, 0x0c};

FirmwareFile image(std::string name, std::string version, std::string build, FirmwareTrust trust = FirmwareTrust::verified,
                   ChipBoard board = air, std::string type = "MacBookAir10,1") {
  FirmwareFile file;
  file.name = std::move(name);
  file.manifest = FirmwareManifest{std::move(version), std::move(build), {std::move(type)}, {{board, "j313ap", {}}}};
  file.trust = trust;
  return file;
}

std::string chosen(const std::vector<FirmwareFile>& files, ChipBoard mac, std::string_view which) {
  const auto choice = choose_firmware(files, mac, which);
  return choice ? choice->file->name : choice.error().message;
}

TEST(ChooseFirmware, TakesTheNewestThatErasesThisBoard) {
  const std::vector<FirmwareFile> files{image("a", "15.6", "24G84"), image("b", "26.1", "25B78"),
                                        image("c", "26.0.1", "25A362"),
                                        image("d", "26.2", "25C56", FirmwareTrust::verified, {0x6000, 0x08})};
  const auto choice = choose_firmware(files, air, "macos");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->file->name, "b");
  EXPECT_EQ(choice->why, "macos 26.1 (25B78), the newest of 3 for chip 8103, board 26");
}

TEST(ChooseFirmware, TakesTheBuildOrVersionThatARecipeNames) {
  const std::vector<FirmwareFile> files{image("a", "15.6", "24G84"), image("b", "26.1", "25B78")};
  EXPECT_EQ(chosen(files, air, "24G84"), "a");
  EXPECT_EQ(chosen(files, air, "15.6"), "a");
  EXPECT_EQ(chosen(files, air, "15.5"), "no image of 15.5 is in the library; add one: greenroom firmware add FILE");
}

TEST(ChooseFirmware, TellsAnImageThatIsNotThereFromOneThatIsToBeReadAgain) {
  const std::vector<FirmwareFile> touched{image("b", "26.1", "25B78", FirmwareTrust::changed)};
  EXPECT_EQ(choose_firmware(touched, air, "macos").error().code, Errc::refused);
  EXPECT_EQ(choose_firmware(touched, air, "15.5").error().code, Errc::bad_config);
  EXPECT_EQ(choose_firmware(touched, t2, "macos").error().code, Errc::bad_config);
}

TEST(ChooseFirmware, TakesABetaOnlyByItsBuild) {
  const std::vector<FirmwareFile> files{image("old", "26.1", "25B78"), image("beta", "26.2", "25C5031i")};
  EXPECT_EQ(chosen(files, air, "macos"), "old");
  EXPECT_EQ(chosen(files, air, "25C5031i"), "beta");
}

TEST(ChooseFirmware, GivesAT2ItsOwnSystem) {
  const std::vector<FirmwareFile> files{image("mac", "26.1", "25B78"),
                                        image("bridge", "10.1", "23P51", FirmwareTrust::kept, t2, "iBridge2,4")};
  EXPECT_EQ(chosen(files, t2, "bridgeos"), "bridge");
  EXPECT_EQ(chosen(files, t2, "macos"),
            "one image of macos is in the library, none with an erase install for chip 8012, board 0C; add the image of "
            "this model");
}

TEST(ChooseFirmware, TakesNoneThatWasNeverAddedAndSaysSo) {
  const std::vector<FirmwareFile> files{image("a", "15.6", "24G84"), image("b", "26.1", "25B78", FirmwareTrust::unknown)};
  EXPECT_EQ(choose_firmware(files, air, "macos")->why,
            "macos 15.6 (24G84), the only one for chip 8103, board 26; b would be newer and is unknown");
  EXPECT_EQ(chosen(files, air, "25B78"), "macos 26.1 (25B78) fits, and was never added: greenroom firmware add b");
}

TEST(ChooseFirmware, TakesNoneThatWasTouchedOrDamaged) {
  EXPECT_EQ(chosen({image("b", "26.1", "25B78", FirmwareTrust::changed)}, air, "macos"),
            "macos 26.1 (25B78) fits, and was touched since it was added: greenroom firmware check b");
  EXPECT_EQ(chosen({image("b", "26.1", "25B78", FirmwareTrust::damaged)}, air, "macos"),
            "macos 26.1 (25B78) fits, and is damaged: delete it, download it again and add it: b");
}

TEST(ChooseFirmware, SkipsAFileThatCannotBeRead) {
  FirmwareFile broken;
  broken.trouble = "is truncated";
  broken.trust = FirmwareTrust::verified;
  EXPECT_EQ(chosen({broken}, air, "macos"), "no image of macos is in the library; add one: greenroom firmware add FILE");
}

TEST(CompareBuilds, GoesByNumbersAndLetters) {
  EXPECT_LT(compare_builds("25A354", "25B78"), 0);
  EXPECT_LT(compare_builds("25B78", "25B5042"), 0);
  EXPECT_LT(compare_builds("9A1", "10A1"), 0);
  EXPECT_EQ(compare_builds("25B78", "25B78"), 0);
  EXPECT_GT(compare_builds("25B78a", "25B78"), 0);
}

TEST(CompareVersions, GoesByNumbers) {
  EXPECT_LT(compare_versions("15.10", "26.1"), 0);
  EXPECT_LT(compare_versions("15.9", "15.10"), 0);
  EXPECT_LT(compare_versions("26", "26.0.1"), 0);
}

constexpr FileMark mark{15000000000, 77, 1700000000000000000};
const std::string digest(64, 'a');

TEST(Trust, RestsOnTheMarkTheDigestAndTheBoot) {
  const DigestRecord record{"a.ipsw", mark, digest, digest, "boot-1"};
  EXPECT_EQ(trust_in(mark, &record, "boot-1"), FirmwareTrust::verified);
  EXPECT_EQ(trust_in(mark, &record, "boot-2"), FirmwareTrust::kept);
  EXPECT_EQ(trust_in(mark, nullptr, "boot-1"), FirmwareTrust::unknown);
  EXPECT_EQ(trust_in({mark.size, mark.inode + 1, mark.mtime_ns}, &record, "boot-1"), FirmwareTrust::changed);
  EXPECT_EQ(trust_in({mark.size, mark.inode, mark.mtime_ns + 1}, &record, "boot-1"), FirmwareTrust::changed);
  EXPECT_EQ(trust_in({mark.size - 1, mark.inode, mark.mtime_ns}, &record, "boot-1"), FirmwareTrust::changed);
}

TEST(Trust, IsGoneWhenTheDigestIsAnother) {
  const DigestRecord record{"a.ipsw", mark, digest, std::string(64, 'b'), "boot-1"};
  EXPECT_EQ(trust_in(mark, &record, "boot-1"), FirmwareTrust::damaged);
}

TEST(Digests, AreReadAsTheyWereWritten) {
  const auto read = parse_digests(print({{"a.ipsw", mark, digest, std::string(64, 'b'), "boot-1"}}));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().name, "a.ipsw");
  EXPECT_EQ(read->front().mark, mark);
  EXPECT_EQ(read->front().sha256, digest);
  EXPECT_EQ(read->front().found, std::string(64, 'b'));
  EXPECT_EQ(read->front().boot, "boot-1");
}

TEST(Digests, ThatAreDamagedAreRefusedWithTheirPlace) {
  EXPECT_EQ(parse_digests("{").error().message, "is no list of digests");
  EXPECT_EQ(parse_digests("{\"files\":[{}]}").error().message, "its entry 1 is no digest of a file");
}

TEST(SameAs, FindsTheOtherFileOfABuild) {
  const std::vector<FirmwareFile> files{image("a", "26.1", "25B78"), image("b", "26.1", "25B78"),
                                        image("c", "26.0", "25A354")};
  EXPECT_EQ(same_as(files, files[0]), &files[1]);
  EXPECT_EQ(same_as(files, files[2]), nullptr);
}

}  // namespace
}  // namespace greenroom
