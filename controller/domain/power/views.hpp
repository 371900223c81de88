// Views: what the planner may believe of every outlet and circuit now. All judgement of freshness (R3), settling (R2),
// doubt (R7), return of power (R8) and proof (R13) stands here.
#pragma once

#include <span>
#include <vector>

#include "controller/domain/power/planner.hpp"

namespace greenroom {

struct Views {
  std::vector<OutletView> outlets;
  std::vector<CircuitView> circuits;
};

Views make_views(const Room&, const RuleSet&, const PowerState&, const PowerSenses&, std::span<const Demand>, TimePoint now);

// A reading is fresh while its sample began at most two full polls ago (R3).
Duration fresh_for(const PduConfig&);
// Is this outlet's state known now: its PDU is known and the sample is fresh?
bool state_fresh(const Room&, const PowerState&, const PowerSenses&, OutletId, TimePoint now);
bool draw_fresh(const Room&, const PowerState&, const PowerSenses&, OutletId, TimePoint now);
// Its map counts as proven: the proof holds while the PDU's identity does (R13).
bool map_proven(const Room&, const RuleSet&, const PowerState&, OutletId);
bool pdu_has_protected(const Room&, const PowerState&, PduId);
// Nothing closes or is shed before (R3).
bool started_up(const Room&, const PowerSenses&, TimePoint now);
// An order that was sent and not read back may still act.
bool in_doubt(const Room&, const PowerState&, const PowerSenses&, OutletId, TimePoint now);
// A reading settles a close that was read back at t if it began at t + this or later.
Duration settle_time(const Room&, const PowerSenses&, OutletId);

}  // namespace greenroom
