#include "firmware-bridge/firmware_manifest.hpp"

#include <gtest/gtest.h>

#include "tests/support/small_ipsw.hpp"

namespace greenroom {
namespace {

using test::Identity;
using test::manifest_xml;

// What is said of a broken one, and that it is broken and not merely for others.
void refused(const std::string& xml, const std::string& words, Errc code = Errc::protocol) {
  const auto manifest = read_manifest(xml);
  ASSERT_FALSE(manifest) << words;
  EXPECT_EQ(manifest.error().code, code);
  EXPECT_EQ(manifest.error().message, words);
}

std::string with(std::string xml, const std::string& old, const std::string& now) {
  return xml.replace(xml.find(old), old.size(), now);
}

TEST(Manifest, TellsVersionBuildAndModels) {
  const auto manifest = read_manifest(manifest_xml({{}}, {"MacBookAir10,1", "Macmini9,1"}));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->version, "26.1");
  EXPECT_EQ(manifest->build, "25B78");
  EXPECT_EQ(manifest->product_types, (std::vector<std::string>{"MacBookAir10,1", "Macmini9,1"}));
  EXPECT_EQ(system_of(*manifest), "macos");
}

TEST(Manifest, TellsTheBoardOfEachEraseInstallAndItsFiles) {
  const auto manifest =
      read_manifest(manifest_xml({{"0x8103", "0x26", "j313ap", "Customer Erase Install (IPSW)", {"a", "b"}}}));
  ASSERT_TRUE(manifest);
  const EraseInstall* install = manifest->for_board({0x8103, 0x26});
  ASSERT_NE(install, nullptr);
  EXPECT_EQ(install->device_class, "j313ap");
  EXPECT_EQ(install->files, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(manifest->for_board({0x8103, 0x24}), nullptr);
}

TEST(Manifest, KnowsTheSystemOfAT2) {
  const auto manifest = read_manifest(manifest_xml({{"0x8012", "0x0C", "j132ap"}}, {"iBridge2,4"}));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(system_of(*manifest), "bridgeos");
  EXPECT_NE(manifest->for_board({0x8012, 0x0c}), nullptr);
}

TEST(Manifest, TakesAnUpdateOrAResearchBuildForNoEraseInstall) {
  const auto manifest = read_manifest(manifest_xml({{"0x8103", "0x26", "a", "Customer Upgrade Install (IPSW)"},
                                                    {"0x8103", "0x24", "b", "Research Customer Erase Install (IPSW)"},
                                                    {"0x8103", "0x22", "c", "macOS Customer"},
                                                    {"0x8103", "0x44", "d"}}));
  ASSERT_TRUE(manifest);
  ASSERT_EQ(manifest->erase_installs.size(), 1U);
  EXPECT_EQ(manifest->erase_installs[0].device_class, "d");
}

TEST(Manifest, ReadsIdsThatAreNumbers) {
  std::string xml = with(manifest_xml(), "<string>0x8103</string>", "<integer>33027</integer>");
  const auto manifest = read_manifest(with(xml, "<string>0x26</string>", "<integer>38</integer>"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_NE(manifest->for_board({0x8103, 0x26}), nullptr);
}

TEST(Manifest, LeavesOutABoardWhoseIdIsNone) {
  refused(manifest_xml({{"0x8103", "left"}}), "has no erase install: it can only update", Errc::refused);
  refused(manifest_xml({{"0x1008103", "0x26"}}), "has no erase install: it can only update", Errc::refused);
}

TEST(Manifest, RefusesAPhones) {
  refused(manifest_xml({{"0x8010", "0x0C", "d101ap"}}, {"iPhone9,3"}), "is for iPhone9,3, which is no Mac", Errc::refused);
}

TEST(Manifest, RefusesOneWithoutABuild) {
  refused(with(manifest_xml(), "ProductBuildVersion", "Nothing"), "lacks ProductVersion or ProductBuildVersion");
}

TEST(Manifest, RefusesOneWithoutIdentities) {
  refused(with(manifest_xml(), "BuildIdentities", "Nothing"), "lacks BuildIdentities");
}

TEST(Manifest, RefusesWhatIsNoList) {
  refused("", "is no XML property list");
  refused("PK\3\4", "is no XML property list");
  refused("<html></html>", "is no property list of Apple's: it has a <html>");
  refused("<plist version=\"1.0\"><array></array></plist>", "is no XML property list");
  refused("bplist00\x80", "is a binary property list; Apple's are XML");
}

TEST(Manifest, RefusesOneThatIsCutOff) {
  const std::string xml = manifest_xml();
  refused(xml.substr(0, xml.find("</array>")), "ends before it is complete");
  refused(xml.substr(0, xml.find("</array>") + 3), "ends inside a tag");
}

// libplist frees a tree by recursion: 100,000 of them end the process.
TEST(Manifest, RefusesOneThatIsNestedDeeply) {
  std::string xml = "<plist version=\"1.0\">";
  for (int i = 0; i < 100000; ++i) xml += "<array>";
  refused(xml, "is nested deeper than 32");
}

TEST(Manifest, RefusesWhatWouldHideHowDeepItIs) {
  refused("<plist><dict><!-- </dict> --></dict></plist>", "is no property list of Apple's: it has a <!-- </dict>");
  refused("<plist><dict><key></dict></key></dict></plist>", "has something inside a <key>");
  refused("<plist><dict></array></plist>", "has a </array> that closes nothing");
  refused("<!DOCTYPE plist [<!ENTITY a \"b\">]><plist/>", "is no property list of Apple's: it has a <!DOCTYPE plist [<!EN>");
}

TEST(Manifest, RefusesOneOfMillionsOfValues) {
  std::string xml = "<plist version=\"1.0\"><array>";
  for (int i = 0; i < 2000001; ++i) xml += "<true/>";
  refused(xml, "has more than 2000000 values");
}

}  // namespace
}  // namespace greenroom
