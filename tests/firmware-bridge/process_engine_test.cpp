#include "firmware-bridge/process_engine.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "tests/support/job_rig.hpp"

namespace greenroom::test {
namespace {

using ProcessEngineTest = JobRig;

// ---- follow, leave, come back -----------------------------------------------------------------------------------------

TEST_F(ProcessEngineTest, FollowsAnEngineFromItsStartToItsEnd) {
  engine_does("say success");
  start(7);
  std::vector<RestoreProgress> seen;
  const auto outcome =
      run(engine_->attach(JobId{7}, [&seen](const RestoreProgress& progress) { seen.push_back(progress); }));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(outcome->completed) << outcome->cause;
  EXPECT_EQ(outcome->evidence.serial, "C02FK0TESTQ6");
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().stage, RestoreStage::done);
  EXPECT_EQ(seen.back().percent, 100);
}

TEST_F(ProcessEngineTest, ReportsProgressWhileTheEngineRuns) {
  engine_does("echo 'Found device in DFU mode'; echo 'progress: 1 0.250000'; pause a");
  start(7);
  RestoreProgress last;
  const auto following = beside(engine_->attach(JobId{7}, [&last](const RestoreProgress& progress) { last = progress; }));
  EXPECT_TRUE(eventually([&last] { return last.stage == RestoreStage::prepare; }));
  EXPECT_FALSE(following->has_value());
  go("a");
  EXPECT_TRUE(eventually([&following] { return following->has_value(); }));
}

TEST_F(ProcessEngineTest, AnEngineOutlivesItsControllerAndTheNextOneSeesItsEnd) {
  engine_does("pause a; say success");
  start(7);
  renew_controller();
  go("a");
  EXPECT_TRUE(attach(7).completed);
}

TEST_F(ProcessEngineTest, AnEngineThatEndedWhileNobodyLookedIsJudgedByItsFiles) {
  engine_does("say success");
  start(7);
  engine_.reset();
  ASSERT_TRUE(eventually([this] { return std::filesystem::exists(job_path(7, "exit")); }));
  renew_controller();
  EXPECT_TRUE(attach(7).completed);
}

TEST_F(ProcessEngineTest, AnEngineThatFailedWhileNobodyLookedIsJudgedByItsLog) {
  engine_does("say restored-crash; exit 1");
  start(7);
  engine_.reset();
  ASSERT_TRUE(eventually([this] { return std::filesystem::exists(job_path(7, "exit")); }));
  renew_controller();
  const auto outcome = attach(7);
  EXPECT_FALSE(outcome.completed);
  EXPECT_THAT(outcome.cause, testing::HasSubstr("went silent"));
  EXPECT_EQ(outcome.owner, "technician");
}

TEST_F(ProcessEngineTest, TellsTheSameEndAsOftenAsAsked) {
  engine_does("say success");
  start(7);
  EXPECT_TRUE(attach(7).completed);
  EXPECT_EQ(attach(7).evidence.serial, "C02FK0TESTQ6");
}

TEST_F(ProcessEngineTest, TwoMayFollowOneJob) {
  engine_does("pause a; say success");
  start(7);
  const auto first = beside(engine_->attach(JobId{7}, nullptr));
  const auto second = beside(engine_->attach(JobId{7}, nullptr));
  go("a");
  ASSERT_TRUE(eventually([&] { return first->has_value() && second->has_value(); }));
  EXPECT_TRUE((**first)->completed);
  EXPECT_TRUE((**second)->completed);
}

TEST_F(ProcessEngineTest, ALineThatComesInTwoPiecesIsOneLine) {
  engine_does("printf '22:46:03.470    <Info> INFO: device serial number is C02FK0' >&2; pause a; echo TESTQ6 >&2");
  start(7);
  const auto following = beside(engine_->attach(JobId{7}, nullptr));
  ASSERT_TRUE(eventually([this] { return !read_file(job_path(7, "stderr")).empty(); }));
  go("a");
  ASSERT_TRUE(eventually([&following] { return following->has_value(); }));
  EXPECT_EQ((**following)->evidence.serial, "C02FK0TESTQ6");
}

TEST_F(ProcessEngineTest, TheLastLineCountsWithoutItsEnd) {
  engine_does("printf '22:46:03.470    <Info> INFO: device serial number is C02FK0TESTQ6' >&2");
  start(7);
  EXPECT_EQ(attach(7).evidence.serial, "C02FK0TESTQ6");
}

TEST_F(ProcessEngineTest, ALongLogIsReadWhole) {
  engine_does("for n in {1..20000}; do echo 'Uploading:   0.5 of a component that goes on and on'; done; say success");
  start(7);
  EXPECT_TRUE(attach(7).completed);
}

TEST_F(ProcessEngineTest, WhoStopsFollowingLeavesTheEngineAlone) {
  engine_does("pause a; say success");
  start(7);
  const auto following = beside(engine_->attach(JobId{7}, nullptr));
  cancel_all();
  ASSERT_TRUE(following->has_value());
  EXPECT_EQ((*following)->error().code, Errc::cancelled);
  go("a");
  EXPECT_TRUE(attach(7).completed);
}

// ---- once -------------------------------------------------------------------------------------------------------------

TEST_F(ProcessEngineTest, ASecondStartOfOneIdStartsNothing) {
  engine_does("echo once >> " + path("starts") + "; pause a; say success");
  start(7);
  start(7);
  renew_controller();
  start(7);
  go("a");
  EXPECT_TRUE(attach(7).completed);
  start(7);
  EXPECT_EQ(read_file(path("starts")), "once\n");
}

TEST_F(ProcessEngineTest, ARecordThatNoGateTookUpWasNeverStartedAndNeverWillBe) {
  engine_does("echo once >> " + path("starts"));
  std::filesystem::create_directories(job_path(7));
  write_file(job_path(7, "job.json"), print(JobRecord(a_job(7), {path("engine")})));
  const auto outcome = attach(7);
  EXPECT_FALSE(outcome.completed);
  EXPECT_THAT(outcome.cause, testing::HasSubstr("never started"));
  EXPECT_EQ(outcome.evidence.ecid, the_mac);

  const std::string late = gate_program_ + " --job " + job_path(7) + " --upstream /x -- " + path("engine") + " 2>&1";
  FILE* gate = popen(late.c_str(), "r");
  EXPECT_EQ(WEXITSTATUS(pclose(gate)), 2);
  EXPECT_FALSE(std::filesystem::exists(path("starts")));
}

// A controller in a process of its own, ended by force so long after it began to start a job.
void start_and_die(const std::function<std::unique_ptr<ProcessEngine>(asio::io_context&, Clock&)>& make, Duration after) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t controller = fork();
  if (controller == 0) {
    asio::io_context loop;
    const auto clock = make_system_clock(loop.get_executor());
    TaskGroup tasks(loop.get_executor());
    const auto engine = make(loop, *clock);
    const auto work = [](ProcessEngine& e) -> asio::awaitable<void> { static_cast<void>(co_await e.start(a_job(7))); };
    tasks.spawn(work(*engine));
    static_cast<void>(write(ready[1], "!", 1));
    loop.run();
    for (;;) pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  const auto end = std::chrono::steady_clock::now() + after;
  while (std::chrono::steady_clock::now() < end) continue;
  kill(controller, SIGKILL);
  waitpid(controller, nullptr, 0);
}

TEST_F(ProcessEngineTest, AControllerThatDiesAtAnyInstantOfAStartLeavesOneEngineOrNone) {
  engine_does("echo once >> " + path("starts") + "; say success");
  const auto make = [this](asio::io_context& loop, Clock& clock) {
    EngineProgram program([this](const RestoreJob&) { return EngineCommand({path("engine")}); }, {gate_program_}, "/x");
    return std::make_unique<ProcessEngine>(loop.get_executor(), clock, path("jobs"), std::move(program));
  };
  for (const int milliseconds : {0, 1, 3, 8, 20, 40, 80}) {
    end_my_children();  // a gate that goes on its way out, or in
    std::filesystem::remove_all(path("jobs"));
    std::filesystem::remove(path("starts"));
    start_and_die(make, std::chrono::milliseconds{milliseconds});
    const auto outcome = run(engine_->attach(JobId{7}, nullptr));
    if (outcome && outcome->completed) {
      EXPECT_EQ(read_file(path("starts")), "once\n") << milliseconds;
    } else {
      EXPECT_TRUE(!outcome || outcome->cause.find("never started") != std::string::npos) << outcome->cause;
      end_my_children();  // also a gate that was on its way
      EXPECT_FALSE(std::filesystem::exists(path("starts"))) << milliseconds;
    }
  }
}

TEST_F(ProcessEngineTest, AJobWithoutARecordIsRefusedEverywhere) {
  EXPECT_EQ(run(engine_->attach(JobId{7}, nullptr)).error().code, Errc::refused);
  EXPECT_EQ(run(engine_->stop(JobId{7})).error().code, Errc::refused);
  EXPECT_EQ(run(engine_->permit(JobId{7})).error().code, Errc::refused);
}

TEST_F(ProcessEngineTest, GatesOnTheirWayUpAreWaitedForNotSealed) {
  engine_does("say success");
  const auto starting = beside(engine_->start(a_job(7)));
  const auto following = beside(engine_->attach(JobId{7}, nullptr));
  ASSERT_TRUE(eventually([&] { return starting->has_value() && following->has_value(); }));
  EXPECT_TRUE((**following)->completed) << (**following)->cause;
}

// ---- the end by force -------------------------------------------------------------------------------------------------

TEST_F(ProcessEngineTest, StopEndsThatEngineAndNoOther) {
  engine_does("cat " + capture("cancelled.stderr") + " >&2; pause a");
  start(7);
  start(8);
  const auto stopped = run(engine_->stop(JobId{7}));
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_FALSE(lives(gate_of(job_path(7)).engine));
  EXPECT_TRUE(lives(gate_of(job_path(8)).engine));
  const auto outcome = attach(7);
  EXPECT_FALSE(outcome.completed);
  EXPECT_THAT(outcome.cause, testing::HasSubstr("signal 9"));
}

TEST_F(ProcessEngineTest, StoppingAJobThatIsOverIsWell) {
  engine_does("say success");
  start(7);
  attach(7);
  EXPECT_TRUE(run(engine_->stop(JobId{7})));
  EXPECT_TRUE(attach(7).completed);
}

TEST_F(ProcessEngineTest, StoppingAJobThatNeverBeganKeepsItFromBeginning) {
  std::filesystem::create_directories(job_path(7));
  write_file(job_path(7, "job.json"), print(JobRecord(a_job(7), {"engine"})));
  EXPECT_TRUE(run(engine_->stop(JobId{7})));
  EXPECT_TRUE(std::filesystem::exists(job_path(7, "exit")));
}

// A process of this test whose pid stands in a record that is not its own.
class Bystander {
 public:
  Bystander() : pid_(fork()) {
    if (pid_ == 0)
      for (;;) pause();
  }
  [[nodiscard]] ProcessId id() const { return process_id(pid_).value_or(ProcessId{}); }

 private:
  pid_t pid_;
};

TEST_F(ProcessEngineTest, AProcessWithARecycledPidIsNotEnded) {
  const Bystander bystander;
  const ProcessId innocent = bystander.id();
  std::filesystem::create_directories(job_path(7));
  write_file(job_path(7, "job.json"), print(JobRecord(a_job(7), {"engine"})));
  write_file(job_path(7, "lock"), "");
  const ProcessId before{innocent.pid, innocent.start - 1};
  write_file(job_path(7, "gate.json"), print(GateRecord(boot_id(), JobLock::inode(job_path(7)), before, before)));
  EXPECT_TRUE(run(engine_->stop(JobId{7})));
  EXPECT_THAT(attach(7).cause, testing::HasSubstr("gate was lost"));
  EXPECT_TRUE(lives(innocent));
}

TEST_F(ProcessEngineTest, AProcessOfAnEarlierBootIsNotEnded) {
  const Bystander bystander;
  const ProcessId innocent = bystander.id();
  std::filesystem::create_directories(job_path(7));
  write_file(job_path(7, "job.json"), print(JobRecord(a_job(7), {"engine"})));
  write_file(job_path(7, "lock"), "");
  write_file(job_path(7, "gate.json"), print(GateRecord("another boot", JobLock::inode(job_path(7)), innocent, innocent)));
  EXPECT_FALSE(attach(7).completed);
  EXPECT_TRUE(lives(innocent));
}

TEST_F(ProcessEngineTest, ACopiedDirectoryOwnsNoProcess) {
  engine_does("pause a; say success");
  start(7);
  std::filesystem::create_directories(path("copy/jobs/7"));
  for (const char* name : {"job.json", "gate.json", "lock"}) {
    std::filesystem::copy_file(job_path(7, name), path("copy/jobs/7/") + name);
  }
  EngineProgram program([this](const RestoreJob&) { return EngineCommand({path("engine")}); }, {gate_program_}, "/x");
  ProcessEngine other(loop_.get_executor(), *clock_, path("copy/jobs"), std::move(program));
  EXPECT_TRUE(run(other.stop(JobId{7})));
  EXPECT_TRUE(lives(gate_of(job_path(7)).engine));
  go("a");
  EXPECT_TRUE(attach(7).completed);
}

TEST_F(ProcessEngineTest, AnEngineDiesWithItsGateAndTheOutcomeSaysSo) {
  engine_does("cat " + capture("cancelled.stderr") + " >&2; pause a");
  start(7);
  const auto following = beside(engine_->attach(JobId{7}, nullptr));
  const GateRecord record = gate_of(job_path(7));
  kill_gate(record);
  ASSERT_TRUE(eventually([&following] { return following->has_value(); }));
  EXPECT_FALSE(lives(record.engine));
  EXPECT_FALSE((**following)->completed);
  EXPECT_THAT((**following)->cause, testing::HasSubstr("gate was lost"));
  EXPECT_FALSE(std::filesystem::exists(job_path(7, "exit")));
}

TEST_F(ProcessEngineTest, AGateLostWhileNobodyLookedIsFoundLost) {
  engine_does("pause a");
  start(7);
  engine_.reset();
  const GateRecord record = gate_of(job_path(7));
  kill_gate(record);
  renew_controller();
  EXPECT_THAT(attach(7).cause, testing::HasSubstr("gate was lost"));
  EXPECT_FALSE(lives(record.engine));
}

}  // namespace
}  // namespace greenroom::test
