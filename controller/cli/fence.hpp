// The fence of a room (rules.md R9) as this machine has it. Who calls: `greenroom room udev --check`, and the service, which
// runs each engine as the user of its slot.
#pragma once

#include <map>
#include <string>

#include "controller/domain/room.hpp"
#include "firmware-bridge/job_record.hpp"

namespace greenroom::cli {

struct Fence {
  std::map<std::string, EngineUser> users;  // by the slot's name
  std::string missing;                      // what is not set up, and what to do; empty: it stands
};
Fence find_fence(const Room&, const std::string& host);

}  // namespace greenroom::cli
