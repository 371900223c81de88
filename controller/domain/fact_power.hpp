// Facts of the electrical half.
#pragma once

#include <cstdint>
#include <string>

#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

#define GREENROOM_FACT(NAME, VERSION, TYPE)     \
  static constexpr const char* type = TYPE;     \
  static constexpr int version = VERSION;       \
  bool operator==(const NAME&) const = default; \
  template <class V, class Self>                \
  static void fields(V&& v, Self& f)

struct PduKnown {  // identity re-proven after a (re)connect
  std::string pdu, model, identity;
  bool boots_all_off{};
  GREENROOM_FACT(PduKnown, 1, "pdu_known") {
    v("pdu", f.pdu);
    v("model", f.model);
    v("identity", f.identity);
    v("boots_all_off", f.boots_all_off);
  }
};
struct PduLost {
  std::string pdu, why;
  GREENROOM_FACT(PduLost, 1, "pdu_lost") {
    v("pdu", f.pdu);
    v("why", f.why);
  }
};
struct OutletSensed {  // on | off | pending | fault | unknown; only when it changed
  std::string outlet, state;
  GREENROOM_FACT(OutletSensed, 1, "outlet_sensed") {
    v("outlet", f.outlet);
    v("state", f.state);
  }
};
struct MapProven {
  std::string outlet, slot, how;  // commissioned | draw | mac_power
  GREENROOM_FACT(MapProven, 1, "map_proven") {
    v("outlet", f.outlet);
    v("slot", f.slot);
    v("how", f.how);
  }
};
struct MapRevoked {
  std::string outlet, why;
  GREENROOM_FACT(MapRevoked, 1, "map_revoked") {
    v("outlet", f.outlet);
    v("why", f.why);
  }
};
struct GrantIssued {  // durable before the close is ordered
  std::string outlet;
  Amps amps;
  std::string reason;
  GREENROOM_FACT(GrantIssued, 1, "grant_issued") {
    v("outlet", f.outlet);
    v("amps_A", f.amps);
    v("reason", f.reason);
  }
};
struct GrantEnded {
  std::string outlet, reason;
  GREENROOM_FACT(GrantEnded, 1, "grant_ended") {
    v("outlet", f.outlet);
    v("reason", f.reason);
  }
};
struct LeaseGiven {  // the slot is protected from here (R1)
  std::string outlet;
  std::uint64_t visit{};
  GREENROOM_FACT(LeaseGiven, 1, "lease_given") {
    v("outlet", f.outlet);
    v("visit", f.visit);
  }
};
struct LeaseEnded {
  std::string outlet, why;
  GREENROOM_FACT(LeaseEnded, 1, "lease_ended") {
    v("outlet", f.outlet);
    v("why", f.why);
  }
};
struct SwitchStarted {  // an effect; opens for shed are sent at once and journalled beside (R5)
  std::uint64_t effect{};
  std::string outlet, to;  // on | off
  TimePoint expires;
  bool shed{};
  std::string reason;
  GREENROOM_FACT(SwitchStarted, 1, "switch_started") {
    v("effect", f.effect);
    v("outlet", f.outlet);
    v("to", f.to);
    v("expires_us", f.expires);
    v("shed", f.shed);
    v("reason", f.reason);
  }
};
struct SwitchEnded {  // read_back: on | off | pending | fault | unknown
  std::uint64_t effect{};
  std::string outlet, to, read_back, error;
  bool in_doubt{};  // sent, not read back: may still act until longest_queue has passed
  GREENROOM_FACT(SwitchEnded, 1, "switch_ended") {
    v("effect", f.effect);
    v("outlet", f.outlet);
    v("to", f.to);
    v("read_back", f.read_back);
    v("error", f.error);
    v("in_doubt", f.in_doubt);
  }
};
struct ForeignSwitch {  // a state that we did not order (R7)
  std::string outlet, to;
  GREENROOM_FACT(ForeignSwitch, 1, "foreign_switch") {
    v("outlet", f.outlet);
    v("to", f.to);
  }
};
struct LineReadOnly {
  std::string pdu, why;
  bool cleared{};  // by a person
  GREENROOM_FACT(LineReadOnly, 1, "line_read_only") {
    v("pdu", f.pdu);
    v("why", f.why);
    v("cleared", f.cleared);
  }
};
struct OutletWaits {                    // R6: what a wanted outlet waits for; only when reason or circuit changed
  std::string outlet, reason, circuit;  // reason: a stable word, see power/planner.hpp; empty: waits no more
  GREENROOM_FACT(OutletWaits, 1, "outlet_waits") {
    v("outlet", f.outlet);
    v("reason", f.reason);
    v("circuit", f.circuit);
  }
};
struct BandChanged {  // normal | warning | critical | unknown
  std::string circuit, band;
  GREENROOM_FACT(BandChanged, 1, "band_changed") {
    v("circuit", f.circuit);
    v("band", f.band);
  }
};
struct CircuitLost {  // tripped, or power lost: nothing below is closed again without R8's steps
  std::string circuit, why;
  bool needs_person{};  // a tripped branch: never re-energised without a person
  GREENROOM_FACT(CircuitLost, 1, "circuit_lost") {
    v("circuit", f.circuit);
    v("why", f.why);
    v("needs_person", f.needs_person);
  }
};
struct CircuitRestored {
  std::string circuit;
  GREENROOM_FACT(CircuitRestored, 1, "circuit_restored") { v("circuit", f.circuit); }
};
struct CircuitLimited {  // a lowered limit; zero amps: back to the room file's
  std::string circuit;
  Amps limit;
  GREENROOM_FACT(CircuitLimited, 1, "circuit_limited") {
    v("circuit", f.circuit);
    v("limit_A", f.limit);
  }
};
struct LockedOut {   // by a named person; never closed until cleared (R14)
  std::string what;  // outlet, pdu or circuit name
  GREENROOM_FACT(LockedOut, 1, "locked_out") { v("what", f.what); }
};
struct LockCleared {
  std::string what;
  GREENROOM_FACT(LockCleared, 1, "lock_cleared") { v("what", f.what); }
};

}  // namespace greenroom
