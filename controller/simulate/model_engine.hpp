// The model of a restore engine: restores model Macs on the model's USB bus as idevicerestore does, and prints the
// lines that it prints (literal, from runs of an unmodified build) to the real reader of such lines. Its jobs belong to
// the world: a controller that dies leaves them running, and the next one attaches.
//
// It finds its Mac by ECID on any port, as the real tool does. Whether that is the right Mac is the gate's to decide.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>

#include "firmware-bridge/gate.hpp"
#include "firmware-bridge/restore_engine.hpp"
#include "hw/async/clock.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::sim {

struct EngineTimings {
  Duration images{std::chrono::seconds{204}};       // at USB 2 line rate (restorekit's M1: 3.4 min)
  Duration file_system{std::chrono::seconds{240}};  // the same source: 4 min
  Duration install{std::chrono::seconds{150}};      // 2.5 min of the device's own work
  double slower_by{0.35};                           // a Mac takes up to this share longer, by its own storage
  double bridge_os{0.1};                            // bridgeOS is some 0.6 GB where macOS is 15 (assumption)
  Duration gate_wait{std::chrono::seconds{300}};    // the engine's own wait for restore mode
  // Macs that one USB upstream (a root port and all below it) feeds at full rate; beyond that it divides. 1 for a
  // single USB 2 hub; a bench hub for eight has more than one controller (assumption).
  double streams{4};
};

class ModelEngine final : public RestoreEngine, public Gate {
 public:
  ModelEngine(asio::any_io_executor, Clock&, model::Plant&, EngineTimings = {});
  ~ModelEngine() override;

  Task<JobId> start(RestoreJob) override;
  // Also after the end, as often as asked.
  Task<RestoreOutcome> attach(JobId, ProgressSink) override;
  Task<void> stop(JobId) override;
  Task<void> permit(JobId) override;

  [[nodiscard]] std::size_t running() const;

 private:
  struct Job;
  class Run;  // one step of a job (model_engine_run.cpp)
  Job* find(JobId);
  void later(Job&, Duration, void (Run::*)());
  void end(Job&, std::optional<int> exit_code);
  void report(Job&);

  Clock& clock_;
  model::Plant& plant_;
  EngineTimings timings_;
  std::map<JobId, std::unique_ptr<Job>> jobs_;  // ordered; kept after their end, as logs are
  std::uint64_t followers_{};
};

}  // namespace greenroom::sim
