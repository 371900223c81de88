#include "controller/api/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace greenroom {
namespace {

using testing::HasSubstr;

struct Token : testing::Test {
  Token() {
    char name[] = "/tmp/greenroom-token-XXXXXX";
    data = mkdtemp(name);
  }
  ~Token() override { std::filesystem::remove_all(data); }
  [[nodiscard]] std::string path() const { return data + "/token"; }
  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path()) << text;
    chmod(path().c_str(), mode);
  }
  std::string data;
};

TEST_F(Token, IsMadeOnceForItsUserAlone) {
  const auto first = token_of(data);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->size(), 64U);
  EXPECT_EQ(first->find_first_not_of("0123456789abcdef"), std::string::npos);
  struct stat is {};
  ASSERT_EQ(stat(path().c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
  const auto again = token_of(data);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first);
}

TEST_F(Token, IsAnotherInEachDirectory) { EXPECT_NE(new_token().value(), new_token().value()); }

TEST_F(Token, ThatOthersMayReadIsNoSecret) {
  write(std::string(64, 'a'), 0640);
  const auto token = token_of(data);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Errc::storage);
  EXPECT_THAT(token.error().message, HasSubstr("others may read it (mode 640)"));
  EXPECT_THAT(token.error().message, HasSubstr(path()));
}

TEST_F(Token, ThatIsCutShortIsNone) {
  for (const std::string& text : {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'x')}) {
    write(text);
    const auto token = token_of(data);
    ASSERT_FALSE(token) << text.size();
    EXPECT_THAT(token.error().message, HasSubstr("holds no token"));
  }
}

TEST_F(Token, AWriteThatWasInterruptedLeavesNoHalfToken) {
  std::ofstream(path() + ".new") << "abc";
  EXPECT_TRUE(token_of(data));
}

}  // namespace
}  // namespace greenroom
