// Facts: the lines of the journal. A fact records a decision or a sensed change, so that a later change of the rules
// never re-interprets an old journal. Bodies are plain values and name places by their printed names, not by index.
//
// To add a kind: a struct with `type`, `version` and `fields`, and one line in FactBody. `fields` names every member
// once and serves writing, reading and hashing (fact_json.cpp). To change one: raise `version` and add an upcast there.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "controller/domain/fact_power.hpp"
#include "controller/domain/fact_visit.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

using Seq = std::uint64_t;

struct ServiceStarted {  // a process took the room over (incarnation.hpp)
  std::string program, boot;
  Duration boot_time{};
  GREENROOM_FACT(ServiceStarted, 1, "service_started") {
    v("program", f.program);
    v("boot", f.boot);
    v("boot_us", f.boot_time);
  }
};

using FactBody = std::variant<
    // what was sensed, granted, switched (fact_power.hpp)
    PduKnown, PduLost, OutletSensed, MapProven, MapRevoked, GrantIssued, GrantEnded, LeaseGiven, LeaseEnded, SwitchStarted,
    SwitchEnded, ForeignSwitch, LineReadOnly, OutletWaits, BandChanged, CircuitLost, CircuitRestored, CircuitLimited,
    LockedOut, LockCleared,
    // batches, visits, steps, cases (fact_visit.hpp)
    BatchOpened, MacExpected, VisitOpened, BindingOffered, BindingLapsed, SeatingBegan, SeatingEnded, MacSeen, StepChanged,
    ChargeNoted, EffectStarted, EffectEnded, CombinationTried, GatePermitted, GateRefused, EvidenceRecorded, SelfReported,
    CaseOpened, CaseClosed, VisitReleased, SerialDenied, CommandTaken,
    // the process itself
    ServiceStarted>;

struct Fact {
  Seq seq{};     // from 1, without gaps
  TimePoint at;  // room time
  WallTime wall;
  std::string by;  // "greenroom", or the person or program that gave the command
  Seq cause{};     // the fact that led to this one; 0: an input from outside
  FactBody body;
  bool operator==(const Fact&) const = default;
};

}  // namespace greenroom
