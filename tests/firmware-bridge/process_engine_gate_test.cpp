#include <gmock/gmock.h>
#include <sys/resource.h>

#include "firmware-bridge/process_engine.hpp"
#include "tests/support/job_rig.hpp"

// The gate as the engines' owner sees it, and starts that go wrong.
namespace greenroom::test {
namespace {

using ProcessEngineTest = JobRig;

// ---- the gate ---------------------------------------------------------------------------------------------------------

TEST_F(ProcessEngineTest, AShutGateHoldsInSilenceAndAPermitJoinsAlsoWhoCameBefore) {
  engine_does("pause a");
  start(7);
  const Fd upstream = listen_upstream();
  const Fd early = connect_gate(7);
  send(early, "early");
  // Listener, one held connection, and no third socket that would lead on.
  const auto gate = gate_of(job_path(7)).gate.pid;
  EXPECT_TRUE(eventually([gate] { return sockets_of(gate) == 2; }));
  EXPECT_TRUE(nobody_at(upstream));

  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  const Fd first = accept_from(upstream);
  EXPECT_EQ(receive(first, 5), "early");
  send(first, "answer");
  EXPECT_EQ(receive(early, 6), "answer");

  const Fd late = connect_gate(7);
  send(late, "late");
  EXPECT_EQ(receive(accept_from(upstream), 4), "late");
}

TEST_F(ProcessEngineTest, AShutGateStaysShutWhenTheControllerIsGoneAndCameBack) {
  engine_does("pause a");
  start(7);
  const Fd upstream = listen_upstream();
  engine_.reset();
  const Fd client = connect_gate(7);
  send(client, "hello");
  renew_controller();
  const auto following = beside(engine_->attach(JobId{7}, nullptr));
  const auto gate = gate_of(job_path(7)).gate.pid;
  EXPECT_TRUE(eventually([gate] { return sockets_of(gate) == 2; }));
  EXPECT_TRUE(nobody_at(upstream));
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  EXPECT_EQ(receive(accept_from(upstream), 5), "hello");
}

TEST_F(ProcessEngineTest, AnOpenGateStaysOpenWithoutAController) {
  engine_does("pause a");
  start(7);
  const Fd upstream = listen_upstream();
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  engine_.reset();
  const Fd client = connect_gate(7);
  send(client, "hello");
  EXPECT_EQ(receive(accept_from(upstream), 5), "hello");
}

TEST_F(ProcessEngineTest, APermitTwiceIsHarmless) {
  engine_does("pause a");
  start(7);
  EXPECT_TRUE(run(engine_->permit(JobId{7})));
  renew_controller();
  EXPECT_TRUE(run(engine_->permit(JobId{7})));
}

TEST_F(ProcessEngineTest, AJobThatIsOverGetsNoPermit) {
  engine_does("say success");
  start(7);
  attach(7);
  EXPECT_EQ(run(engine_->permit(JobId{7})).error().code, Errc::refused);
  EXPECT_FALSE(std::filesystem::exists(job_path(7, "permit")));
}

// ---- what goes wrong at the start -------------------------------------------------------------------------------------

TEST_F(ProcessEngineTest, WhereThereIsNoEngineForAJobNothingIsMadeAndTheReasonIsTold) {
  Result<EngineCommand> known = fail(Errc::refused, "no engine for this Mac; build one");
  EngineProgram program([&known](const RestoreJob&) { return known; }, {gate_program_}, path("upstream"));
  engine_ = std::make_unique<ProcessEngine>(loop_.get_executor(), *clock_, path("jobs"), std::move(program));
  const auto started = run(engine_->start(a_job(7)));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::refused);
  EXPECT_EQ(started.error().message, "engine job 7: no engine for this Mac; build one");
  EXPECT_FALSE(std::filesystem::exists(path("jobs")));

  engine_does("say success");  // the id is free: the next start of it goes on
  known = EngineCommand({path("engine")});
  start(7);
  EXPECT_TRUE(attach(7).completed);
}

TEST_F(ProcessEngineTest, AMissingEngineIsNamed) {
  const auto started = run(engine_->start(a_job(7)));
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, testing::HasSubstr(path("engine") + " cannot be started: No such file"));
  EXPECT_THAT(attach(7).cause, testing::HasSubstr("never started"));
}

TEST_F(ProcessEngineTest, AnEngineThatIsNoProgramIsNamed) {
  write_file(path("engine"), "no program");
  EXPECT_THAT(run(engine_->start(a_job(7))).error().message, testing::HasSubstr("Permission denied"));
}

TEST_F(ProcessEngineTest, AMissingGateProgramIsNamed) {
  engine_does("say success");
  gate_program_ = path("nothing");
  renew_controller();
  EXPECT_THAT(run(engine_->start(a_job(7))).error().message, testing::HasSubstr(path("nothing") + " cannot be started"));
  EXPECT_THAT(attach(7).cause, testing::HasSubstr("never started"));
}

TEST_F(ProcessEngineTest, AGateThatEndsAtOnceIsAnErrorWithItsWords) {
  engine_does("say success");
  write_file(path("gate"), "#!/bin/sh\necho the disk is full >&2\nexit 1\n");
  chmod(path("gate").c_str(), 0700);
  gate_program_ = path("gate");
  renew_controller();
  EXPECT_EQ(run(engine_->start(a_job(7))).error().message, "engine job 7: the disk is full");
}

TEST_F(ProcessEngineTest, ADirectoryThatCannotBeMadeIsNamed) {
  write_file(path("jobs"), "a file where the directory should be");
  const auto started = run(engine_->start(a_job(7)));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::storage);
  EXPECT_THAT(started.error().message, testing::HasSubstr(path("jobs/7") + " cannot be made: Not a directory"));
}

TEST_F(ProcessEngineTest, ARecordThatCannotBeWrittenStartsNothingAndLeavesTheIdFree) {
  engine_does("say success");
  signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit full{10, old.rlim_max};  // as a disk with room for ten bytes more
  setrlimit(RLIMIT_FSIZE, &full);
  const auto started = run(engine_->start(a_job(7)));
  setrlimit(RLIMIT_FSIZE, &old);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, testing::HasSubstr("job.json cannot be written"));
  EXPECT_FALSE(std::filesystem::exists(job_path(7)));
  start(7);
  EXPECT_TRUE(attach(7).completed);
}

TEST_F(ProcessEngineTest, TheEngineGetsItsEnvironmentAndOurSocketForUsbmuxds) {
  engine_does("echo \"$GREENROOM_TEST $USBMUXD_SOCKET_ADDRESS\"");
  start(7);
  attach(7);
  EXPECT_EQ(read_file(job_path(7, "stdout")), "yes UNIX:../gate.sock\n");
}

TEST_F(ProcessEngineTest, TheEngineTakesOverNoIgnoredSignalAndNoOpenFileOfOurs) {
  engine_does("readlink /proc/$$/fd/*; kill -USR1 $$; echo still here");
  const Fd ours(open(path("ours").c_str(), O_RDWR | O_CREAT, 0600));  // as a careless library opens it
  signal(SIGUSR1, SIG_IGN);
  start(7);
  signal(SIGUSR1, SIG_DFL);
  EXPECT_THAT(attach(7).cause, testing::HasSubstr("signal 10"));
  EXPECT_THAT(read_file(job_path(7, "stdout")), testing::HasSubstr("/stderr"));
  EXPECT_THAT(read_file(job_path(7, "stdout")), testing::Not(testing::HasSubstr(path("ours"))));
}

TEST_F(ProcessEngineTest, ADeepDataDirectoryWorks) {
  root_ += "/" + std::string(100, 'd') + "/" + std::string(100, 'e');
  std::filesystem::create_directories(root_);
  engine_does("pause a; say success");
  renew_controller();
  start(7);
  const Fd client = connect_gate(7);
  EXPECT_TRUE(client);
  go("a");
  EXPECT_TRUE(attach(7).completed);
  root_ = root_.substr(0, root_.find("/ddd"));
}

}  // namespace
}  // namespace greenroom::test
