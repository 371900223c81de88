// What happened in the simulated world, as it happened: ground truth for the judge and for model people and services.
// Delivered at once, inside the plant's turn: a listener must not call back into the plant but note and act later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "hw/base/time.hpp"
#include "hw/model/fault_kind.hpp"
#include "hw/model/spec.hpp"

namespace greenroom::model {

// Why an outlet came alive or went dead.
//   ordered   a command over the line      foreign   somebody pressed the PDU's button
//   boot      its power-on policy          boots_on  a PDU that comes up with everything on, against its policy
//   reboot    the PDU itself went down     trip, blackout, reset: supply above it lost or restored
enum class Cause { ordered, foreign, boot, boots_on, reboot, trip, blackout, reset };

// Modes of a Mac. Between two modes it is in the next one already, but does not show on the bus yet.
enum class Mode { off, booted, dfu, recovery, restore, os_less };

struct OutletSwitched {
  OutletId outlet;
  bool on;
  Cause cause;
};  // mains at the socket came or went
struct RelayRefused {
  OutletId outlet;
  bool ordered;
};  // welded or stuck: the order had no effect
struct Tripped {
  CircuitId circuit;
  double theta;        // of the full current, at the trip
  double theta_clean;  // of the current without what was injected
  bool clean_would;    // the breaker would have tripped without it as well
};
// One stretch of constant current above the hard limit; `seconds` long, ending now.
struct OverHard {
  CircuitId circuit;
  Amps now;
  Amps clean;
  double seconds;
};
// One second in which the mean of the last ten minutes was above the continuous limit.
struct OverSoft {
  CircuitId circuit;
  Amps mean;
  Amps mean_clean;
};
struct PduLost {
  PduId pdu;
  Cause cause;
};
struct PduBooted {
  PduId pdu;
};
struct MacMoved {
  MacId mac;
  std::optional<SlotId> data;
  std::optional<SlotId> power;
};  // cables, after the change
struct MacMode {
  MacId mac;
  Mode mode;
};  // the new mode shows from now on
struct EraseStarted {
  MacId mac;
  std::uint64_t run;
};
struct MacPowerLost {
  MacId mac;
  Mode in;
  bool mains;
};  // died; mains: its outlet, else a flat battery
struct FirstBoot {
  MacId mac;
  std::string serial;
  int battery_percent;
};  // checks in; -1 without a battery
struct MacCharged {
  MacId mac;
};  // full, or at its limit
struct FaultInjected {
  FaultKind kind;
  std::uint32_t target;
};  // target: id of what it struck
struct FaultEnded {
  FaultKind kind;
  std::uint32_t target;
};

using Happening = std::variant<OutletSwitched, RelayRefused, Tripped, OverHard, OverSoft, PduLost, PduBooted, MacMoved,
                               MacMode, EraseStarted, MacPowerLost, FirstBoot, MacCharged, FaultInjected, FaultEnded>;

struct PlantEvent {
  TimePoint at;
  Happening what;
};

struct PlantListener {
  virtual ~PlantListener() = default;
  virtual void on(const PlantEvent&) = 0;
};

}  // namespace greenroom::model
