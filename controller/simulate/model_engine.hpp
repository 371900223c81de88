// The model of a restore engine: restores model Macs on the model's USB bus as idevicerestore does, and prints the
// lines that it prints (literal, from runs of an unmodified build) to the real reader of such lines. Its jobs belong to
// the world: a controller that dies leaves them running, and the next one attaches.
//
// It finds its Mac by ECID on any port, as the real tool does. Whether that is the right Mac is the gate's to decide.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>

#include "controller/simulate/engine_run.hpp"
#include "firmware-bridge/gate.hpp"
#include "firmware-bridge/restore_engine.hpp"
#include "hw/async/clock.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::sim {

class ModelEngine final : public RestoreEngine, public Gate {
 public:
  ModelEngine(asio::any_io_executor, Clock&, model::Plant&, EngineTimings = {});
  ~ModelEngine() override;

  Task<JobId> start(RestoreJob) override;
  // Also after the end, as often as asked.
  Task<RestoreOutcome> attach(JobId, ProgressSink) override;
  Task<void> stop(JobId) override;
  Task<void> permit(JobId) override;
  [[nodiscard]] Result<bool> permitted(JobId) const override;

  [[nodiscard]] std::size_t running() const;
  // The most jobs that ever ran at once on a USB controller ("host/1") and behind each hub ("host/1-4").
  [[nodiscard]] const std::map<std::string, std::uint64_t>& most_at_once() const { return most_at_once_; }

 private:
  struct Job;
  Job* find(JobId) const;
  void later(Job&, Duration);
  void end(Job&, std::optional<int> exit_code);
  void report(Job&);
  void count_beside(const PortPath&);

  Clock& clock_;
  model::Plant& plant_;
  EngineTimings timings_;
  EngineShares shares_;
  std::map<JobId, std::unique_ptr<Job>> jobs_;  // ordered; kept after their end, as logs are
  std::uint64_t followers_{};
  std::map<std::string, std::uint64_t> most_at_once_;
};

}  // namespace greenroom::sim
