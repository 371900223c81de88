// What the device half sees and may lose at a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/domain/visits/readiness.hpp"
#include "controller/domain/visits/restore_means.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

// Where an engine run stands, for people only: no decision rests on it.
struct EngineProgress {
  std::uint64_t effect{};
  std::string stage;
  int percent{};
};

// Who sat in a slot when the room was last sensed: a change makes the power half forget the last Mac.
struct Occupant {
  std::uint64_t visit{};
  TimePoint seated;
  bool operator==(const Occupant&) const = default;
};

struct VisitSenses {
  std::vector<Occupant> occupants;      // by SlotId
  std::vector<EngineProgress> engines;  // running ones, ascending by effect
  std::optional<Readiness> readiness;   // nothing: nobody asks in this room, and nothing waits for it
  std::optional<RestoreMeans> means;    // as readiness
};

}  // namespace greenroom
