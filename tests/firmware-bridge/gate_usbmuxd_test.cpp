#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/support/job_rig.hpp"

// The job's own usbmuxd: started by the gate before the engine, and out of that engine's reach (rules.md R4, R9).
namespace greenroom::test {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t slot_user = 60007;

class GateUsbmuxdTest : public JobRig {
 protected:
  GateUsbmuxdTest() { with_user(std::nullopt); }
  void with_user(std::optional<EngineUser> user) {
    engine_.reset();
    auto command = [this, user](const RestoreJob&) {
      EngineCommand c({path("engine")});
      c.usbmuxd = {path("usbmuxd"), "--socket"};
      c.user = user;
      return c;
    };
    engine_ = std::make_unique<ProcessEngine>(loop_.get_executor(), *clock_, path("jobs"),
                                              EngineProgram(command, {gate_program_}, ""));
  }
  void usbmuxd_is(const std::string& script) {
    write_file(path("usbmuxd"), script + "\n");
    chmod(path("usbmuxd").c_str(), 0755);
  }
  // As the real one: its socket is open to all, and each question is answered with a packet of its protocol.
  void usbmuxd_answers() {
    usbmuxd_is(
        "#!/usr/bin/env python3\nimport os, socket, struct\n"
        "open('pid', 'w').write(str(os.getpid()))\n"
        "s = socket.socket(socket.AF_UNIX)\ns.bind('../mux/usbmuxd')\nos.chmod('../mux/usbmuxd', 0o666)\ns.listen(8)\n"
        "while True:\n"
        "  c = s.accept()[0]\n"
        "  size = struct.unpack('<4I', c.recv(16))[0]\n"
        "  open('asked', 'a').write(c.recv(size).decode())\n"
        "  c.sendall(struct.pack('<4I', 16, 1, 8, 1))");
  }
  [[nodiscard]] std::string said() const { return read_file(job_path(7, "stdout")); }
  [[nodiscard]] std::int32_t usbmuxd_pid() const { return std::stoi(read_file(job_path(7, "usbmuxd/pid"))); }
  [[nodiscard]] std::string not_started() {
    const auto started = run(engine_->start(a_job(7)));
    EXPECT_FALSE(started);
    EXPECT_FALSE(std::filesystem::exists(path("starts")));
    EXPECT_FALSE(std::filesystem::exists(job_path(7, "gate.json")));
    EXPECT_THAT(attach(7).cause, HasSubstr("never started"));
    const auto record = parse_exit(read_file(job_path(7, "exit")));
    return record ? record->not_started : record.error().message;
  }
};

TEST_F(GateUsbmuxdTest, TheEngineStartsWhenItHasAnswered) {
  usbmuxd_answers();
  engine_does("cat ../usbmuxd/asked");
  start(7);
  attach(7);
  EXPECT_THAT(said(), HasSubstr("<string>ListDevices</string>"));
}

TEST_F(GateUsbmuxdTest, AShutGateIsSilentAndAPermitJoinsIt) {
  usbmuxd_answers();
  engine_does("pause a");
  start(7);
  const std::string question = std::string("\x14\0\0\0\1\0\0\0\x8\0\0\0\1\0\0\0", 16) + "mine";
  const Fd client = connect_gate(7);
  send(client, question);
  const auto gate = gate_of(job_path(7)).gate.pid;
  EXPECT_TRUE(eventually([gate] { return sockets_of(gate) == 2; }));  // the listener and the client: nothing leads on
  EXPECT_THAT(read_file(job_path(7, "usbmuxd/asked")), testing::Not(HasSubstr("mine")));
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  EXPECT_EQ(receive(client, 4), std::string("\x10\0\0\0", 4));
  EXPECT_THAT(read_file(job_path(7, "usbmuxd/asked")), HasSubstr("mine"));
}

TEST_F(GateUsbmuxdTest, ItEndsWithTheEngine) {
  usbmuxd_answers();
  engine_does("pause a");
  start(7);
  const std::int32_t pid = usbmuxd_pid();
  ASSERT_TRUE(process_id(pid));
  go("a");
  attach(7);
  EXPECT_FALSE(process_id(pid));
}

TEST_F(GateUsbmuxdTest, ItDiesWithItsGate) {
  usbmuxd_answers();
  engine_does("pause a");
  start(7);
  const std::int32_t pid = usbmuxd_pid();
  kill_gate(gate_of(job_path(7)));
  EXPECT_TRUE(eventually([pid] { return !process_id(pid); }));
}

TEST_F(GateUsbmuxdTest, OneThatIsMissingIsNamedAndNothingStarts) {
  engine_does("echo once >> " + path("starts"));
  EXPECT_THAT(not_started(), HasSubstr("usbmuxd " + path("usbmuxd") + " cannot be started: No such file or directory"));
}

TEST_F(GateUsbmuxdTest, OneThatEndsIsNamedWithItsLastWords) {
  engine_does("echo once >> " + path("starts"));
  usbmuxd_is("#!/bin/sh\necho starting up\necho no USB here >&2\nexit 3");
  EXPECT_THAT(not_started(), HasSubstr("ended with exit code 3 before it answered, and it said: no USB here; "));
}

TEST_F(GateUsbmuxdTest, OneThatTakesConnectionsAndNeverAnswersIsEndedAndNothingStarts) {
  engine_does("echo once >> " + path("starts"));
  usbmuxd_is(
      "#!/usr/bin/env python3\nimport os, socket, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
      "open('pid', 'w').write(str(os.getpid()))\n"
      "s = socket.socket(socket.AF_UNIX)\ns.bind('../mux/usbmuxd')\ns.listen(8)\nsignal.pause()");
  EXPECT_THAT(not_started(), HasSubstr("does not answer at mux/usbmuxd within 10 s, and it said nothing; "));
  EXPECT_FALSE(process_id(usbmuxd_pid()));
}

// ---- as the slot's user: only root can try it; without, these tests fail and say so
// ---------------------------------------

class GateUsbmuxdUserTest : public GateUsbmuxdTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(geteuid(), 0U) << "not run: only root can start programs as another user";
    std::filesystem::permissions(root_, std::filesystem::perms{0711});
    with_user(EngineUser("greenroom-3-07", slot_user, slot_user));
  }
  void user_engine_does(const std::string& script) {
    engine_does(script);
    chmod(path("engine").c_str(), 0755);
    for (const char* fifo : {"a", "b"}) chmod(path(fifo).c_str(), 0666);
  }
};

TEST_F(GateUsbmuxdUserTest, ItIsTheSlotsUserAndTheEngineReachesItThroughTheGateAlone) {
  usbmuxd_answers();
  user_engine_does(
      "python3 -c 'import socket, struct, os\n"
      "def ask(where):\n  s = socket.socket(socket.AF_UNIX)\n  s.connect(where)\n"
      "  s.sendall(struct.pack(\"<4I\", 17, 1, 8, 1) + b\"x\")\n  return len(s.recv(16))\n"
      "try: ask(\"../mux/usbmuxd\")\nexcept OSError as e: print(e.strerror)\n"
      "print(ask(os.environ[\"USBMUXD_SOCKET_ADDRESS\"][5:]))'");
  start(7);
  EXPECT_THAT(read_file("/proc/" + std::to_string(usbmuxd_pid()) + "/status"),
              HasSubstr("Uid:\t60007\t60007\t60007\t60007\nGid:\t60007\t60007\t60007\t60007\n"));
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  attach(7);
  EXPECT_EQ(said(), "Permission denied\n16\n");
}

TEST_F(GateUsbmuxdUserTest, ItDiesWithItsGateThoughItIsAnotherUser) {
  usbmuxd_answers();
  user_engine_does("pause a");
  start(7);
  const std::int32_t pid = usbmuxd_pid();
  kill_gate(gate_of(job_path(7)));
  EXPECT_TRUE(eventually([pid] { return !process_id(pid); }));
}

TEST_F(GateUsbmuxdUserTest, TheCapabilitiesOfTheUnitAreEnough) {
  usbmuxd_answers();
  user_engine_does("pause a");
  std::filesystem::create_directories(job_path(7));
  for (const std::string& place : {path("jobs"), job_path(7)}) ASSERT_EQ(chown(place.c_str(), 60001, 60001), 0);
  const std::string caps = "+chown,+kill,+setgid,+setuid";
  const std::string command = "setpriv --reuid 60001 --regid 60001 --clear-groups --no-new-privs --inh-caps " + caps +
                              " --ambient-caps " + caps + " " + gate_program_ + " --job " + job_path(7) + " --usbmuxd " +
                              path("usbmuxd") + " --user 60007:60007 -- " + path("engine") + " 2>&1 </dev/null";
  FILE* program = popen(command.c_str(), "r");
  std::string words(4096, '\0');
  words.resize(fread(words.data(), 1, words.size(), program));
  EXPECT_EQ(WEXITSTATUS(pclose(program)), 0) << words;
  const std::int32_t pid = usbmuxd_pid();
  EXPECT_TRUE(lives(gate_of(job_path(7)).engine));
  kill_gate(gate_of(job_path(7)));
  EXPECT_TRUE(eventually([pid] { return !process_id(pid); }));
}

// Debian's own, 1.1.1, knows no --socket: a mount namespace puts its /var/run/usbmuxd where the gate looks.
TEST_F(GateUsbmuxdTest, DebiansUsbmuxdAnswersAndListsItsDevicesThroughTheGate) {
  ASSERT_EQ(geteuid(), 0U) << "not run: only root can make a mount namespace";
  usbmuxd_is("#!/bin/sh\nexec unshare -m sh -c 'mount --bind ../mux /run && exec /usr/sbin/usbmuxd -f -p'");
  engine_does(
      "python3 -c 'import socket, struct, os\n"
      "body = b\"<plist version=\\\"1.0\\\"><dict><key>MessageType</key><string>ListDevices</string></dict></plist>\"\n"
      "s = socket.socket(socket.AF_UNIX)\ns.connect(os.environ[\"USBMUXD_SOCKET_ADDRESS\"][5:])\n"
      "s.sendall(struct.pack(\"<4I\", 16 + len(body), 1, 8, 1) + body)\n"
      "print(s.recv(65536)[16:].decode())'");
  const auto started = run(engine_->start(a_job(7)));
  ASSERT_TRUE(started) << started.error().message;
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  attach(7);
  EXPECT_THAT(said(), HasSubstr("<key>DeviceList</key>"));
}

TEST_F(GateUsbmuxdTest, DebiansUsbmuxdIsRefusedWhereItIsAskedForASocketOfItsOwn) {
  engine_does("echo once >> " + path("starts"));
  usbmuxd_is("#!/bin/sh\nexec /usr/sbin/usbmuxd -f --socket ../mux/usbmuxd 2>&1 >/dev/null");
  EXPECT_THAT(not_started(), HasSubstr("it said: /usr/sbin/usbmuxd: unrecognized option '--socket'"));
}

}  // namespace
}  // namespace greenroom::test
