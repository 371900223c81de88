// Passwords of PDUs, apart from the room file.
#include "config/credentials.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace greenroom {
namespace {

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() { std::filesystem::create_directories(folder_); }
  ~CredentialsTest() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }
  [[nodiscard]] Result<std::vector<PduLogin>> load() const { return load_credentials(path_, {"left", "right"}); }
  std::string folder_ =
      std::filesystem::temp_directory_path().string() + "/greenroom-credentials-" + std::to_string(getpid());
  std::string path_ = folder_ + "/credentials.toml";
};

TEST_F(CredentialsTest, AMissingFileIsNoLogin) {
  const auto logins = load();
  ASSERT_TRUE(logins);
  EXPECT_TRUE(logins->empty());
}

TEST_F(CredentialsTest, EachPduHasItsOwn) {
  write("[pdu.left]\nuser = \"apc\"\npassword = \"one\"\n[pdu.right]\npassword = \"two\"\n");
  const auto logins = load();
  ASSERT_TRUE(logins) << logins.error().message;
  ASSERT_EQ(logins->size(), 2U);
  EXPECT_EQ((*logins)[0].user, "apc");
  EXPECT_EQ((*logins)[1].pdu, "right");
  EXPECT_EQ((*logins)[1].password, "two");
}

TEST_F(CredentialsTest, AFileThatOthersMayReadIsRefusedWithItsRemedy) {
  write("[pdu.left]\npassword = \"one\"\n", 0640);
  EXPECT_EQ(load().error().message, path_ + " holds passwords and others may read it: chmod 600 " + path_);
}

TEST_F(CredentialsTest, APduThatTheRoomDoesNotHaveIsToldWithItsPlace) {
  write("[pdu.lefft]\npassword = \"one\"\n");
  EXPECT_EQ(load().error().message, path_ + ":1:1: the room has no pdu \"lefft\"; did you mean \"left\"?");
}

}  // namespace
}  // namespace greenroom
