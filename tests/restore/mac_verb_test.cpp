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
  // `greenroom mac` with these words, as it sees that Mac and as its engine sees nothing else.
  pid_t begin(RestoreMac& mac, const std::vector<std::string>& verb) {
    std::vector<std::string> words{"/usr/bin/env", "GREENROOM_USB_LOCK=" + path("usb.lock"),
                                   "ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0",
                                   "GLIBC_TUNABLES=glibc.malloc.tcache_count=0"};
    for (const auto& more : {mac.environment(), tss_.proxies()}) words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {GREENROOM_PROGRAM, "mac"});
    words.insert(words.end(), verb.begin(), verb.end());
    words.insert(words.end(), {"--port", "1-4.2"});
    return spawn_program(words);
  }
  pid_t begin_restore(RestoreMac& mac, const std::string& serial) {
    return begin(mac, {"restore", "--serial", serial, "--folder", path("firmware"), "--usbmuxd-socket", path("upstream"),
                       "--jobs", path("mac-jobs"), "--no-hosts", "--json"});
  }
  int restore(RestoreMac& mac, const std::string& serial) { return end_of(begin_restore(mac, serial)); }
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
  EXPECT_TRUE(eventually([&mac] { return mac.stage() == MacBoot::Stage::booted; }));
}

TEST_F(MacRestoreVerb, LeavesTheUsbToItsEngineWhenItIsKilledBehindTheGate) {
  RestoreMac& mac = add_mac();
  const pid_t verb = begin_restore(mac, mac.identity().serial);
  ASSERT_TRUE(in_time_for_a_restore([&mac] { return mac.os().starts == 1; }));
  ASSERT_EQ(kill(verb, SIGKILL), 0);
  ASSERT_EQ(waitpid(verb, nullptr, 0), verb);
  EXPECT_EQ(end_of(begin(mac, {"put-back"})), 1);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("this machine's USB is owned by the engine of "));
  EXPECT_TRUE(in_time_for_a_restore([&mac] { return mac.stage() == MacBoot::Stage::booted || mac.os().erased; }));
  EXPECT_TRUE(mac.os().erased);
}

}  // namespace
}  // namespace greenroom::test
