// A room on virtual time: plant, people and engines round a real controller (the same bench, domain and drivers as in
// a real room), with a journal in memory, until its batch is done.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/bench/command_port.hpp"
#include "controller/domain/decide.hpp"
#include "controller/domain/input.hpp"
#include "controller/journal/journal.hpp"
#include "controller/simulate/model_hosts.hpp"
#include "controller/simulate/world_spec.hpp"
#include "hw/async/clock.hpp"

namespace greenroom {
class Bench;
}

namespace greenroom::sim {

struct WorldOptions {
  std::uint64_t seed{1};
  FaultLevel faults{FaultLevel::none};
  std::optional<double> speed;  // times real time; nothing: as fast as it goes
  bool until_done{};
  Duration longest{std::chrono::hours{72}};
  int technicians{2};
  bool sample{};  // keep the time series for a report
  // The controller is destroyed at this many seeded points where a coroutine of the world had just run, and started anew
  // a few events later; its journal then takes time for each commit, as a disk does. 0: none.
  std::uint64_t kills{};
  std::optional<Outage> hosts_lost;  // of Apple's hosts; without one they are not asked
};

struct Counts {
  std::uint64_t rows{}, packed{}, cases{}, working{};  // rows = packed + cases + working, or a row is not told yet
  std::uint64_t restoring{}, charging{};
};

struct Progress {
  TimePoint now;
  Counts counts;
  Amps branch;                   // the busiest breaker's current now
  std::optional<Duration> left;  // estimate; nothing until the first Mac is packed
};

// What a run came to: the figures of the judge and of the room. `to_json` in demo.cpp names them.
struct WorldResult {
  std::uint64_t slots{}, macs{}, packed{}, cases{}, stranded{};
  std::uint64_t trips{}, fault_trips{}, protected_opens{}, fault_opens{}, wrong_mac{}, unerased_released{};
  double hard_limit_amp_seconds{}, fault_amp_seconds{}, soft_over_seconds{};
  std::map<std::string, std::uint64_t> waits_by_circuit;
  std::map<std::string, std::uint64_t> violations;        // "R1" .. "R14", all present
  std::map<std::string, std::uint64_t> restores_at_once;  // the most, by part of the USB tree, as the engine itself counted
  std::uint64_t erased{};                                 // Macs whose own flag says so
  std::map<std::string, std::uint64_t> faults;            // injected, by kind
  std::vector<std::string> first_violations;              // with the virtual time that replays them
  std::vector<std::string> open_cases;                    // "row 12 (duplicate_serial): batch_lead"
  double makespan_s{}, bound_s{};
  double virtual_s{}, wall_s{};
  std::uint64_t seed{}, kills{};
  std::string chain;
  std::uint64_t facts{};
  std::string envelope;              // what faults could strike, for people
  [[nodiscard]] bool clean() const;  // none stranded, and every figure of ours is zero
};

// For whoever shows the room while it runs. All of it on the world's loop, which is turned by World::run alone.
struct WorldWindow {
  asio::any_io_executor executor;
  CommandPort& commands;
  const Clock& clock;
  const Journal& journal;
  std::function<const Bench*()> bench;  // none while the controller is dead
  std::function<Seq()> durable;         // the journal's last fact
};

class World {
 public:
  // The room, recipes and rules; the batch's rows; and the seed with all that is random.
  World(RoomSetup, std::vector<ExpectedRow>, WorldOptions);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] WorldWindow window();
  // Runs to the end. `progress` is called now and then, in real time; may be empty.
  Result<WorldResult> run(std::function<void(const Progress&)> progress);
  // The report of a finished run that sampled (WorldOptions::sample), as one HTML page.
  [[nodiscard]] std::string report() const;
  // Every line of the journal, as it would stand on disk.
  [[nodiscard]] const std::vector<std::string>& journal_lines() const;

  struct Impl;  // seen by the parts of the world
 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace greenroom::sim
