// Debian's idevicerestore 1.0.0, unmodified, against a model T2 Mac, and nothing of ours between them. What that proves, and
// what not: docs/testing.md.
#include <gmock/gmock.h>

#include "tests/support/restore_rig.hpp"

namespace greenroom::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Idevicerestore : public RestoreRig {
 protected:
  // Its exit code, or -1.
  int run_engine(const std::vector<std::string>& words) {
    const pid_t child = spawn_program(words);
    const auto status = beside(reap_child(loop_.get_executor(), child));
    EXPECT_TRUE(in_time_for_a_restore([&status] { return status->has_value(); }));
    return status->has_value() && WIFEXITED(***status) ? WEXITSTATUS(***status) : -1;
  }
};

TEST_F(Idevicerestore, RestoresAModelT2MacFromDfuToTheEnd) {
  RestoreMac& mac = add_mac();
  auto words = engine_for(mac);
  words.insert(words.begin() + 1, "USBMUXD_SOCKET_ADDRESS=UNIX:" + path("upstream"));
  EXPECT_EQ(run_engine(words), 0) << read_file(path("stdout")) << read_file(path("stderr"));
  EXPECT_THAT(read_file(path("stdout")), HasSubstr("\nDONE\n"));
  expect_nothing_wrong();
  EXPECT_TRUE(mac.os().erased);
  EXPECT_EQ(mac.os().starts, 1);
  EXPECT_THAT(tss_.signed_for, ElementsAre(mac.identity().ecid));
}

}  // namespace
}  // namespace greenroom::test
