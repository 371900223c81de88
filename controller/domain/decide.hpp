// The root: one room's state, and the two functions that are its whole judgement.
//
//   input -> decide(state, input, t) -> facts -> journal -> apply(state, fact) -> effects -> wire -> input
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/domain/fact.hpp"
#include "controller/domain/incarnation.hpp"
#include "controller/domain/input.hpp"
#include "controller/domain/power/power.hpp"
#include "controller/domain/recipe.hpp"
#include "controller/domain/room.hpp"
#include "controller/domain/rules.hpp"
#include "controller/domain/visits/visits.hpp"

namespace greenroom {

// What does not change while a room runs.
struct RoomSetup {
  Room room;
  Catalogue catalogue;
  RuleSet rules;
  Planner planner{Planner::planned};
};

// Folded from the journal alone.
struct RoomState {
  PowerState power;
  VisitState visits;
  std::uint64_t next_effect{1};
  Seq last_seq{};
  Lifetime lifetime;
  bool operator==(const RoomState&) const = default;
};

// Lost at a restart, and safe to lose: unknown counts as on at nameplate (R3).
struct RoomSenses {
  PowerSenses power;
  VisitSenses visits;
};

struct Decision {
  std::vector<FactBody> facts;
  std::optional<PowerMemory> memory;
  std::string answer;  // to a command
  bool refused{};
  TimePoint wake_at{never};  // Replan only: when to replan at the latest
};

RoomState initial_state(const RoomSetup&);
RoomSenses initial_senses(const RoomSetup&, TimePoint);

// Total, never throws. `sense` has already taken the input in.
Decision decide(const RoomSetup&, const RoomState&, const RoomSenses&, const Input&, TimePoint, WallTime);
void apply(const RoomSetup&, RoomState&, const Fact&);
void sense(const RoomSetup&, RoomSenses&, const RoomState&, const Input&, TimePoint);

}  // namespace greenroom
