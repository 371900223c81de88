// What the device half sees and may lose at a restart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace greenroom {

// Where an engine run stands, for people only: no decision rests on it.
struct EngineProgress {
  std::uint64_t effect{};
  std::string stage;
  int percent{};
};

struct VisitSenses {
  std::vector<EngineProgress> engines;   // running ones, ascending by effect
};

}  // namespace greenroom
