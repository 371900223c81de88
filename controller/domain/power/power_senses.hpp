// The volatile half: the latest readings and what was learned from them. Lost at a restart, and safe to lose, because
// unknown counts as on at nameplate (R3). Only sense_power and forget_outlet write it; the root stores `memory`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/domain/input.hpp"
#include "controller/domain/power/circuit_tree.hpp"
#include "controller/domain/power/power_state.hpp"
#include "controller/domain/room.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

// What one outlet's meter showed of the Mac that sits there (dropped by forget_outlet).
struct OutletLearned {
  Watts peak_of_3_min;  // the plateau: a draw held for 3 minutes, within 10 %
  bool plateau_seen{};
  bool taper_seen{};  // stayed between 15 and 85 % of the plateau for 3 minutes
  TimePoint taper_from{never};
  TimePoint plateau_from{long_ago};  // the draw has been near `plateau_at` since
  Watts plateau_at;
  TimePoint under_full_from{never};  // under max(5 W, 8 % of the plateau) since; never: is not
  TimePoint under_3W_from{never};
  TimePoint since{long_ago};  // this Mac sits there
  Amps plateau;               // the most that it drew for 3 minutes on end: longer than it is awake for once
  Amps least;                 // in the 3 minutes that are under way
  TimePoint least_from{never};
  Amps in_taper;     // the latest settled current below it, or zero: not seen to taper yet
  bool ever_drew{};  // at least the meter's floor, since then
  double delivered_Wh{};
};

struct OutletSense {
  Sensed state{Sensed::unknown};
  TimePoint state_began{long_ago};  // begin of the sample that showed it
  TimePoint closed_seen{never};     // the read-back that showed it closed; never: not seen closed since start
  std::optional<Amps> current;      // the latest own reading
  std::optional<Watts> power;
  TimePoint draw_began{long_ago};
  std::optional<Amps> before;  // the reading before `current`, both while on and settled: a step between them is
                               // none of ours
  Amps last_draw;              // while on; what an opening outlet counts at
  OutletLearned learned;
};

struct PduSense {
  bool identified{};              // traits below are from this run of the program
  bool answered{};                // one full set of states is in since the start
  TimePoint first_read{never};    // began: states known since identity was (re)proven
  TimePoint last_read{long_ago};  // began
  bool settled_reading{};         // a read that began settle_s after the first one is in (R8)
  bool was_silent{};              // a poll gave nothing, and identity was not proven since: nothing closes
  bool may_have_restarted{};      // it was silent: the next states tell
  std::string silent_why;         // of the last poll that gave nothing; empty once it is identified
  bool meters_outlets{};
  Duration longest_queue{std::chrono::seconds{10}};
  Duration meter_lag{};
  Amps meter_floor;
  std::int64_t meter_error_per_mille{20};
};

struct CircuitSense {  // of a circuit that has its own meter
  std::optional<Amps> current;
  TimePoint began{long_ago};
};

// What one circuit carries and is promised, as last planned. For people (facilities page) and the 10-minute mean.
struct CircuitLoad {
  Amps present, reserve, expected, leased;  // hard sum = present + reserve; soft sum = expected
  Amps hard_limit, soft_limit;
  std::optional<Amps> reading;  // its own meter, fresh
  double mean_A{};              // running mean of the expected current
  bool unknown{};               // some outlet below is counted unknown
};

// The planner's memory from plan to plan.
struct PowerMemory {
  TimePoint planned_at{long_ago};
  std::vector<CircuitLoad> loads;  // by circuit
};

struct PowerSenses {
  TimePoint started;  // of this run of the program
  CircuitTree tree;   // flattened once from the room
  std::vector<OutletSense> outlets;
  std::vector<PduSense> pdus;
  std::vector<CircuitSense> circuits;
  PowerMemory memory;
};

PowerSenses initial_power_senses(const Room&, TimePoint now);

}  // namespace greenroom
