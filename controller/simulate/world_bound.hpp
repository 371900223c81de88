// The least time in which a batch could have been done in a room, from what the world truly is (bound.hpp).
#pragma once

#include "controller/domain/decide.hpp"
#include "controller/simulate/model_engine.hpp"
#include "controller/simulate/world_spec.hpp"

namespace greenroom::sim {

// Seconds. Counts the Macs that a recipe is for and that may be worked; people are taken to need no time, so that the
// bound holds for every crew.
double batch_bound_s(const RoomSetup&, const WorldPlan&, const EngineTimings&);

}  // namespace greenroom::sim
