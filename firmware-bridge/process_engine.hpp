// Engines as processes that outlive the controller. Each job is a directory, JOBS/ID/, and a `greenroom gate` that holds
// the engine (gate_process.hpp says which files there are). This class keeps nothing that a restarted controller would
// miss: it writes the record, starts the gate, and judges by the files and the kernel's word on processes.
//
// A job is started once, ever: the directory is made by one, the gate takes the lock, and a gate that finds the traces of
// another goes away. A record whose gate never took the lock is sealed under that lock before it is called "never
// started". All waiting for a disk is the gate's; this class makes and renames files and never syncs them.
//
// Errors name the file, the cause and the remedy: Errc::storage; Errc::refused for a job that is not there, or is over.
// Who calls: the bench, from the loop. Cancel what it runs before this object goes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "firmware-bridge/gate.hpp"
#include "firmware-bridge/job_record.hpp"
#include "firmware-bridge/job_watch.hpp"
#include "firmware-bridge/restore_engine.hpp"
#include "hw/async/clock.hpp"

namespace greenroom {

struct EngineCommand {
  explicit EngineCommand(std::vector<std::string> a, std::vector<std::string> e = {})
      : arguments(std::move(a)), environment(std::move(e)) {}
  std::vector<std::string> arguments;    // the program first: an absolute path, or a name to be found in PATH
  std::vector<std::string> environment;  // "NAME=value", over our own
  std::optional<EngineUser> user;        // the slot's; nothing: as we are
  std::vector<std::string> usbmuxd;      // the job's own, started by its gate; empty: the gate joins EngineProgram::upstream
};

// What is started for a job. The engine runs in the job's work/, so every path is absolute. An error of `command` says why
// there is no engine for this job, and what to do: nothing is started then, and no directory made.
struct EngineProgram {
  using Command = std::function<Task<EngineCommand>(const RestoreJob&)>;
  using PureCommand = std::function<Result<EngineCommand>(const RestoreJob&)>;
  EngineProgram(Command c, std::vector<std::string> g, std::string u)
      : command(std::move(c)), gate(std::move(g)), upstream(std::move(u)) {}
  EngineProgram(PureCommand c, std::vector<std::string> g, std::string u)
      : EngineProgram(Command([known = std::move(c)](const RestoreJob& job) { return at_once(known(job)); }), std::move(g),
                      std::move(u)) {}
  Command command;
  std::vector<std::string> gate;  // our own program and its verb: {"/proc/self/exe", "gate"}
  std::string upstream;           // the socket that an open gate joins, where a command names no usbmuxd

 private:
  static Task<EngineCommand> at_once(Result<EngineCommand> known) { co_return known; }
};

class ProcessEngine final : public RestoreEngine, public Gate {
 public:
  ProcessEngine(asio::any_io_executor, Clock&, std::string jobs_directory, EngineProgram);

  // Ends when the engine runs. An id that has a directory starts nothing, whatever became of it: attach() tells.
  Task<JobId> start(RestoreJob) override;
  // Also after the end, by another controller, as often as asked. Ends an engine that hangs or floods its output before the
  // erase point (engine_watchdog.hpp).
  Task<RestoreOutcome> attach(JobId, ProgressSink) override;
  // Ends when the engine has. A job that is over already is well.
  Task<void> stop(JobId) override;
  Task<void> permit(JobId) override;
  [[nodiscard]] Result<bool> permitted(JobId) const override;

 private:
  struct Sight;
  class Starting;
  [[nodiscard]] std::string directory(JobId) const;
  Result<void> write_record(const RestoreJob&, const EngineCommand&) const;
  Task<void> run_gate_program(JobId, EngineCommand);
  [[nodiscard]] Sight look(JobId) const;
  JobState settle(JobId, const Sight&) const;
  Task<void> wait(JobWatch::Follower&, JobState, const Sight&);
  static std::function<void()> wake(JobWatch::Follower&);
  void end_engine(JobId, const Sight&, const std::string& why) const;
  [[nodiscard]] std::string why_ended(JobId) const;

  asio::any_io_executor executor_;
  Clock& clock_;
  std::string jobs_;
  EngineProgram program_;
  JobWatch watch_;
  std::set<JobId> starting_;
};

}  // namespace greenroom
