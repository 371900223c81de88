// When an engine has hung or runs wild, and may be ended for it: only before the erase point (rules.md R4), where ending it
// costs a Mac in DFU and nothing else. Past it the recipe's deadline is the domain's. Pure. Who calls: ProcessEngine, while
// it follows a job; the times count from when this controller began to follow.
#pragma once

#include <cstdint>
#include <string>

#include "firmware-bridge/restore_engine.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

struct EngineSigns {
  RestoreStage stage{RestoreStage::detect};
  TimePoint stage_since;  // when it was first seen at this stage
  TimePoint last_word;    // when it was last seen to write
  std::uint64_t bytes{};  // written so far
  bool past_erase_point{};
};

struct EngineVerdict {
  std::string why;              // ended because; empty: let it run
  TimePoint look_again{never};  // then nothing new will have been written and it is to be judged again
};
EngineVerdict judge(const EngineSigns&, TimePoint now);

}  // namespace greenroom
