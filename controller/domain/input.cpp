#include "controller/domain/input.hpp"

namespace greenroom {

std::string_view to_string(Sensed s) {
  switch (s) {
    case Sensed::off: return "off";
    case Sensed::on: return "on";
    case Sensed::pending: return "pending";
    case Sensed::fault: return "fault";
    case Sensed::unknown: return "unknown";
  }
  return "unknown";
}

Sensed sensed_from(std::string_view word) {
  for (const Sensed s : {Sensed::off, Sensed::on, Sensed::pending, Sensed::fault}) {
    if (to_string(s) == word) return s;
  }
  return Sensed::unknown;
}

std::string_view to_string(CommandKind k) {
  switch (k) {
    case CommandKind::import_batch: return "import_batch";
    case CommandKind::scan: return "scan";
    case CommandKind::step_done: return "step_done";
    case CommandKind::step_failed: return "step_failed";
    case CommandKind::battery: return "battery";
    case CommandKind::mdm_seen: return "mdm_seen";
    case CommandKind::deny: return "deny";
    case CommandKind::lift_denial: return "lift_denial";
    case CommandKind::close_case: return "close_case";
    case CommandKind::lock_out: return "lock_out";
    case CommandKind::clear_lock: return "clear_lock";
    case CommandKind::limit: return "limit";
    case CommandKind::restore_circuit: return "restore_circuit";
    case CommandKind::clear_read_only: return "clear_read_only";
    case CommandKind::prove_map: return "prove_map";
    case CommandKind::open_confirmed: return "open_confirmed";
  }
  return "unknown";
}

}  // namespace greenroom
