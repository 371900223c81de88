// The inside of the model engine: one job, and the steps it goes through. Seen by model_engine*.cpp only.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "controller/simulate/model_engine.hpp"
#include "firmware-bridge/progress.hpp"
#include "hw/async/handover.hpp"

namespace greenroom::sim {

struct ModelEngine::Job {
  Job(RestoreJob o, model::EngineFault f) : order(std::move(o)), fault(f), log(order.kind, order.ecid) {}
  struct Follower {
    std::uint64_t number;
    ProgressSink sink;
    Handover<RestoreOutcome>::Giver ended;
  };

  RestoreJob order;
  model::EngineFault fault;
  RestoreLog log;
  RestoreProgress told;
  std::vector<Follower> followers;
  std::optional<RestoreOutcome> outcome;
  std::optional<model::MacId> mac;
  bool permitted{};
  bool at_gate{};
  bool transferring{};
  std::string upstream;  // of the port it transfers through
  TimePoint gate_closes{};
  TimePoint shows_by{};  // when the Mac should show in its next mode
  double slowness{1.0};
  int chunk{};
  std::uint64_t turn{};  // a step asked for before the job moved on is void
};

// What the engine does at one moment of a job. Made for one call.
class ModelEngine::Run {
 public:
  Run(ModelEngine& e, Job& j) : engine_(e), job_(j) {}

  void detect();
  void prepare();
  void send_ibss();
  void first_recovery();
  void second_recovery();
  void boot_restore_os();
  void gate();
  void start_restore();
  void erase();
  void images();
  void file_system();
  void verify();
  void flash();
  void finish();

 private:
  using Words = std::span<const std::string_view>;
  enum class Level { info, verbose, error };
  void say(Level, std::string_view);
  void info(std::string_view text) { say(Level::info, text); }
  void error(std::string_view text) { say(Level::error, text); }
  void progress(int step, double fraction);
  void next(Duration, void (Run::*)());
  void fail_with(Words errors);
  // The fault of this run strikes at this share of it: true when the step must not go on.
  bool struck(double share, Words errors);
  bool await_mode(model::Mode, void (Run::*again)(), Duration patience, Words errors);
  void link_lost();
  bool transfer(Duration whole, int chunks, void (Run::*again)(), int step);
  [[nodiscard]] std::optional<PortPath> port_in(model::Mode);
  [[nodiscard]] const model::MacSpec& spec() const { return engine_.plant_.mac_spec(*job_.mac); }
  [[nodiscard]] bool t2() const { return spec().family == model::Family::t2; }
  [[nodiscard]] bool erases() const { return job_.order.kind != RestoreKind::revive; }
  [[nodiscard]] bool lies() const { return job_.fault.kind == model::EngineFault::Kind::false_success; }

  ModelEngine& engine_;
  Job& job_;
};

}  // namespace greenroom::sim
