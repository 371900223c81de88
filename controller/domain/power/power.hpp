// The electrical half of the room's judgement: what every outlet and circuit is known to do, who may have power, and
// why the others wait. Pure; the root (decide.cpp) calls it, and the visits ask it.
//
//   state   PowerState   folded from facts: the same after a restart
//   senses  PowerSenses  volatile: the latest readings, what was learned from them, the planner's memory
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controller/domain/fact.hpp"
#include "controller/domain/input.hpp"
#include "controller/domain/power/power_senses.hpp"
#include "controller/domain/power/power_state.hpp"
#include "controller/domain/room.hpp"
#include "controller/domain/rules.hpp"

namespace greenroom {

// `restart`: a desktop goes into DFU by its outlet. Off now, with its amps kept: it comes on again as `protect` as soon as
// somebody holds its power button.
enum class Want { nothing, charge, protect, restart };

// What a slot's visit asks of its outlet, made fresh for every plan by the visits (visits.hpp: demands()).
struct Demand {
  SlotId slot;
  std::uint64_t visit{};
  Want want{Want::nothing};
  bool has_battery{true};
  double goal{};       // state of charge to reach, 0..1; 0 when not charging
  double charge{0.3};  // best estimate now, 0..1
  double battery_Wh{};
  std::optional<TimePoint> deadline;
};

// How a plan chooses. `planned` is the product; the others exist to be compared with (other_planners.cpp says what each is).
enum class Planner { planned, all_on, nameplate, timer, strip_add, greedy, lowest_charge, edf, llf };
std::string_view to_string(Planner);

struct PowerDecision {
  std::vector<FactBody> facts;
  std::optional<PowerMemory> memory;  // the planner's next memory, when it planned
  TimePoint wake_at{never};
};

// Facts that follow from one power input (PduIdentified, PduRead, PduSilent, SwitchResult) or power command; called
// after sense(). Does not plan.
std::vector<FactBody> decide_power(const Room&, const RuleSet&, const PowerState&, const PowerSenses&, const Input&,
                                   TimePoint);

// Plans: orders as SwitchStarted (closes with their GrantIssued before them), leases, and one OutletWaits for every
// wanted outlet that is off. `next_effect` is the number of the next effect.
PowerDecision replan(const Room&, const RuleSet&, Planner, const PowerState&, const PowerSenses&, std::span<const Demand>,
                     std::uint64_t next_effect, TimePoint);

// What commissioning proved: every outlet of the room file feeds its slot (R13). For the first start of a room.
std::vector<FactBody> commission(const Room&);

void apply_power(PowerState&, const Room&, const Fact&);  // trivial: no clock, no decision
void sense_power(PowerSenses&, const Room&, const PowerState&, const Input&, TimePoint);

// ---- what the visits ask ------------------------------------------------------------------------------------------

// Is the outlet protected by a lease now?
bool lease_held(const PowerState&, OutletId);
// May an off order for this outlet commit now? Asked by the owner of the line at the committing byte (R1, R7).
Result<void> may_open(const Room&, const RuleSet&, const PowerState&, OutletId, bool confirmed_by_person);
struct OutletInsight {
  bool on{};       // read back closed, fresh
  bool metered{};  // its own meter, fresh
  Watts draw;
  WattHours delivered;  // at the outlet, metered, since it was last occupied (forget_outlet)
  bool taper_seen{};
  bool full{};         // plateau seen, then under max(5 W, 8 % of it) for 5 min (power facts 2.5c)
  Duration low_for{};  // on, and under 3 W, for this long
};
OutletInsight insight(const Room&, const PowerState&, const PowerSenses&, OutletId, TimePoint);
// Another Mac sits there now: what was learned of the last one is dropped. Called when a SeatingBegan is applied.
void forget_outlet(PowerSenses&, OutletId, TimePoint);

}  // namespace greenroom
