#include "firmware-bridge/firmware_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/small_ipsw.hpp"

namespace greenroom {
namespace {

class Folder : public testing::Test {
 protected:
  FirmwareFolder read() {
    auto folder = read_firmware_folder(scratch_.path());
    EXPECT_TRUE(folder) << folder.error().message;
    return std::move(*folder);
  }
  test::ScratchFolder scratch_;
};

TEST_F(Folder, ListsEachIpswWithWhatItIs) {
  test::write_zip(scratch_ / "b.ipsw", test::small_ipsw());
  test::write_zip(scratch_ / "a.IPSW", test::small_ipsw());
  std::ofstream(scratch_ / "notes.txt") << "no";
  const auto folder = read();
  ASSERT_EQ(folder.files.size(), 2U);
  EXPECT_EQ(folder.files[0].name, "a.IPSW");
  EXPECT_EQ(folder.files[1].manifest->build, "25B78");
  EXPECT_EQ(folder.files[1].trust, FirmwareTrust::unknown);
  EXPECT_GT(folder.free_bytes, 0U);
}

TEST_F(Folder, ListsABrokenOneWithItsTrouble) {
  std::ofstream(scratch_ / "a.ipsw") << "half";
  const auto folder = read();
  ASSERT_EQ(folder.files.size(), 1U);
  EXPECT_FALSE(folder.files[0].manifest);
  EXPECT_EQ(folder.files[0].trouble, "is no zip archive, or it is truncated: its end is missing; download it again");
}

TEST_F(Folder, DoesNotWaitForAPipe) {
  ASSERT_EQ(mkfifo((scratch_ / "a.ipsw").c_str(), 0600), 0);
  EXPECT_EQ(read().files[0].trouble, "is no file");
}

TEST_F(Folder, FindsAgainWhatWasKept) {
  test::write_zip(scratch_ / "a.ipsw", test::small_ipsw());
  auto folder = read();
  folder.digests.push_back({"a.ipsw", folder.files[0].mark, std::string(64, 'a'), std::string(64, 'a'), folder.boot});
  ASSERT_TRUE(write_digests(folder));
  EXPECT_EQ(read().files[0].trust, FirmwareTrust::verified);
  test::write_zip(scratch_ / "a.ipsw", test::small_ipsw(test::manifest_xml({{}}, {"Macmini9,1"})));
  EXPECT_EQ(read().files[0].trust, FirmwareTrust::changed);
}

TEST_F(Folder, UnpacksNoManifestOfAFileThatIsAsItWas) {
  test::write_zip(scratch_ / "a.ipsw", test::small_ipsw());
  auto before = read();
  before.files[0].manifest->build = "as before";
  auto again = read_firmware_folder(scratch_.path(), before);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->files[0].manifest->build, "as before");
  test::write_zip(scratch_ / "a.ipsw", test::small_ipsw(test::manifest_xml({{}}, {"Macmini9,1"})));
  again = read_firmware_folder(scratch_.path(), before);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->files[0].manifest->build, "25B78");
}

TEST_F(Folder, ThatIsNotThereIsNamed) {
  const auto folder = read_firmware_folder("/nowhere/at/all");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message,
            "/nowhere/at/all cannot be read: No such file or directory; make it, or name another with --folder");
}

TEST_F(Folder, WithADamagedListSaysWhatToDo) {
  std::ofstream(scratch_ / "greenroom-firmware.json") << "[";
  const auto folder = read_firmware_folder(scratch_.path());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message,
            scratch_.path() + "/greenroom-firmware.json is no list of digests; delete it, and add each file again");
}

}  // namespace
}  // namespace greenroom
