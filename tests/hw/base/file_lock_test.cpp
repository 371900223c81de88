#include "hw/base/file_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

namespace greenroom {
namespace {

class FileLockOf : public testing::Test {
 protected:
  FileLockOf() {
    char name[] = "/tmp/greenroom-lock-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/lock";
  }
  ~FileLockOf() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] Result<FileLock> take() const {
    return FileLock::take(path_, "/srv/room", "greenroom serve", "use another --data");
  }
  std::string folder_, path_;
};

TEST_F(FileLockOf, OneOwnerMakesTheSecondFailWithItsNameAndPid) {
  const auto first = take();
  ASSERT_TRUE(first) << first.error().message;
  const auto second = take();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::busy);
  EXPECT_EQ(second.error().message,
            "/srv/room is owned by greenroom serve, process " + std::to_string(getpid()) + "; end it or use another --data");
}

TEST_F(FileLockOf, AnOwnerThatEndsGivesItBack) {
  { ASSERT_TRUE(take()); }
  EXPECT_TRUE(take());
}

TEST_F(FileLockOf, AMoveKeepsIt) {
  auto first = take();
  ASSERT_TRUE(first);
  std::optional<FileLock> kept(std::move(*first));
  EXPECT_FALSE(take());
  kept.reset();
  EXPECT_TRUE(take());
}

TEST_F(FileLockOf, AnOwnerThatIsKilledGivesItBack) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = take();
    const char word = lock ? 'y' : 'n';
    if (write(ready[1], &word, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char word{};
  ASSERT_EQ(read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  const auto held = take();
  ASSERT_FALSE(held);
  EXPECT_NE(held.error().message.find("process " + std::to_string(child)), std::string::npos) << held.error().message;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(take());
  close(ready[0]);
  close(ready[1]);
}

TEST_F(FileLockOf, TheTextOfACopiedDirectoryOwnsNothing) {
  std::ofstream(path_) << "1 greenroom serve\n";
  EXPECT_TRUE(take());
}

TEST_F(FileLockOf, AFolderThatIsNotThereIsNamedWithTheRemedy) {
  const auto lock = FileLock::take(folder_ + "/none/lock", "x", "y", "z");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Errc::storage);
  EXPECT_NE(lock.error().message.find(folder_ + "/none/lock cannot be opened: No such file or directory; name a directory"),
            std::string::npos)
      << lock.error().message;
}

TEST_F(FileLockOf, ALinkIsNotFollowed) {
  std::filesystem::create_symlink(folder_ + "/elsewhere", path_);
  EXPECT_FALSE(take());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/elsewhere"));
}

}  // namespace
}  // namespace greenroom
