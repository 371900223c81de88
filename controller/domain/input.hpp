// Everything that can make the room decide something: what was sensed, what an effect came to, what a person asked.
// The bench makes inputs; nothing else does.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/domain/visits/readiness.hpp"
#include "controller/domain/visits/restore_means.hpp"
#include "firmware-bridge/facts/evidence.hpp"
#include "firmware-bridge/facts/identity.hpp"
#include "hw/base/ids.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

// ---- power -------------------------------------------------------------------------------------------------------

enum class Sensed { off, on, pending, fault, unknown };
std::string_view to_string(Sensed);
Sensed sensed_from(std::string_view);

struct PduIdentified {
  PduId pdu;
  std::string model, identity;
  bool boots_all_off{};
  bool meters_outlets{};
  Duration longest_queue{};
  Duration meter_lag{};
  Amps meter_floor;
  std::int64_t meter_error_per_mille{};
};
struct OutletSample {
  OutletId outlet;
  Sensed state{Sensed::unknown};
  std::optional<Amps> current;
  std::optional<Watts> power;
};
struct MeterSample {  // a bank meter, by the circuit it meters
  CircuitId circuit;
  Amps current;
};
struct PduRead {
  PduId pdu;
  TimePoint began;  // no sample in it is older
  std::vector<OutletSample> outlets;
  std::vector<MeterSample> meters;
  bool states{true};  // false: of meters alone, the outlets' states unknown
};
// A poll that gave nothing after its one retry, or a line that went away.
struct PduSilent {
  PduId pdu;
  std::string why;
  bool gone{};  // the line itself is lost: identity must be proven anew
};
struct SwitchResult {
  std::uint64_t effect{};
  OutletId outlet;
  bool to_on{};
  Sensed read_back{Sensed::unknown};  // unknown when nothing was read back
  bool sent{};                        // the committing byte went out
  std::string error;                  // empty when the read-back agrees
};

// ---- Macs --------------------------------------------------------------------------------------------------------

struct MacSight {
  MacMode mode{};
  std::optional<Ecid> ecid;
  std::optional<ChipBoard> chip_board;
  std::string serial;
};
struct UsbChanged {
  SlotId slot;
  std::optional<MacSight> sight;  // nothing: the port is empty
};
struct EngineReported {
  std::uint64_t effect{};
  std::string stage;
  int percent{};
};
struct EffectResult {  // of an EffectStarted
  std::uint64_t effect{};
  bool ok{};
  std::string cause, remedy, owner;
  std::optional<Evidence> evidence;  // engines only
  bool ran{true};                    // engines only; false: it was never started, and says nothing of its combination
};

// ---- people and programs -----------------------------------------------------------------------------------------

enum class CommandKind {
  import_batch,  // rows, text = batch name
  scan,          // label: a Mac's serial or asset tag, or a slot's name
  step_done,     // number = visit: the person's tick on a step of theirs
  step_failed,   // number = visit, text = why; number 0: serial = a Mac of the list that nobody can find
  battery,       // serial, number = percent: from an MDM or an agent
  mdm_seen,      // serial: this Mac checked in with its own serial
  deny,
  lift_denial,  // serial, text = why
  close_case,   // number = case, text = how
  lock_out,
  clear_lock,       // label = outlet, pdu or circuit name
  limit,            // label = circuit, number = milliamps; 0 lifts it
  restore_circuit,  // label = circuit: a person says that a tripped branch may be energised again
  clear_read_only,  // label = pdu
  prove_map,        // label = outlet, text = slot
  open_confirmed    // label = outlet, text = the outlet's name typed again: R1's confirmed open
};
std::string_view to_string(CommandKind);

struct ExpectedRow {
  std::uint64_t row{};
  std::string asset_tag, serial, model, model_number, status, location, notes;
};
struct Command {
  CommandKind kind{};
  std::string key;  // idempotency: the same key gives the same answer
  std::string by;
  std::string label, serial, text;
  std::uint64_t number{};
  std::vector<ExpectedRow> rows;
};

// A deadline or a planner time is due; also sent once at the end of every turn in which a view changed.
struct Replan {};

using Input = std::variant<PduIdentified, PduRead, PduSilent, SwitchResult, UsbChanged, EngineReported, EffectResult,
                           Readiness, RestoreMeans, Command, Replan>;

}  // namespace greenroom
