// `greenroom mac restore` as a person starts it, with Debian's idevicerestore 1.0.0, on a model T2 Mac.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/mac_verb_rig.hpp"

namespace greenroom::test {
namespace {

using testing::HasSubstr;

class MacRestoreVerb : public MacVerbRig {
 protected:
  pid_t begin_restore(RestoreMac& mac, const std::string& serial) {
    return begin(mac, {"restore", "--port", "1-4.2", "--serial", serial, "--folder", path("firmware"), "--usbmuxd-socket",
                       path("upstream"), "--jobs", path("mac-jobs"), "--no-hosts", "--json"});
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

TEST_F(MacRestoreVerb, PutsTheMacBackWhenASignalEndsItBeforeItsGateOpens) {
  RestoreMac& mac = add_mac();
  mac.shows({""});
  const pid_t verb = begin_restore(mac, mac.identity().serial);
  ASSERT_TRUE(in_time_for_a_restore([&mac] { return mac.stage() == MacBoot::Stage::ibec; }));
  ASSERT_EQ(kill(verb, SIGTERM), 0);
  EXPECT_EQ(end_of(verb), 1);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("it was put back"));
  EXPECT_TRUE(eventually([&mac] { return mac.stage() == MacBoot::Stage::booted; }));
  EXPECT_EQ(mac.os().starts, 0);
}

TEST_F(MacRestoreVerb, EndsItsGateWhenASignalComesBeforeItsUsbmuxdAnswers) {
  RestoreMac& mac = add_mac();
  const std::string mute = path("mute-usbmuxd"), pid = path("pid");
  std::ofstream(mute) << "#!/bin/sh\n[ \"$1\" != --help ] || exec echo --socket --pidfile --foreground\n"
                      << "echo $$ >" << pid << ".new\nmv " << pid << ".new " << pid << "\nexec tail -f /dev/null\n";
  ASSERT_EQ(chmod(mute.c_str(), 0755), 0);
  const pid_t verb = begin(mac, {"restore", "--port", "1-4.2", "--serial", mac.identity().serial, "--folder",
                                 path("firmware"), "--usbmuxd", mute, "--jobs", path("mac-jobs"), "--no-hosts"});
  ASSERT_TRUE(in_time_for_a_restore([&pid] { return std::filesystem::exists(pid); }));
  ASSERT_EQ(kill(verb, SIGTERM), 0);
  EXPECT_EQ(end_of(verb), 1);
  EXPECT_EQ(kill(std::stoi(read_file(pid)), 0), -1) << "its usbmuxd still runs, and an engine would follow";
}

TEST_F(MacRestoreVerb, LeavesTheUsbToItsEngineWhenItIsKilledBehindTheGate) {
  RestoreMac& mac = add_mac();
  const pid_t verb = begin_restore(mac, mac.identity().serial);
  ASSERT_TRUE(in_time_for_a_restore([&mac] { return mac.os().starts == 1; }));
  ASSERT_EQ(kill(verb, SIGKILL), 0);
  ASSERT_EQ(waitpid(verb, nullptr, 0), verb);
  EXPECT_EQ(end_of(begin(mac, {"put-back", "--port", "1-4.2"})), 1);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("this machine's USB is owned by the engine of "));
  EXPECT_TRUE(in_time_for_a_restore([&mac] { return mac.stage() == MacBoot::Stage::booted || mac.os().erased; }));
  EXPECT_TRUE(mac.os().erased);
}

}  // namespace
}  // namespace greenroom::test
