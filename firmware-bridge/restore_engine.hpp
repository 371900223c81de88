// An external program that restores one Mac, as a job that outlives its caller. Who calls: the bench, from the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "firmware-bridge/facts/evidence.hpp"
#include "firmware-bridge/facts/identity.hpp"
#include "hw/async/task.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

enum class JobId : std::uint64_t {};  // the EffectId that started it

enum class RestoreKind { erase, revive, erase_only };

struct RestoreJob {
  RestoreJob(JobId i, PortPath p, Ecid e, RestoreKind k, std::string f)
      : id(i), path(std::move(p)), ecid(e), kind(k), firmware(std::move(f)) {}
  JobId id;
  PortPath path;
  Ecid ecid;
  RestoreKind kind;
  std::string firmware;               // the IPSW's path
  std::string engine_version, build;  // with which it was decided; empty: with whatever is there
};

// Where a run stands, from the engine's own output. `percent` of the whole run holds its maximum: the engine's steps
// go back.
enum class RestoreStage {
  detect,
  prepare,
  boot_images,
  recovery,
  waiting_for_restore_mode,
  restoring,
  verifying,
  finishing,
  done
};
std::string_view to_string(RestoreStage);
struct RestoreProgress {
  RestoreStage stage{RestoreStage::detect};
  int percent{};
};

// How a run ended, judged from its output and never from the exit code alone.
struct RestoreOutcome {
  bool completed{};  // the engine said DONE and exited 0
  Evidence evidence;
  std::string cause;  // empty when completed
  std::string remedy;
  std::string owner;  // technician | recipe_owner | repair | network | bench_owner
};

using ProgressSink = std::function<void(const RestoreProgress&)>;

struct RestoreEngine {
  virtual ~RestoreEngine() = default;
  // Starts the job behind a shut gate. The id is the caller's, so a second start of one id attaches.
  virtual Task<JobId> start(RestoreJob) = 0;
  // Follows the job to its end. Cancelling stops following; the job goes on.
  virtual Task<RestoreOutcome> attach(JobId, ProgressSink) = 0;
  // Ends the job with SIGKILL. Before the erase point only, or when a person orders it.
  virtual Task<void> stop(JobId) = 0;
};

}  // namespace greenroom
