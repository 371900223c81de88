// `greenroom mac` as a person starts it, with Debian's idevicerestore 1.0.0, on a model T2 Mac.
#pragma once

#include "tests/support/restore_rig.hpp"

namespace greenroom::test {

class MacVerbRig : public RestoreRig {
 protected:
  MacVerbRig() {
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
    return spawn_program(words);
  }
};

}  // namespace greenroom::test
