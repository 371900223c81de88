#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <map>

#include "controller/domain/visits/usb_limits.hpp"
#include "tests/support/counting_mux.hpp"
#include "tests/support/job_rig.hpp"

// Whole runs of the stand-in engine (tests/support/stand_in_engine.cpp) behind real gates, on a stand-in usbmuxd that counts
// what would erase a Mac.
namespace greenroom::test {
namespace {

using testing::HasSubstr;

constexpr const char* erased_line = "completed id: 0x61F (format_effaceable_storage) result=0";

class StandInEngineTest : public JobRig {
 protected:
  StandInEngineTest() { renew(); }
  void renew() {
    engine_.reset();
    engine_ = make(loop_, *clock_);
  }
  [[nodiscard]] std::unique_ptr<ProcessEngine> make(asio::io_context& loop, Clock& clock) const {
    const std::string orders = path("orders");
    auto command = [orders](const RestoreJob& job) {
      return EngineCommand(
          {GREENROOM_STAND_IN_ENGINE, "-i", to_hex(job.ecid), "-e", "-y", "-P", "--logfile", "-", job.firmware},
          {"STAND_IN=" + orders});
    };
    EngineProgram program(command, {gate_program_}, path("upstream"));
    return std::make_unique<ProcessEngine>(loop.get_executor(), clock, path("jobs"), std::move(program));
  }
  void engine_replays(const std::string& name, const std::string& more = "") const {
    write_file(path("orders"), "capture " + capture(name) + "\nspeed 1000\n" + more);
  }
  [[nodiscard]] std::unique_ptr<CountingMux> mux(std::vector<Ecid> macs = {the_mac}) const {
    return std::make_unique<CountingMux>(listen_upstream(), std::move(macs));
  }
  [[nodiscard]] bool waits_for_restore_mode(std::uint64_t id = 7) {
    return eventually(
        [&] { return read_file(job_path(id, "stderr")).find("Waiting for device to enter") != std::string::npos; });
  }
};

// ---- evidence -----------------------------------------------------------------------------------------------------------

struct Said {
  const char* checkpoint;
  Erased erased;
};
class EvidenceOfARun : public StandInEngineTest, public testing::WithParamInterface<Said> {};
TEST_P(EvidenceOfARun, IsWhatTheDeviceSaidThoughTheEngineExitsZero) {
  const auto usbmuxd = mux();
  engine_replays("success", *GetParam().checkpoint == '\0' ? "" : std::string("checkpoint ") + GetParam().checkpoint + "\n");
  start(7);
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  const auto outcome = attach(7);
  EXPECT_TRUE(outcome.completed) << outcome.cause;
  EXPECT_EQ(outcome.evidence.erased, GetParam().erased);
  EXPECT_EQ(outcome.evidence.serial, "C02FK0TESTQ6");
  EXPECT_EQ(outcome.evidence.ecid, the_mac);
  EXPECT_EQ(usbmuxd->restores(), 1);
}
INSTANTIATE_TEST_SUITE_P(Checkpoints, EvidenceOfARun,
                         testing::Values(Said{erased_line, Erased::confirmed},
                                         Said{"completed id: 0x61F (format_effaceable_storage) result=5", Erased::failed},
                                         Said{"FAILURE id: 0x61F (format_effaceable_storage) no media", Erased::failed},
                                         Said{"started   id: 0x61F (format_effaceable_storage)", Erased::unconfirmed},
                                         Said{"", Erased::unconfirmed}));

TEST_F(StandInEngineTest, ARunThatFailsAfterTheErasureIsStillItsProof) {
  const auto usbmuxd = mux();
  engine_replays("restored-midway", std::string("checkpoint ") + erased_line + "\nexit 1\n");
  start(7);
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  const auto outcome = attach(7);
  EXPECT_FALSE(outcome.completed);
  EXPECT_EQ(outcome.evidence.erased, Erased::confirmed);
  EXPECT_EQ(outcome.evidence.os, OsState::none);
}

// ---- the gate
// -------------------------------------------------------------------------------------------------------------

TEST_F(StandInEngineTest, WithoutAPermitItGivesUpAndTheMacNeverSeesStartRestore) {
  const auto usbmuxd = mux();
  engine_replays("success");
  start(7);
  const auto outcome = attach(7);
  EXPECT_FALSE(outcome.completed);
  EXPECT_THAT(outcome.cause, HasSubstr("gate stayed shut"));
  EXPECT_THAT(outcome.remedy, HasSubstr("the Mac is not erased"));
  EXPECT_EQ(usbmuxd->connections(), 0);
}

TEST_F(StandInEngineTest, APermittedGateIsOpenWithinASecond) {
  const auto usbmuxd = mux();
  write_file(path("orders"), "capture " + capture("success") + "\nspeed 20\n");  // so that it waits at the gate
  start(7);
  ASSERT_TRUE(waits_for_restore_mode());
  EXPECT_EQ(usbmuxd->connections(), 0);
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  ASSERT_TRUE(eventually([&] { return usbmuxd->restores() == 1; }));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{1});
}

TEST_F(StandInEngineTest, AnotherMacInRestoreModeIsNotTaken) {
  const auto usbmuxd = mux({Ecid{0x77}});
  engine_replays("success");
  start(7);
  ASSERT_TRUE(run(engine_->permit(JobId{7})));
  EXPECT_THAT(attach(7).cause, HasSubstr("another Mac came"));
  EXPECT_EQ(usbmuxd->restores(), 0);
}

TEST_F(StandInEngineTest, OneThatIgnoresPoliteSignalsIsEndedAtTheGate) {
  const auto usbmuxd = mux();
  write_file(path("orders"), "capture " + capture("success") + "\nspeed 20\nignore_signals yes\n");
  start(7);
  ASSERT_TRUE(waits_for_restore_mode());
  const ProcessId engine = gate_of(job_path(7)).engine;
  kill(engine.pid, SIGTERM);
  EXPECT_TRUE(lives(engine));
  EXPECT_TRUE(run(engine_->stop(JobId{7})));
  EXPECT_FALSE(lives(engine));
  EXPECT_THAT(attach(7).remedy, HasSubstr("the Mac is not erased"));
  EXPECT_EQ(usbmuxd->connections(), 0);
}

TEST_F(StandInEngineTest, OptionsThatItDoesNotKnowEndIt) {
  engine_.reset();
  EngineProgram program(
      [](const RestoreJob&) {
        return EngineCommand({GREENROOM_STAND_IN_ENGINE, "--newer-than-it"});
      },
      {gate_program_}, path("upstream"));
  engine_ = std::make_unique<ProcessEngine>(loop_.get_executor(), *clock_, path("jobs"), std::move(program));
  start(7);
  EXPECT_THAT(attach(7).cause, HasSubstr("too old"));
}

// A controller in a process of its own, which starts the job and may give its permit, and is ended by force so much later.
class KilledController {
 public:
  KilledController(const std::function<std::unique_ptr<ProcessEngine>(asio::io_context&, Clock&)>& make, bool permits) {
    pid_ = fork();
    if (pid_ != 0) return;
    asio::io_context loop;
    const auto clock = make_system_clock(loop.get_executor());
    TaskGroup tasks(loop.get_executor());
    const auto engine = make(loop, *clock);
    const auto work = [](ProcessEngine& e, bool permit) -> asio::awaitable<void> {
      if (co_await e.start(a_job(7)); permit) co_await e.permit(JobId{7});
    };
    tasks.spawn(work(*engine, permits));
    loop.run();
    for (;;) pause();
  }
  void end_after(Duration time) const {
    poll(nullptr, 0, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()));
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

TEST_F(StandInEngineTest, AControllerKilledAtAnyInstantBeforeThePermitErasesNothing) {
  engine_replays("success");
  const auto usbmuxd = mux();
  for (const int milliseconds : {0, 2, 5, 10, 20, 40, 80, 160, 320}) {
    KilledController([this](asio::io_context& l, Clock& c) { return make(l, c); }, false)
        .end_after(std::chrono::milliseconds{milliseconds});
    renew();
    const auto outcome = run(engine_->attach(JobId{7}, nullptr));
    EXPECT_TRUE(!outcome || !outcome->completed) << milliseconds;
    EXPECT_EQ(usbmuxd->connections(), 0) << milliseconds;
    end_my_children();  // a gate on its way out still clears up
    std::filesystem::remove_all(path("jobs"));
  }
}

TEST_F(StandInEngineTest, ARunWhoseControllerDiedAfterThePermitIsAdoptedAndFinishes) {
  engine_replays("success", std::string("checkpoint ") + erased_line + "\n");
  const auto usbmuxd = mux();
  const KilledController controller([this](asio::io_context& l, Clock& c) { return make(l, c); }, true);
  ASSERT_TRUE(eventually([this] { return std::filesystem::exists(job_path(7, "permit")); }));
  controller.end_after(Duration{});
  renew();
  const auto outcome = attach(7);
  EXPECT_TRUE(outcome.completed) << outcome.cause;
  EXPECT_EQ(outcome.evidence.erased, Erased::confirmed);
  EXPECT_EQ(usbmuxd->restores(), 1);
}

// ---- many
// -------------------------------------------------------------------------------------------------------------------

// Starts what the limits of its USB tree allow, first come, first served, until all are over.
class Queue {
 public:
  explicit Queue(std::vector<RestoreJob> jobs) : waiting_(jobs.begin(), jobs.end()) {}

  std::vector<RestoreJob> startable() {
    std::vector<RestoreJob> started;
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (const auto why = usb_full(limits, it->path.text(), busy())) {
        ++reasons[*why];
        ++it;
        continue;
      }
      running_.emplace(it->id, it->path.text());
      started.push_back(*it);
      it = waiting_.erase(it);
    }
    return started;
  }
  void over(JobId id) { running_.erase(id); }
  [[nodiscard]] std::size_t running_on(const std::string& part) const {
    return static_cast<std::size_t>(
        std::count_if(running_.begin(), running_.end(), [&](const auto& r) { return r.second.rfind(part, 0) == 0; }));
  }
  const UsbLimits limits{6, 4};
  std::map<std::string, int> reasons;

 private:
  [[nodiscard]] std::vector<std::string_view> busy() const {
    std::vector<std::string_view> ports;
    for (const auto& [id, port] : running_) ports.push_back(port);
    return ports;
  }
  std::deque<RestoreJob> waiting_;
  std::map<JobId, std::string> running_;
};

TEST_F(StandInEngineTest, TwentyFourMacsAreErasedWithinTheLimitsOfTheirUsbTree) {
  std::vector<RestoreJob> jobs;
  std::vector<Ecid> macs;
  for (unsigned n = 0; n < 24; ++n) {  // two hubs of six on one controller, one of twelve on another
    const std::string port = n < 6    ? "host/1-1." + std::to_string(n + 1)
                             : n < 12 ? "host/1-2." + std::to_string(n - 5)
                                      : "host/2-1." + std::to_string(n - 11);
    macs.push_back(Ecid{0xC000000000000U + n});
    jobs.emplace_back(JobId{100 + n}, *PortPath::parse(port), macs.back(), RestoreKind::erase, "/srv/ipsw/mac.ipsw");
  }
  engine_replays("success", std::string("checkpoint ") + erased_line + "\n");
  const auto usbmuxd = mux(macs);
  Queue queue(jobs);
  std::map<JobId, std::shared_ptr<std::optional<Result<RestoreOutcome>>>> runs;
  std::size_t most_on_1 = 0, most_on_2 = 0, most_on_hub = 0, finished = 0;
  while (finished < jobs.size()) {
    for (RestoreJob& job : queue.startable()) {
      const JobId id = job.id;
      ASSERT_TRUE(run(engine_->start(std::move(job))));
      ASSERT_TRUE(run(engine_->permit(id)));
      runs[id] = beside(engine_->attach(id, nullptr));
    }
    most_on_1 = std::max(most_on_1, queue.running_on("host/1-"));
    most_on_2 = std::max(most_on_2, queue.running_on("host/2-"));
    most_on_hub = std::max({most_on_hub, queue.running_on("host/1-1."), queue.running_on("host/1-2.")});
    const auto one_more_is_over = [&] {
      return std::any_of(runs.begin(), runs.end(), [](const auto& r) { return r.second->has_value(); });
    };
    ASSERT_TRUE(eventually(one_more_is_over));
    for (auto it = runs.begin(); it != runs.end();) {
      if (!it->second->has_value()) {
        ++it;
        continue;
      }
      const RestoreOutcome outcome = ***it->second;
      EXPECT_TRUE(outcome.completed) << outcome.cause;
      EXPECT_EQ(outcome.evidence.erased, Erased::confirmed);
      EXPECT_EQ(outcome.evidence.ecid, macs.at(static_cast<std::uint64_t>(it->first) - 100));
      queue.over(it->first);
      ++finished;
      it = runs.erase(it);
    }
  }
  EXPECT_EQ(usbmuxd->restores(), 24);
  EXPECT_EQ(most_on_1, 6U);
  EXPECT_EQ(most_on_2, 4U);
  EXPECT_EQ(most_on_hub, 4U);
  for (const char* words :
       {"6 of 6 restores run on host/1", "4 of 4 restores run on host/1-1", "4 of 4 restores run on host/2-1"})
    EXPECT_GT(queue.reasons[words], 0) << words;
}

}  // namespace
}  // namespace greenroom::test
