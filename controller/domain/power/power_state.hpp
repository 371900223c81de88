// What is known and decided about every outlet, PDU and circuit, folded from facts alone: the same after a restart.
// Indices are those of the room (ids.hpp). Only apply_power writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/domain/input.hpp"
#include "controller/domain/members.hpp"
#include "controller/domain/room.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

inline constexpr TimePoint long_ago = TimePoint::min();

// An order that is on its way: started and not ended.
struct SwitchInFlight {
  std::uint64_t effect{};
  bool to_on{};
  TimePoint started, expires;
  GREENROOM_MEMBERS(SwitchInFlight, effect, to_on, started, expires)
};

struct OutletRecord {
  Sensed sensed{Sensed::unknown};
  TimePoint sensed_at{long_ago};
  std::optional<bool> ordered;  // the last state that we ordered and saw, or sent and never saw
  std::optional<SwitchInFlight> order;
  std::optional<bool> doubt;  // sent and not read back: this state may still come
  TimePoint doubt_since{long_ago};
  bool granted{};  // amps are set aside from issue to release
  Amps grant;
  std::optional<std::uint64_t> lease;  // the visit that holds the power lease: the slot is protected (R1)
  TimePoint protection_ended{long_ago};
  bool proven{};                                       // which slot it feeds (R13); counts only while its PDU is known
  bool foreign_on{}, foreign_off{};                    // R7: not ours
  bool locked{};                                       // R14, by its own name
  int failed_opens{}, failed_closes{};                 // in a row, read back otherwise than ordered
  TimePoint closed_at{long_ago}, opened_at{long_ago};  // when the last change to on, to off was read back
  TimePoint failed_at{long_ago};
  std::string waits_reason, waits_circuit;  // R6; empty: waits for nothing
  GREENROOM_MEMBERS(OutletRecord, sensed, sensed_at, ordered, order, doubt, doubt_since, granted, grant, lease,
                    protection_ended, proven, foreign_on, foreign_off, locked, failed_opens, failed_closes, closed_at,
                    opened_at, failed_at, waits_reason, waits_circuit)
};

struct PduRecord {
  bool known{};  // identity proven since the last loss
  std::string model, identity, lost_why;
  bool boots_all_off{};
  TimePoint known_at{long_ago}, lost_at{long_ago};
  bool read_only{};  // R7: two foreign switches within ten minutes
  TimePoint last_foreign{long_ago};
  bool locked{};
  GREENROOM_MEMBERS(PduRecord, known, model, identity, lost_why, boots_all_off, known_at, lost_at, read_only, last_foreign,
                    locked)
};

struct CircuitRecord {
  bool lost{}, needs_person{};
  TimePoint lost_at{long_ago}, restored_at{long_ago};
  std::optional<Amps> limit;  // lowered by a person or a demand response
  std::string band{"unknown"};
  bool locked{};
  GREENROOM_MEMBERS(CircuitRecord, lost, needs_person, lost_at, restored_at, limit, band, locked)
};

struct PowerState {
  std::vector<OutletRecord> outlets;
  std::vector<PduRecord> pdus;
  std::vector<CircuitRecord> circuits;
  GREENROOM_MEMBERS(PowerState, outlets, pdus, circuits)
};

PowerState initial_power(const Room&);

// By printed name; nothing when the room has none such.
std::optional<OutletId> find_outlet(const Room&, std::string_view name);
std::optional<PduId> find_pdu(const Room&, std::string_view name);
std::optional<CircuitId> find_circuit(const Room&, std::string_view name);

}  // namespace greenroom
