// The faults a simulated world may suffer (the list of the simulated room in the design).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace greenroom::model {

enum class FaultKind {
  reply_lost,
  reply_late,
  reply_garbled,
  reply_doubled,
  request_lost,
  pdu_reboot,
  pdu_boots_on,
  line_unplugged,  // the serial cable is out for minutes; contacts and loads stay as they are
  relay_welded,
  relay_stuck_off,
  meter_frozen,
  meter_drift,
  meter_disagrees,
  outlets_swapped,
  mac_unplugged,
  macs_swapped,
  mac_mislabelled,
  engine_hang,
  engine_fail,
  engine_false_success,
  restoring_surge,
  wake_up,
  heater,
  foreign_on,
  foreign_off,
  blackout,
  // The world outside the plant carries these out; they stand here so that one envelope holds all.
  controller_kill,
  clock_jump,
  person_break,
  person_mistake,
};
constexpr std::size_t fault_kinds = static_cast<std::size_t>(FaultKind::person_mistake) + 1;

std::string_view to_string(FaultKind);  // "reply_lost"

using FaultCounts = std::array<std::uint64_t, fault_kinds>;

}  // namespace greenroom::model
