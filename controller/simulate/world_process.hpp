// `greenroom model`: the simulated world in a process of its own, on a clock that runs N times as fast as real time, for a
// service in another process. With a crew, model people work in it, and speak to the service as people do.
#pragma once

#include <string>
#include <vector>

#include "controller/simulate/world.hpp"
#include "hw/base/random.hpp"

namespace greenroom::sim {

struct WorldProcessOptions {
  std::string socket;
  double speed{1};
  std::uint64_t seed{1};
  FaultLevel faults{FaultLevel::none};
  std::string crew;    // the service's data directory; empty: nobody works here
  std::string events;  // where the truth is written; empty: nowhere
  int technicians{2};
};

// Runs until SIGTERM or SIGINT; then the socket is removed. The sums of what happened, as one line of JSON
// (world_truth.hpp). Errc::refused or Errc::usage when the world cannot be served there.
Result<std::string> run_world(RoomSetup, std::vector<ExpectedRow>, const WorldProcessOptions&);

// The example list if the room has no more places than it has rows; else a list that fills the room, drawn from the
// example's good rows.
std::vector<ExpectedRow> rows_for(const RoomSetup&, const std::vector<ExpectedRow>& example, const Random&);

}  // namespace greenroom::sim
