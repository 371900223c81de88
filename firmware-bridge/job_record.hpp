// What the files of an engine's job directory say, and what they mean together. Pure; the files are read by
// job_files.hpp. Shapes (one JSON object each):
//   job.json   who and what for, and the engine's command: written by the controller before anything starts
//   gate.json  the boot, the gate and the engine as processes: durable before the engine runs its first instruction
//   exit       how the engine ended: written by the gate when it has
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-bridge/restore_engine.hpp"

namespace greenroom {

std::string_view to_string(RestoreKind);  // "erase", "revive", "erase_only"

// Whom an engine runs as (rules.md R9): by number, as the kernel knows owners; the name is for people.
struct EngineUser {
  EngineUser(std::string n, std::uint32_t u, std::uint32_t g) : name(std::move(n)), uid(u), gid(g) {}
  std::string name;
  std::uint32_t uid, gid;
};

struct JobRecord {
  JobRecord(RestoreJob j, std::vector<std::string> c, std::optional<EngineUser> u = std::nullopt)
      : job(std::move(j)), command(std::move(c)), user(std::move(u)) {}
  RestoreJob job;
  std::vector<std::string> command;
  std::optional<EngineUser> user;  // nothing: as the controller itself, without a fence
};

// A pid alone is soon another's: the start time (field 22 of /proc/PID/stat, clock ticks since boot) tells them apart.
struct ProcessId {
  std::int32_t pid{};
  std::uint64_t start{};
  bool operator==(const ProcessId&) const = default;
};

struct GateRecord {
  GateRecord(std::string b, std::uint64_t l, ProcessId g, ProcessId e) : boot(std::move(b)), lock(l), gate(g), engine(e) {}
  std::string boot;    // /proc/sys/kernel/random/boot_id: after a restart of the machine no process is the same
  std::uint64_t lock;  // the lock file's inode: what a copied directory names is not its own
  ProcessId gate, engine;
};

// One of the three.
struct ExitRecord {
  std::optional<int> code;
  std::optional<int> signal;
  std::string not_started;  // why the engine never ran: cause and remedy
};

std::string print(const JobRecord&);
std::string print(const GateRecord&);
std::string print(const ExitRecord&);
// Errc::storage with the file's name for what is not such a record.
Result<JobRecord> parse_job(std::string_view);
Result<GateRecord> parse_gate(std::string_view);
Result<ExitRecord> parse_exit(std::string_view);

// What can be seen of a job from outside, read in this order: gate.json, then the lock, then `exit`. The gate takes the
// lock first and keeps it until `exit` stands, so this order cannot show an end that did not happen.
struct JobSigns {
  bool record{};        // job.json is there and whole
  bool gate_file{};     // gate.json is there, whole or not
  bool gate_alive{};    // the kernel holds the lock for it
  bool engine_alive{};  // the very process of gate.json, which is this directory's own
  bool exit_file{};     // `exit` is there and whole
  bool starting{};      // this controller is starting it now
};

enum class JobState {
  none,           // nothing was ever written down
  starting,       // a gate is on its way up
  running,        // the gate lives, and with it the engine
  orphaned,       // the gate is gone and the engine not yet
  ended,          // `exit` says how
  lost,           // both are gone without a word: the log alone can tell
  never_started,  // written down, and no gate has taken the lock so far
};
JobState judge(const JobSigns&);

}  // namespace greenroom
