// The product's ProcessEngine and its gate around an engine, on model Macs: a T2 by Debian's idevicerestore 1.0.0, unless a
// test takes another.
#pragma once

#include <list>

#include "tests/support/restore_rig.hpp"

namespace greenroom::test {

class RestoreByEngine : public RestoreRig {
 protected:
  explicit RestoreByEngine(ModelFirmware firmware = t2_firmware()) : RestoreRig(std::move(firmware)) { renew_controller(); }

  [[nodiscard]] virtual std::vector<std::string> words_for(const RestoreMac& mac, RestoreKind kind) const {
    return engine_for(mac, kind);
  }
  void renew_controller() {
    engine_.reset();
    auto command = [this](const RestoreJob& job) {
      for (const RestoreMac& mac : macs_) {
        if (job_for(mac).ecid == job.ecid) return EngineCommand(words_for(mac, job.kind));
      }
      return EngineCommand({"no such Mac"});
    };
    EngineProgram program(command, {gate_program_}, path("upstream"));
    engine_ = std::make_unique<ProcessEngine>(loop_.get_executor(), *clock_, path("jobs"), std::move(program));
  }

  // One job of a Mac: started, and followed beside.
  struct Job {
    RestoreMac* mac;
    JobId id;
    RestoreProgress last;
    std::shared_ptr<std::optional<Result<RestoreOutcome>>> end;
    [[nodiscard]] bool waits() const { return last.stage == RestoreStage::waiting_for_restore_mode; }
  };
  Job& begin(RestoreMac& mac) {
    Job& job = jobs_.emplace_back(Job{&mac, job_for(mac).id, {}, {}});
    const auto started = run(engine_->start(job_for(mac)));
    EXPECT_TRUE(started) << started.error().message;
    job.end = beside(engine_->attach(job.id, [&job](const RestoreProgress& now) { job.last = now; }));
    return job;
  }
  // The engine says that it waits for the restore OS, and the Mac runs it: only the gate stands between them.
  bool until_it_stands_at_the_gate(const Job& job) {
    return in_time_for_a_restore([&job] { return job.waits() && job.mac->stage() == MacBoot::Stage::restore; });
  }
  RestoreOutcome outcome_of(const Job& job) {
    EXPECT_TRUE(in_time_for_a_restore([&job] { return job.end->has_value(); }));
    EXPECT_TRUE(job.end->has_value() && **job.end) << read_file(job_path(static_cast<std::uint64_t>(job.id), "stdout"));
    return job.end->has_value() && **job.end ? ***job.end : RestoreOutcome{};
  }
  RestoreOutcome attach_to_the_end(JobId id) {
    Job& job = jobs_.emplace_back(Job{nullptr, id, {}, beside(engine_->attach(id, nullptr))});
    return outcome_of(job);
  }
  // By the device's own checkpoint, whose number is there in the engine's spelling, and by the model itself.
  static void expect_erased(const RestoreOutcome& outcome, RestoreMac& mac, OsState os = OsState::none) {
    EXPECT_TRUE(outcome.completed) << outcome.cause;
    EXPECT_EQ(outcome.evidence.erased, Erased::confirmed);
    EXPECT_THAT(outcome.evidence.checkpoint, testing::HasSubstr("(format_effaceable_storage)"));
    EXPECT_EQ(outcome.evidence.ecid, Ecid{mac.identity().ecid});
    EXPECT_EQ(outcome.evidence.serial, mac.identity().serial);
    EXPECT_EQ(outcome.evidence.os, os);
    EXPECT_TRUE(mac.os().erased);
    EXPECT_EQ(mac.os().starts, 1);
  }

  std::list<Job> jobs_;
};

}  // namespace greenroom::test
