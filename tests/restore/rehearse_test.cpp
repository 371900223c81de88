// `greenroom mac rehearse` as a person goes through it, with Debian's idevicerestore 1.0.0, on a model T2 Mac at a metered
// outlet.
#include <gmock/gmock.h>

#include "hw/base/file_lock.hpp"
#include "tests/support/mac_verb_rig.hpp"

namespace greenroom::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// By its board, the model Mac is this one (config/macs.toml).
constexpr const char* model = "MacBookPro15,2";

class Rehearsal : public MacVerbRig {
 protected:
  Rehearsal() {
    mkfifo(path("answers").c_str(), 0600);
    answers_ = Fd(open(path("answers").c_str(), O_RDWR | O_CLOEXEC));
    write_room("waveshare-relay-8");  // which meters nothing
  }
  void write_room(const std::string& dialect) {
    write_file(path("room.toml"), R"([room]
name = "one"
controller_host = "host"
[[circuit]]
name = "branch"
kind = "breaker"
rating_A = 20
voltage_V = 120
dedicated = true
[[pdu]]
name = "left"
dialect = ")" + dialect + R"("
line = "pty:)" + path("pdu") + R"("
circuit = "branch"
outlets = 8
power_on = "all_off"
[[infrastructure]]
name = "host"
kind = "controller_host"
[[slot]]
name = "1-01"
bench = "b"
kind = "restore"
data_port = "host/1-4.2"
dfu_entry = "by_hand"
outlet = "left:1"
brick = "apple-140"
)");
  }
  // A PDU whose outlet 1 feeds the Mac with half an ampere.
  void plug_into_pdu() {
    write_room("baytech-mmp");
    const std::vector<std::string> device{"--dialect", "baytech-mmp", "--outlets", "8"};
    std::vector<std::string> words{GREENROOM_PROGRAM, "pdu", "model", "--link", path("pdu"),
                                   "--load",          "0.5", "--for", "300"};
    words.insert(words.end(), device.begin(), device.end());
    spawn_program(words);
    ASSERT_TRUE(eventually([this] { return std::filesystem::exists(path("pdu")); }));
    words = {GREENROOM_PROGRAM, "pdu", "set", "1", "on", "--line", "pty:" + path("pdu")};
    words.insert(words.end(), device.begin(), device.end());
    ASSERT_EQ(end_of(spawn_program(words)), 0) << read_file(path("stderr"));
  }
  pid_t begin_rehearsal(RestoreMac& mac, const std::string& serial) {
    std::filesystem::remove(path("stderr"));
    std::filesystem::remove(path("stdout"));
    answers_at_ = path("answers");
    return begin(mac, {"rehearse", "--room", path("room.toml"), "--slot", "1-01", "--data", path("data"), "--serial", serial,
                       "--folder", path("firmware"), "--usbmuxd-socket", path("upstream"), "--no-hosts", "--shut-for", "30",
                       "--json"});
  }
  // The person at the bench, who does once each time what the verb asks for.
  struct Person {
    const char* says = "yes";  // of the data
    std::size_t keys = 0, restarts = 0, answers = 0, boots = 0;
  };
  static std::size_t times(const std::string& text, const std::string& words) {
    std::size_t n = 0;
    for (auto at = text.find(words); at != text.npos; at = text.find(words, at + 1)) ++n;
    return n;
  }
  bool act(RestoreMac& mac, Person& person, bool ended) {
    const std::string asked = read_file(path("stderr"));
    if (mac.moving()) return ended;
    if (times(asked, "then at once hold") > person.keys && ++person.keys > 0) mac.hold_dfu_keys();
    else if (times(asked, "Hold the Mac's power button") + times(asked, "restart it when") > person.restarts &&
             ++person.restarts > 0)
      mac.restart();
    else if (times(asked, "Type yes or no") > person.answers && ++person.answers > 0)
      send(answers_, std::string(person.says) + "\n");
    else if (mac.os().erased && times(asked, "Waiting until the Mac shows") > 1 && person.boots == 0 && ++person.boots > 0)
      mac.restart_restored();
    return ended;
  }
  int rehearse(RestoreMac& mac, Person& person, const std::string& serial) {
    return go_through(mac, person, begin_rehearsal(mac, serial));
  }
  int go_through(RestoreMac& mac, Person& person, pid_t child) {
    int status = 0;
    const auto ended = [&] { return act(mac, person, waitpid(child, &status, WNOHANG) == child); };
    const bool done = in_time_for_a_restore(ended) || in_time_for_a_restore(ended);
    return done && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string sheet(const std::string& name) { return read_file(path("data/rehearsals/") + name); }
  static std::string point(const char* name, const char* result) {
    return std::string(R"({"point":")") + name + R"(","result":")" + result + '"';
  }

  Fd answers_;
};

TEST_F(Rehearsal, PassesWithEveryPointAndKeepsItsSheet) {
  plug_into_pdu();
  RestoreMac& mac = add_mac();
  Person person;
  ASSERT_EQ(rehearse(mac, person, mac.identity().serial), 0) << read_file(path("stderr"));
  const std::string kept = sheet(std::string(model) + ".json");
  EXPECT_EQ(kept, read_file(path("stdout")));
  for (const char* name :
       {"dfu", "draw_in_dfu", "serial", "shut_gate", "draw_in_restore", "put_back", "data", "erased", "boots", "own_port"})
    EXPECT_THAT(kept, HasSubstr(point(name, "passed")));
  EXPECT_THAT(kept, AllOf(HasSubstr(R"("passed":true)"), HasSubstr(R"("median_A":0.5)"), HasSubstr("CHECKPOINT_ID 1567"),
                          HasSubstr(R"("engine":"1.0.0")")));
  EXPECT_EQ(mac.os().starts, 1);
  EXPECT_TRUE(mac.os().erased);
  EXPECT_THAT(read_file(path("data/rehearsals/runs/approvals.jsonl")), HasSubstr(R"("does":"rehearse: erase and restore")"));
}

TEST_F(Rehearsal, PutsAMacOfAnotherSerialBackAndKeepsNoSheetThatPassed) {
  RestoreMac& mac = add_mac();
  Person person;
  EXPECT_EQ(rehearse(mac, person, "C02WRONG0001"), 1);
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_THAT(sheet(std::string(model) + ".failed.json"),
              AllOf(HasSubstr(point("serial", "failed")), HasSubstr(point("erased", "not reached")),
                    HasSubstr(R"("mac":"it was put back")")));
  EXPECT_FALSE(std::filesystem::exists(path("data/rehearsals/") + model + ".json"));
  EXPECT_TRUE(eventually([&mac] { return mac.stage() == MacBoot::Stage::booted; }));
}

TEST_F(Rehearsal, ErasesNothingWhenAPersonFindsTheDataChanged) {
  RestoreMac& mac = add_mac();
  Person person{"no"};
  EXPECT_EQ(rehearse(mac, person, mac.identity().serial), 1);
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_THAT(sheet(std::string(model) + ".failed.json"),
              AllOf(HasSubstr(point("put_back", "passed")), HasSubstr(point("data", "failed")),
                    HasSubstr(point("draw_in_dfu", "not metered"))));
}

TEST_F(Rehearsal, PutsTheMacBackWhenASignalEndsItBehindTheShutGate) {
  RestoreMac& mac = add_mac();
  Person person;
  const pid_t verb = begin_rehearsal(mac, mac.identity().serial);
  ASSERT_TRUE(in_time_for_a_restore([this] { return times(read_file(path("stderr")), "the gate stays shut") == 1; }));
  ASSERT_EQ(kill(verb, SIGTERM), 0);
  EXPECT_EQ(go_through(mac, person, verb), 1);
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_THAT(sheet(std::string(model) + ".failed.json"),
              AllOf(HasSubstr("ended by a signal"), HasSubstr(R"("mac":"it was put back")")));
  EXPECT_TRUE(eventually([&mac] { return mac.stage() == MacBoot::Stage::booted; }));
}

TEST_F(Rehearsal, LeavesTheMacAsItStandsAtASecondSignal) {
  RestoreMac& mac = add_mac();
  const pid_t verb = begin_rehearsal(mac, mac.identity().serial);
  ASSERT_TRUE(in_time_for_a_restore([this] { return times(read_file(path("stderr")), "the gate stays shut") == 1; }));
  ASSERT_EQ(kill(verb, SIGINT), 0);
  ASSERT_TRUE(
      in_time_for_a_restore([this] { return times(read_file(path("stderr")), "Hold the Mac's power button") == 1; }));
  ASSERT_EQ(kill(verb, SIGINT), 0);
  EXPECT_EQ(end_of(verb), 1);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("ended by a second signal: what was begun stays as it stands"));
  EXPECT_EQ(mac.os().starts, 0);
}

TEST_F(Rehearsal, TouchesNoMacWhoseOutletReadsOff) {
  plug_into_pdu();
  const std::vector<std::string> off{GREENROOM_PROGRAM,    "pdu",       "set",         "1",         "off", "--line",
                                     "pty:" + path("pdu"), "--dialect", "baytech-mmp", "--outlets", "8"};
  ASSERT_EQ(end_of(spawn_program(off)), 0);
  RestoreMac& mac = add_mac();
  Person person;
  EXPECT_EQ(rehearse(mac, person, mac.identity().serial), 1);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("outlet left:1 does not read on"));
  EXPECT_EQ(mac.stage(), MacBoot::Stage::dfu);
  EXPECT_FALSE(std::filesystem::exists(path("data/rehearsals/runs/approvals.jsonl")));
}

TEST_F(Rehearsal, IsRefusedWhileAServiceOwnsTheRoomsData) {
  std::filesystem::create_directory(path("data"));
  const auto service = FileLock::take(path("data/lock"), path("data"), "greenroom serve", "use another --data");
  ASSERT_TRUE(service);
  RestoreMac& mac = add_mac();
  Person person;
  EXPECT_EQ(rehearse(mac, person, mac.identity().serial), 1);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("is owned by greenroom serve"));
  EXPECT_EQ(mac.stage(), MacBoot::Stage::dfu);
}

TEST_F(Rehearsal, FailsWithARestoreOsThatOnlySaysThatAllIsWell) {
  RestoreMac& mac = add_mac();
  mac.os().lies = true;
  Person person;
  EXPECT_EQ(rehearse(mac, person, mac.identity().serial), 1);
  EXPECT_FALSE(mac.os().erased);
  EXPECT_THAT(sheet(std::string(model) + ".failed.json"),
              AllOf(HasSubstr(point("shut_gate", "passed")), HasSubstr(point("erased", "failed")),
                    HasSubstr("never said that it was erased: unconfirmed")));
}

}  // namespace
}  // namespace greenroom::test
