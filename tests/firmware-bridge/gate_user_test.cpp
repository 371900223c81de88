#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/support/job_rig.hpp"

// Engines that run as their slot's user (rules.md R9). Only root can try it: without, these tests fail and say so.
namespace greenroom::test {
namespace {

constexpr std::uint32_t slot_user = 60007;  // of nobody: no name is needed

class GateUserTest : public JobRig {
 protected:
  void SetUp() override {
    ASSERT_EQ(geteuid(), 0U) << "not run: only root can start an engine as another user";
    std::filesystem::permissions(root_, std::filesystem::perms{0711});  // where that user finds its engine
    as_slot_user();
  }
  void as_slot_user() {
    engine_.reset();
    auto command = [this](const RestoreJob&) {
      EngineCommand c({path("engine")});
      c.user.emplace("greenroom-3-07", slot_user, slot_user);
      return c;
    };
    EngineProgram program(command, {gate_program_}, path("upstream"));
    engine_ = std::make_unique<ProcessEngine>(loop_.get_executor(), *clock_, path("jobs"), std::move(program));
  }
  // The script of engine_does, open to that user.
  void user_engine_does(const std::string& script) {
    engine_does(script);
    chmod(path("engine").c_str(), 0755);
    for (const char* fifo : {"a", "b"}) chmod(path(fifo).c_str(), 0666);
  }
  [[nodiscard]] std::string said() const { return read_file(job_path(7, "stdout")); }
};

TEST_F(GateUserTest, AnEngineIsItsSlotsUserWithoutGroupsAndForGood) {
  user_engine_does("grep -E '^(Uid|Gid|Groups|CapPrm|CapAmb|NoNewPrivs):' /proc/$$/status");
  start(7);
  attach(7);
  EXPECT_EQ(said(),
            "Uid:\t60007\t60007\t60007\t60007\nGid:\t60007\t60007\t60007\t60007\nGroups:\t \nCapPrm:\t0000000000000000\n"
            "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
}

TEST_F(GateUserTest, TheRecordNamesWhomItRunsAs) {
  user_engine_does("say success");
  start(7);
  attach(7);
  const auto record = parse_job(read_file(job_path(7, "job.json")));
  ASSERT_TRUE(record && record->user);
  EXPECT_EQ(record->user->name, "greenroom-3-07");
  EXPECT_EQ(record->user->uid, slot_user);
}

TEST_F(GateUserTest, ItWritesInItsWorkDirectoryAndNowhereElseInTheJobs) {
  user_engine_does(
      "for name in it ../permit ../exit ../job.json ../stdout ../8; do (: >$name) 2>/dev/null && echo $name; done");
  start(7);
  attach(7);
  EXPECT_EQ(said(), "it\n");
  EXPECT_FALSE(std::filesystem::exists(job_path(7, "permit")));
}

TEST_F(GateUserTest, WhatItUnpackedIsRemovedThoughItIsAnotherUsers) {
  user_engine_does("echo image >os.dmg; mkdir all; echo it >all/it; chmod 0700 . all");
  start(7);
  attach(7);
  EXPECT_TRUE(eventually([this] { return std::filesystem::is_empty(job_path(7, "work")); }));
}

TEST_F(GateUserTest, ItReadsNothingOfTheJobs) {
  user_engine_does("cat ../job.json ../gate.json ../stderr; ls ..; ls ../..; pause a");
  start(7);
  go("a");
  attach(7);
  EXPECT_EQ(said(), "");
}

TEST_F(GateUserTest, ItReachesItsGatesSocket) {
  user_engine_does(
      "python3 -c 'import socket, os\ns = socket.socket(socket.AF_UNIX)\n"
      "s.connect(os.environ[\"USBMUXD_SOCKET_ADDRESS\"][5:])\ns.sendall(b\"hello\")\nprint(s.recv(6).decode())'");
  const Fd upstream = listen_upstream();
  start(7);
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  const Fd joined = accept_from(upstream);
  EXPECT_EQ(receive(joined, 5), "hello");
  send(joined, "answer");
  attach(7);
  EXPECT_EQ(said(), "answer\n");
}

TEST_F(GateUserTest, ItCannotEndItsGate) {
  user_engine_does("kill -9 $PPID; pause a");
  start(7);
  const GateRecord record = gate_of(job_path(7));
  EXPECT_TRUE(eventually([this] { return read_file(job_path(7, "stderr")).find("not permitted") != std::string::npos; }));
  EXPECT_TRUE(lives(record.gate));
}

TEST_F(GateUserTest, ItDiesWithItsGateThoughItIsAnotherUser) {
  user_engine_does("pause a");
  start(7);
  const GateRecord record = gate_of(job_path(7));
  kill_gate(record);
  EXPECT_TRUE(eventually([&record] { return !lives(record.engine); }));
}

TEST_F(GateUserTest, StopEndsItAndWhatItStarted) {
  user_engine_does("(pause b) & echo $!; pause a");
  start(7);
  ASSERT_TRUE(eventually([this] { return !said().empty(); }));
  const std::int32_t child = std::stoi(said());
  ASSERT_TRUE(run(engine_->stop(JobId{7})));
  EXPECT_FALSE(lives(gate_of(job_path(7)).engine));
  EXPECT_TRUE(eventually([child] { return !process_id(child); }));
}

// The gate as the service's own user, with the capabilities of config/systemd/greenroom.service and without.
class CapableGateTest : public GateUserTest {
 protected:
  void SetUp() override {
    GateUserTest::SetUp();
    std::filesystem::create_directories(job_path(7));
    for (const std::string& place : {path("jobs"), job_path(7)}) {
      ASSERT_EQ(chown(place.c_str(), 60001, 60001), 0);
      chmod(place.c_str(), 0700);
    }
  }
  [[nodiscard]] std::string gate_with(const std::string& capabilities) const {
    std::string command = "setpriv --reuid 60001 --regid 60001 --clear-groups --no-new-privs ";
    if (!capabilities.empty()) command += "--inh-caps " + capabilities + " --ambient-caps " + capabilities + " ";
    command += gate_program_ + " --job " + job_path(7) + " --upstream " + path("upstream") + " --user 60007:60007 -- " +
               path("engine") + " 2>&1 </dev/null";
    FILE* program = popen(command.c_str(), "r");
    std::string words(4096, '\0');
    words.resize(fread(words.data(), 1, words.size(), program));
    return words + "exit code " + std::to_string(WEXITSTATUS(pclose(program)));
  }
};

TEST_F(CapableGateTest, TheCapabilitiesOfTheUnitAreEnoughAndTheEngineKeepsNone) {
  user_engine_does("grep -E '^(Uid|CapPrm|CapAmb):' /proc/$$/status; (pause b) & pause a");
  EXPECT_EQ(gate_with("+chown,+kill,+setgid,+setuid"), "exit code 0");
  ASSERT_TRUE(eventually([this] { return said().find("CapAmb") != std::string::npos; }));
  EXPECT_EQ(said(), "Uid:\t60007\t60007\t60007\t60007\nCapPrm:\t0000000000000000\nCapAmb:\t0000000000000000\n");
  const GateRecord record = gate_of(job_path(7));
  kill_gate(record);
  EXPECT_TRUE(eventually([&record] { return !lives(record.engine); }));
}

TEST_F(CapableGateTest, WithoutACapabilityNothingIsStartedAndItIsNamed) {
  user_engine_does("echo once >> " + path("starts"));
  EXPECT_THAT(gate_with(""), testing::AllOf(testing::HasSubstr("lacks CAP_CHOWN, CAP_KILL, CAP_SETGID, CAP_SETUID"),
                                            testing::HasSubstr("one restore at a time"), testing::HasSubstr("exit code 1")));
  EXPECT_THAT(gate_with("+chown,+setgid,+setuid"), testing::HasSubstr("lacks CAP_KILL;"));
  EXPECT_FALSE(std::filesystem::exists(job_path(7, "gate.json")));
  EXPECT_FALSE(std::filesystem::exists(path("starts")));
}

TEST_F(CapableGateTest, RootIsNoFence) {
  for (const char* user : {"0:0", "60007:0", "0:60007", "60007", "60007:", "x:y", "60007:60007:1", "-1:5"}) {
    const std::string command =
        gate_program_ + " --job " + job_path(7) + " --upstream /x --user " + user + " -- /bin/true 2>&1";
    FILE* program = popen(command.c_str(), "r");
    std::string words(1000, '\0');
    words.resize(fread(words.data(), 1, words.size(), program));
    EXPECT_EQ(WEXITSTATUS(pclose(program)), 2) << user;
    EXPECT_THAT(words, testing::HasSubstr("--user takes UID:GID, neither of them 0")) << user;
  }
}

}  // namespace
}  // namespace greenroom::test
