// The planner: who may have power now, who must give it up, and why the others wait. Pure; measured by
// tests/bench/plan_power_bench.cpp. Views are made by views.cpp, so that all judgement of freshness, settling and
// proof stands there, and all arithmetic of limits stands here.
//
// Two sums for every circuit (rules.md R2):
//   hard = present + reserve   at or below the hard limit
//   soft = expected current    at or below the continuous limit
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "controller/domain/power/circuit_tree.hpp"
#include "controller/domain/power/power.hpp"

namespace greenroom {

// How an outlet enters the hard sum.
enum class Counts : std::uint8_t {
  nothing,       // reads off, and nothing of ours can turn it on
  unsettled,     // on, pending, unknown or in doubt: at nameplate, and on top of every meter that cannot show it yet
  held,          // settled, but counted at nameplate: protected, just was, or never seen on a plateau
  at_draw,       // settled, by its own fresh reading
  through_meter  // settled, without a meter of its own: carried by the reading of a circuit above
};

// Why a wanted outlet is off, or a protected step waits. Stable words: see to_string.
enum class WaitReason : std::uint8_t {
  none,
  circuit,
  lease_would_not_fit,
  min_off,
  spacing,
  start_up,
  return_of_power,
  unknown_pdu,
  in_doubt,
  not_proven,
  locked_out,
  read_only,
  foreign_off,
  circuit_lost,
  switch_failed,
  button,
  being_opened
};
std::string_view to_string(WaitReason);

struct OutletView {
  Counts counts{Counts::nothing};
  bool on{};                       // reads on, fresh
  bool own_meter{};                // `draw` is a fresh reading of its own meter
  bool unknown{};                  // its state is not known
  bool is_protected{};             // holds a lease: never opened
  bool is_foreign{};               // somebody else switched it on, or it does not open: shed last
  bool opening{};                  // an open is in flight
  bool closing{};                  // a close is in flight or in doubt
  bool may_open{};                 // nothing but protection and minimum time forbids an open
  bool may_lease{};                // on, proven, no off order queued or in doubt
  bool lingers{};                  // protection ended just now: not opened only because nobody wants it
  Amps nameplate;                  // the most it can draw (R2); unproven: the largest brick of the room
  Amps nominal;                    // the same at nominal voltage
  Amps draw;                       // own reading, or the last one; zero if none
  Amps expected;                   // class model and taper: if it were on now
  std::int64_t error_per_mille{};  // of its own meter
  TimePoint settled_from{never};   // a sample that began then or later shows its draw
  TimePoint shows_from{never};     // ... that it began to draw; for the soft sum, which needs no proof
  TimePoint min_on_until{long_ago};
  WaitReason block{WaitReason::none};  // why it must not be closed now, limits apart
  std::uint32_t block_circuit{no_circuit};
  TimePoint block_until{never};  // when the block ends by itself
  Want want{Want::nothing};
  TimePoint deadline{never};
  Duration solo{};        // time to its goal alone, taper included
  double charge{};        // best estimate now, 0..1
  double need_As{};       // amp-seconds to its goal
  std::uint32_t group{};  // outlets of one group can jump together; 0: none
};

struct CircuitView {
  Amps hard, soft;              // the limits in force
  std::optional<Amps> reading;  // own meter, fresh
  TimePoint began{long_ago};    // of that reading's sample
  std::int64_t error_per_mille{};
  Amps foreign;                    // declared infrastructure and reserve for what cannot be seen
  double mean_A{};                 // running mean of the expected current (10-minute rule)
  TimePoint last_close{long_ago};  // roots only: the latest close below, by its read-back
  bool close_in_flight{};          // roots only
};

struct Order {
  std::uint32_t outlet{};
  bool on{};
  bool shed{};
  std::string_view reason;  // a stable word: wanted, shed, not_wanted, swap, make_room, restart
};
struct Wait {
  std::uint32_t outlet{};
  WaitReason reason{WaitReason::none};
  std::uint32_t circuit{no_circuit};  // the circuit that binds
};

struct Plan {
  std::vector<Order> orders;          // opens first
  std::vector<std::uint32_t> leases;  // outlets that become protected
  std::vector<Wait> waits;            // one for every outlet that wants and has not, by outlet
  PowerMemory memory;
  TimePoint wake_at{never};
};

// Total and deterministic. `outlets` and `circuits` are in the tree's order.
Plan plan_power(const CircuitTree&, std::span<const OutletView> outlets, std::span<const CircuitView> circuits,
                const PowerMemory&, const Timings&, const RuleSet&, TimePoint now);

// The ways of the carts that exist, to be compared with: everything at once; by nameplate, first come first served;
// groups by the clock. They order nothing else and keep no rule of ours but identity of the line.
Plan plan_otherwise(Planner, const CircuitTree&, std::span<const OutletView>, std::span<const CircuitView>,
                    const PowerMemory&, const Timings&, const RuleSet&, TimePoint now);

}  // namespace greenroom
