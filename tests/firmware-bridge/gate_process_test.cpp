#include "firmware-bridge/gate_process.hpp"

#include <gmock/gmock.h>

#include "tests/support/job_rig.hpp"

namespace greenroom::test {
namespace {

// The gate by itself, as a person would start it.
class GateProcessTest : public JobRig {
 protected:
  struct Ran {
    int code;
    std::string words;
  };
  [[nodiscard]] Ran gate(const std::string& arguments) const {
    FILE* program = popen((gate_program_ + " " + arguments + " 2>&1 </dev/null").c_str(), "r");
    Ran ran{0, {}};
    char line[512];
    while (fgets(line, sizeof line, program) != nullptr) ran.words += line;
    ran.code = WEXITSTATUS(pclose(program));
    return ran;
  }
  [[nodiscard]] Ran gate_of_job() const {
    std::filesystem::create_directories(job_path(7));
    return gate("--job " + job_path(7) + " --upstream " + path("upstream") + " -- " + path("engine"));
  }
  void open_gate() const { write_file(job_path(7, "permit"), ""); }
  [[nodiscard]] Result<ExitRecord> end() {
    EXPECT_TRUE(eventually([this] { return std::filesystem::exists(job_path(7, "exit")); }));
    return parse_exit(read_file(job_path(7, "exit")));
  }
  [[nodiscard]] std::int32_t gate_pid() const { return gate_of(job_path(7)).gate.pid; }
};

TEST_F(GateProcessTest, ComesBackWhenTheEngineRunsAndKeepsItsOutputAndItsEnd) {
  engine_does("pause a; echo out; echo err >&2; exit 7");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_TRUE(lives(gate_of(job_path(7)).engine));
  go("a");
  EXPECT_EQ(end()->code, 7);
  EXPECT_EQ(read_file(job_path(7, "stdout")), "out\n");
  EXPECT_EQ(read_file(job_path(7, "stderr")), "err\n");
}

TEST_F(GateProcessTest, ASecondGateForOneJobIsTurnedAway) {
  engine_does("echo once >> " + path("starts") + "; pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(gate_of_job().code, 2);
  go("a");
  EXPECT_EQ(end()->code, 0);
  const Ran again = gate_of_job();
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.words, testing::HasSubstr(job_path(7) + ": "));
  EXPECT_EQ(read_file(path("starts")), "once\n");
}

TEST_F(GateProcessTest, OfManyGatesAtOnceOneStartsTheEngine) {
  engine_does("echo once >> " + path("starts") + "; pause a");
  std::filesystem::create_directories(job_path(7));
  const std::string command = gate_program_ + " --job " + job_path(7) + " --upstream /x -- " + path("engine") + " 2>&1";
  std::vector<FILE*> racers(6);
  for (FILE*& racer : racers) racer = popen(command.c_str(), "r");
  std::vector<int> codes;
  for (FILE* racer : racers) codes.push_back(WEXITSTATUS(pclose(racer)));
  EXPECT_THAT(codes, testing::UnorderedElementsAre(0, 2, 2, 2, 2, 2));
  go("a");
  EXPECT_EQ(end()->code, 0);
  EXPECT_EQ(read_file(path("starts")), "once\n");
}

TEST_F(GateProcessTest, ADiskWithoutRoomIsSaidBeforeTheEngineStarts) {
  engine_does("echo once >> " + path("starts"));
  std::filesystem::create_directories(job_path(7));
  // A file may grow to one block of 1024 bytes (POSIX, ulimit -f: 512-byte units; bash: 1024).
  const std::string full = "bash -c \"trap '' XFSZ; ulimit -f 1; exec " + gate_program_ + " --job " + job_path(7) +
                           " --upstream /x -- " + path("engine") + "\" 2>&1";
  FILE* program = popen(full.c_str(), "r");
  std::string words(1000, '\0');
  words.resize(fread(words.data(), 1, words.size(), program));
  EXPECT_EQ(WEXITSTATUS(pclose(program)), 1);
  EXPECT_THAT(words, testing::HasSubstr(job_path(7) + ": exit.new cannot be written"));
  EXPECT_FALSE(std::filesystem::exists(path("starts")));
}

TEST_F(GateProcessTest, WrongUseSaysWhatIsMissing) {
  EXPECT_THAT(gate("--upstream /x -- /bin/true").words, testing::HasSubstr("--job DIR is missing"));
  EXPECT_THAT(gate("--job /x -- /bin/true").words, testing::HasSubstr("one of --upstream SOCKET and --usbmuxd PROGRAM"));
  EXPECT_THAT(gate("--job /x --upstream /y --usbmuxd z -- /bin/true").words, testing::HasSubstr("one of --upstream"));
  EXPECT_THAT(gate("--job /x --upstream /y").words, testing::HasSubstr("the engine is missing"));
  EXPECT_THAT(gate("--job /x --upstream").words, testing::HasSubstr("--upstream needs a value"));
  EXPECT_THAT(gate("--permit now").words, testing::HasSubstr("no option --permit"));
  EXPECT_EQ(gate("--permit now").code, 2);
}

TEST_F(GateProcessTest, ADirectoryThatIsNotThereIsNamed) {
  const Ran ran = gate("--job /nowhere/7 --upstream /x -- /bin/true");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.words, testing::HasSubstr("/nowhere/7 cannot be entered: No such file or directory"));
}

TEST_F(GateProcessTest, TheSocketIsThereBeforeTheEngine) {
  engine_does("test -S ../gate.sock && echo there");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(end()->code, 0);
  EXPECT_EQ(read_file(job_path(7, "stdout")), "there\n");
}

TEST_F(GateProcessTest, WhoTheyAreIsWrittenDownBeforeTheEngineRuns) {
  engine_does("cat ../gate.json");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(end()->code, 0);
  EXPECT_TRUE(parse_gate(read_file(job_path(7, "stdout"))));
}

TEST_F(GateProcessTest, IsASessionOfItsOwnThatPoliteSignalsDoNotEnd) {
  engine_does("pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(getsid(gate_pid()), gate_pid());
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) kill(gate_pid(), number);
  go("a");
  EXPECT_EQ(end()->code, 0);
}

TEST_F(GateProcessTest, WithoutItsGateTheEngineDiesThoughNobodyLooks) {
  engine_does("trap '' TERM HUP INT; pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  const GateRecord record = gate_of(job_path(7));
  kill_gate(record);
  EXPECT_TRUE(eventually([&record] { return !lives(record.engine); }));
  EXPECT_FALSE(std::filesystem::exists(job_path(7, "exit")));
}

TEST_F(GateProcessTest, AnEngineEndedByASignalIsSaidToBe) {
  engine_does("kill -KILL $$");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(end()->signal, SIGKILL);
}

TEST_F(GateProcessTest, PoliteSignalsReachTheEngineAsUsual) {
  engine_does("kill -TERM $$; pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(end()->signal, SIGTERM);
}

TEST_F(GateProcessTest, WhatTheEngineStartedEndsWithIt) {
  engine_does("( pause a ) & echo $! > ../child; exit 0");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(end()->code, 0);
  const int child = std::stoi(read_file(job_path(7, "child")));
  EXPECT_TRUE(eventually([child] { return !process_id(child); }));
}

TEST_F(GateProcessTest, WhatTheEngineUnpackedIsRemovedWhenItHasEndedAndItsLogsStay) {
  write_file(path("elsewhere"), "not the engine's");
  engine_does("echo image >os.dmg; mkdir -p all/of; echo it >all/of/it; ln -s " + path("elsewhere") +
              " link; echo words >restore_1.log; exit 3");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(end()->code, 3);
  EXPECT_TRUE(eventually([this] { return !std::filesystem::exists(job_path(7, "gate.sock")); }));
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(job_path(7, "work"))) left.push_back(entry.path().filename());
  EXPECT_THAT(left, testing::ElementsAre("restore_1.log"));
  EXPECT_EQ(read_file(path("elsewhere")), "not the engine's");
}

TEST_F(GateProcessTest, WhatTheEngineLeftIsNotMistakenForItsEnd) {
  engine_does("exit 3");
  EXPECT_EQ(gate_of_job().code, 0);
  EXPECT_EQ(end()->code, 3);
  EXPECT_FALSE(std::filesystem::exists(job_path(7, "exit.new")));
  EXPECT_TRUE(eventually([this] { return !std::filesystem::exists(job_path(7, "gate.sock")); }));
}

// ---- the relay --------------------------------------------------------------------------------------------------------

TEST_F(GateProcessTest, APermitThatIsThereFromTheStartOpensAtOnce) {
  engine_does("pause a");
  std::filesystem::create_directories(job_path(7));
  open_gate();
  EXPECT_EQ(gate_of_job().code, 0);
  const Fd upstream = listen_upstream();
  const Fd client = connect_gate(7);
  send(client, "hello");
  EXPECT_EQ(receive(accept_from(upstream), 5), "hello");
}

TEST_F(GateProcessTest, EachSideMayEndItsHalfFirst) {
  engine_does("pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  open_gate();
  const Fd upstream = listen_upstream();
  const Fd client = connect_gate(7);
  send(client, "question");
  shutdown(client.get(), SHUT_WR);
  const Fd partner = accept_from(upstream);
  EXPECT_EQ(receive(partner, 100), "question");  // to its end
  send(partner, "answer");
  shutdown(partner.get(), SHUT_WR);
  EXPECT_EQ(receive(client, 100), "answer");
}

TEST_F(GateProcessTest, CarriesMuchMoreThanItHoldsByteForByte) {
  engine_does("pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  open_gate();
  const Fd upstream = listen_upstream();
  const Fd client = connect_gate(7);
  const Fd partner = accept_from(upstream);
  std::string sent(8 << 20, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 + i / 4096);

  // The reader is slow: it begins when the gate takes no more.
  std::size_t written = 0;
  std::string received;
  const auto write_on = [&] {
    while (written < sent.size()) {
      const ssize_t n = write(client.get(), sent.data() + written, sent.size() - written);
      if (n <= 0) return;
      written += static_cast<std::size_t>(n);
    }
  };
  write_on();
  ASSERT_TRUE(eventually([&] {
    const std::size_t before = written;
    write_on();
    return written == before;
  }));
  EXPECT_LT(written, sent.size());
  while (received.size() < sent.size()) {
    write_on();
    const std::string part = receive(partner, 65536);
    if (part.empty()) break;
    received += part;
  }
  EXPECT_TRUE(received == sent);
}

TEST_F(GateProcessTest, WithoutAnUpstreamTheConnectionEndsAndTheLogSaysWhy) {
  engine_does("pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  open_gate();
  const Fd client = connect_gate(7);
  EXPECT_TRUE(at_end(client));
  EXPECT_THAT(read_file(job_path(7, "gate.log")), testing::HasSubstr("socket " + path("upstream") + " cannot be reached"));
}

TEST_F(GateProcessTest, WhenTheUpstreamEndsTheEngineSeesIt) {
  engine_does("pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  open_gate();
  const Fd upstream = listen_upstream();
  const Fd client = connect_gate(7);
  { const Fd partner = accept_from(upstream); }
  EXPECT_TRUE(at_end(client));
}

TEST_F(GateProcessTest, WhoHangsUpAtAShutGateIsLetGo) {
  engine_does("pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  const auto pid = gate_pid();
  for (int n = 0; n < 3; ++n) {
    const Fd client = connect_gate(7);
    send(client, "anybody?");
    EXPECT_TRUE(eventually([pid] { return sockets_of(pid) == 2; }));
  }
  EXPECT_TRUE(eventually([pid] { return sockets_of(pid) == 1; }));
}

TEST_F(GateProcessTest, WhenTheEngineEndsSoDoItsConnections) {
  engine_does("pause a");
  EXPECT_EQ(gate_of_job().code, 0);
  open_gate();
  const Fd upstream = listen_upstream();
  const Fd client = connect_gate(7);
  const Fd partner = accept_from(upstream);
  go("a");
  EXPECT_TRUE(at_end(partner));
  EXPECT_TRUE(at_end(client));
}

TEST_F(GateProcessTest, AnUpstreamWithAVeryLongPathIsReached) {
  const std::string deep = path(std::string(120, 'u'));
  std::filesystem::create_directories(deep);
  engine_does("pause a");
  const Fd upstream = listen_upstream();
  std::filesystem::rename(path("upstream"), deep + "/upstream");
  std::filesystem::create_directories(job_path(7));
  EXPECT_EQ(gate("--job " + job_path(7) + " --upstream " + deep + "/upstream -- " + path("engine")).code, 0);
  open_gate();
  const Fd client = connect_gate(7);
  send(client, "hello");
  EXPECT_EQ(receive(accept_from(upstream), 5), "hello");
}

}  // namespace
}  // namespace greenroom::test
