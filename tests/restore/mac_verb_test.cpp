// `greenroom mac restore` as a person starts it, with Debian's idevicerestore 1.0.0, on a model T2 Mac.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/restore_rig.hpp"

namespace greenroom::test {
namespace {

using testing::HasSubstr;

class MacRestoreVerb : public RestoreRig {
 protected:
  MacRestoreVerb() {
    std::filesystem::create_directory(path("firmware"));
    EXPECT_EQ(end_of(spawn_program({GREENROOM_PROGRAM, "firmware", "add", path("t2.ipsw"), "--folder", path("firmware")})),
              0)
        << read_file(path("stderr"));
  }
  // Its exit code; -1 when it does not end.
  int end_of(pid_t child) {
    int status = 0;
    const bool ended = in_time_for_a_restore([&] { return waitpid(child, &status, WNOHANG) == child; });
    return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int restore(RestoreMac& mac, const std::string& serial) {
    std::vector<std::string> words{"/usr/bin/env", "GREENROOM_USB_LOCK=" + path("usb.lock"),
                                   "ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0",
                                   "GLIBC_TUNABLES=glibc.malloc.tcache_count=0"};
    for (const auto& more : {mac.environment(), tss_.proxies()}) words.insert(words.end(), more.begin(), more.end());
    for (const std::string& word :
         {std::string(GREENROOM_PROGRAM), std::string("mac"), std::string("restore"), std::string("--port"),
          std::string("1-4.2"), std::string("--serial"), serial, std::string("--folder"), path("firmware"),
          std::string("--usbmuxd-socket"), path("upstream"), std::string("--jobs"), path("mac-jobs"), std::string("--json")})
      words.push_back(word);
    return end_of(spawn_program(words));
  }
};

TEST_F(MacRestoreVerb, ErasesTheMacThatSaysTheSerialThatWasTyped) {
  RestoreMac& mac = add_mac();
  EXPECT_EQ(restore(mac, mac.identity().serial), 0) << read_file(path("stderr"));
  EXPECT_TRUE(mac.os().erased);
  EXPECT_THAT(read_file(path("stdout")), HasSubstr(R"("permitted":true,"completed":true,"erased":"confirmed")"));
  EXPECT_THAT(read_file(path("mac-jobs") + "/approvals.jsonl"),
              HasSubstr(R"("does":"erase and restore","serial_number":")" + mac.identity().serial));
}

TEST_F(MacRestoreVerb, PutsAMacOfAnotherSerialBackAndNeverStartsItsRestore) {
  RestoreMac& mac = add_mac();
  EXPECT_EQ(restore(mac, "C02WRONG0001"), 1);
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_FALSE(mac.os().erased);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("and C02WRONG0001 was typed; it was put back"));
  EXPECT_EQ(mac.stage(), T2Boot::Stage::booted);
}

}  // namespace
}  // namespace greenroom::test
