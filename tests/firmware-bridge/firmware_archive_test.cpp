#include "firmware-bridge/firmware_archive.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "firmware-bridge/job_files.hpp"
#include "tests/support/small_ipsw.hpp"

namespace greenroom {
namespace {

using test::manifest_xml;
using test::small_ipsw;

class Ipsw : public testing::Test {
 protected:
  void write(const test::ZipEntries& entries) { test::write_zip(path_, entries); }
  void write_bytes(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string bytes() {
    std::ostringstream all;
    all << std::ifstream(path_, std::ios::binary).rdbuf();
    return all.str();
  }
  Result<FirmwareManifest> read() {
    const Fd fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    return read_ipsw(fd.get());
  }
  void refused(const std::string& words, Errc code = Errc::protocol) {
    const auto manifest = read();
    ASSERT_FALSE(manifest) << words;
    EXPECT_EQ(manifest.error().code, code);
    EXPECT_EQ(manifest.error().message, words);
  }
  Result<void> contents() {
    const Fd fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    return check_ipsw_contents(fd.get(), [](std::uint64_t) { return true; });
  }

  test::ScratchFolder folder_;
  std::string path_ = folder_ / "mac.ipsw";
};

// A little-endian number of `size` bytes.
std::string little(std::uint64_t value, int size) {
  std::string out;
  for (int i = 0; i < size; ++i, value >>= 8U) out += static_cast<char>(value & 0xffU);
  return out;
}

TEST_F(Ipsw, IsReadByItsManifest) {
  write(small_ipsw());
  const auto manifest = read();
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->build, "25B78");
  EXPECT_TRUE(contents());
}

TEST_F(Ipsw, ThatIsCutOffAnywhereIsRefused) {
  write(small_ipsw());
  const std::string whole = bytes();
  for (std::size_t length : {std::size_t{0}, std::size_t{3}, whole.size() / 2, whole.size() - 23, whole.size() - 1}) {
    write_bytes(whole.substr(0, length));
    refused("is no zip archive, or it is truncated: its end is missing; download it again");
  }
}

TEST_F(Ipsw, ThatIsNoZipIsRefused) {
  write_bytes(std::string(100000, 'x'));
  refused("is no zip archive, or it is truncated: its end is missing; download it again");
}

TEST_F(Ipsw, WithoutAManifestIsRefused) {
  write({{"readme.txt", "hello"}});
  refused("has no BuildManifest.plist: it is no IPSW; name an IPSW file", Errc::refused);
}

TEST_F(Ipsw, OfAPhoneIsRefused) {
  write(small_ipsw(manifest_xml({{"0x8010", "0x0C", "d101ap"}}, {"iPhone9,3"})));
  refused("its BuildManifest.plist is for iPhone9,3, which is no Mac; choose an image for Macs", Errc::refused);
}

TEST_F(Ipsw, ThatLacksAFileOfItsManifestIsRefused) {
  write({{"BuildManifest.plist", manifest_xml()}});
  refused("lacks Firmware/iBSS.im4p, which its manifest names for j313ap; download it again");
}

TEST_F(Ipsw, WhoseManifestUnpacksToMoreThanAnyIsRefused) {
  write({{"BuildManifest.plist", std::string((64U << 20U) + 1, ' ')}});
  refused("has a BuildManifest.plist of 64 MiB: it is no IPSW of Apple's");
}

// The same deflated bytes, with a directory that says less than they unpack to.
TEST_F(Ipsw, WhoseManifestIsLongerThanItSaysIsRefused) {
  write({{"BuildManifest.plist", std::string(1000000, ' ')}});
  std::string zip = bytes();
  for (std::size_t at = zip.find(little(1000000, 4)); at != std::string::npos; at = zip.find(little(1000000, 4)))
    zip.replace(at, 4, little(1000, 4));
  write_bytes(zip);
  refused("is damaged: BuildManifest.plist is not as long as it says; download it again");
}

TEST_F(Ipsw, ThatWouldUnpackToGigabytesIsRefused) {
  write({{"BuildManifest.plist", manifest_xml()}, {"zeros", std::string(1000000, '\0')}});
  std::string zip = bytes();
  // 4 GB less 16 bytes, in the directory and before the entry.
  for (std::size_t at = zip.find(little(1000000, 4)); at != std::string::npos; at = zip.find(little(1000000, 4)))
    zip.replace(at, 4, little(0xfffffff0, 4));
  write_bytes(zip);
  refused("would unpack to more than 1024 MiB: it is a zip bomb, no IPSW; delete it");
}

// Entries that share their bytes: a small file would unpack to any size.
TEST_F(Ipsw, WhoseEntriesOverlapIsRefused) {
  write({{"a", std::string(100000, 'a')}});
  std::string zip = bytes();
  const std::size_t at = zip.find("PK\1\2");
  const std::size_t end = zip.find("PK\5\6");
  const std::string entry = zip.substr(at, end - at);
  std::string directory;
  for (int i = 0; i < 2000; ++i) directory += entry;
  const std::string closing = "PK\5\6" + little(0, 4) + little(2000, 2) + little(2000, 2) + little(directory.size(), 4) +
                              little(at, 4) + little(0, 2);
  write_bytes(zip.substr(0, at) + directory + closing);
  const auto manifest = read();
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Errc::protocol);
}

TEST_F(Ipsw, WhoseEndClaimsMillionsOfEntriesIsRefused) {
  // A zip64 end (PKWARE APPNOTE 4.3.14): 56 bytes, a locator of 20, and the old end with its fields full.
  const std::string record = "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) +
                             little(1ULL << 40U, 8) + little(1ULL << 40U, 8) + little(46ULL << 40U, 8) + little(0, 8);
  const std::string locator = "PK\6\7" + little(0, 4) + little(0, 8) + little(1, 4);
  const std::string old = "PK\5\6" + little(0, 4) + little(0xffff, 2) + little(0xffff, 2) + little(0xffffffff, 4) +
                          little(0xffffffff, 4) + little(0, 2);
  write_bytes(record + locator + old);
  refused("claims a directory of 1099511627776 entries in 50577534877696 bytes: no IPSW has such a one");
}

TEST_F(Ipsw, WithTwoManifestsIsRefused) {
  write({{"BuildManifest.plist", manifest_xml()}, {"BuildManifest.plisT", manifest_xml()}, {"Firmware/iBSS.im4p", ""}});
  std::string zip = bytes();
  for (std::size_t at = zip.find("plisT"); at != std::string::npos; at = zip.find("plisT")) zip.replace(at, 5, "plist");
  write_bytes(zip);
  EXPECT_FALSE(read());
}

TEST_F(Ipsw, WithAHoleInAnEntryFailsTheCheckOfItsContents) {
  write(small_ipsw());
  std::string zip = bytes();
  zip[zip.find("iBSSPK")] = 'j';  // an entry too short to be deflated stands as it is
  write_bytes(zip);
  ASSERT_TRUE(read());
  const auto checked = contents();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, "is damaged: Firmware/iBSS.im4p cannot be unpacked; download it again");
}

TEST_F(Ipsw, IsNoLongerCheckedWhenNobodyWantsToKnow) {
  write(small_ipsw());
  const Fd fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  const auto ended = check_ipsw_contents(fd.get(), [](std::uint64_t) { return false; });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace greenroom
