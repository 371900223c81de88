// From a room, a batch and a seed to the plain data of a simulated world. The world's numbering is the room's.
#pragma once

#include <vector>

#include "controller/domain/input.hpp"
#include "controller/domain/recipe.hpp"
#include "controller/domain/room.hpp"
#include "hw/base/random.hpp"
#include "hw/base/result.hpp"
#include "hw/model/faults.hpp"
#include "hw/model/spec.hpp"

namespace greenroom::sim {

// Where a world's wall clock begins if its time does not run like ours: Monday 2026-01-05, 08:00 UTC, a working day. Any
// fixed instant would do; it must only be the same each run.
inline constexpr WallTime opening = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}} + std::chrono::hours{8};

enum class FaultLevel { none, some, all };
model::FaultEnvelope envelope_of(FaultLevel);

// One row of the batch and the Mac that stands for it.
struct RowMac {
  ExpectedRow row;
  std::optional<model::MacId> mac;  // nothing for a second row of the same serial: one Mac, two rows
};

struct WorldPlan {
  model::WorldSpec spec;
  std::vector<RowMac> rows;  // in the order of the file
};

// Whether there is a model of every PDU of the room; else which one has none, and which dialects have one.
Result<void> can_model(const Room&);

// `file_seed` draws states of charge, health and ECIDs. Rows whose model is unknown still have a Mac: it stands on the
// trolley, and nobody should touch it.
WorldPlan plan_world(const Room&, const Catalogue&, const std::vector<ExpectedRow>&, const Random&);

// The model that a row means, by its model number or its name; nothing when we do not know it.
const MacModel* model_of(const Catalogue&, const ExpectedRow&);

}  // namespace greenroom::sim
