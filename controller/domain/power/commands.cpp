#include "controller/domain/power/commands.hpp"

namespace greenroom {
namespace {

bool names_a_place(const Room& room, const std::string& label) {
  return find_outlet(room, label) || find_pdu(room, label) || find_circuit(room, label);
}

std::string missing(const char* kind, const std::string& label) {
  return std::string("no ") + kind + " is called \"" + label + "\"; use a name of the room file";
}

std::string refuse_limit(const Room& room, const PowerState&, const Command& c) {
  const auto id = find_circuit(room, c.label);
  if (!id) return missing("circuit", c.label);
  const Amps stated = room.circuits[id->value].hard;
  if (Amps::from_milli(static_cast<std::int64_t>(c.number)) > stated) {
    return "a limit can only be lowered here; to raise one, edit the room file";  // R14
  }
  return {};
}

std::string refuse_map(const Room& room, const Command& c) {
  const auto id = find_outlet(room, c.label);
  if (!id) return missing("outlet", c.label);
  const Outlet& o = room.outlets[id->value];
  if (!o.slot) return c.label + " feeds no slot in the room file";
  const std::string& slot = room.slots[o.slot->value].name;
  if (slot != c.text)
    return c.label + " feeds " + slot + " in the room file, not \"" + c.text + "\"; correct the wiring or the file";
  return {};
}

std::string refuse_open(const Room& room, const PowerState& state, const Command& c) {
  const auto id = find_outlet(room, c.label);
  if (!id) return missing("outlet", c.label);
  if (c.text != c.label) return "type the outlet's name, " + c.label + ", again to confirm";
  if (state.outlets[id->value].order) return "an order for " + c.label + " is on its way; try again when it has ended";
  return {};
}

}  // namespace

bool is_power_command(CommandKind k) {
  switch (k) {
    case CommandKind::lock_out:
    case CommandKind::clear_lock:
    case CommandKind::limit:
    case CommandKind::restore_circuit:
    case CommandKind::clear_read_only:
    case CommandKind::prove_map:
    case CommandKind::open_confirmed: return true;
    default: return false;
  }
}

std::string command_refusal(const Room& room, const PowerState& state, const Command& c) {
  switch (c.kind) {
    case CommandKind::lock_out:
    case CommandKind::clear_lock: return names_a_place(room, c.label) ? "" : missing("outlet, PDU or circuit", c.label);
    case CommandKind::limit: return refuse_limit(room, state, c);
    case CommandKind::restore_circuit: {
      const auto id = find_circuit(room, c.label);
      if (!id) return missing("circuit", c.label);
      return state.circuits[id->value].lost ? "" : c.label + " is not lost; there is nothing to restore";
    }
    case CommandKind::clear_read_only: return find_pdu(room, c.label) ? "" : missing("PDU", c.label);
    case CommandKind::prove_map: return refuse_map(room, c);
    case CommandKind::open_confirmed: return refuse_open(room, state, c);
    default: return {};
  }
}

std::vector<FactBody> command_facts(const Room& room, const PowerState& state, const Command& c, TimePoint now) {
  std::vector<FactBody> facts;
  if (!is_power_command(c.kind) || !command_refusal(room, state, c).empty()) return facts;
  switch (c.kind) {
    case CommandKind::lock_out: facts.emplace_back(LockedOut{c.label}); break;
    case CommandKind::clear_lock: facts.emplace_back(LockCleared{c.label}); break;
    case CommandKind::limit:
      facts.emplace_back(CircuitLimited{c.label, Amps::from_milli(static_cast<std::int64_t>(c.number))});
      break;
    case CommandKind::restore_circuit: facts.emplace_back(CircuitRestored{c.label}); break;
    case CommandKind::clear_read_only: facts.emplace_back(LineReadOnly{c.label, "cleared by " + c.by, true}); break;
    case CommandKind::prove_map: {
      // Who proves a map has the outlet before him: his word frees it as well, if somebody had switched it off.
      const OutletRecord& o = state.outlets[find_outlet(room, c.label)->value];
      facts.emplace_back(MapProven{c.label, c.text, "commissioned"});
      if (o.foreign_off && !o.locked) facts.emplace_back(LockCleared{c.label});
      break;
    }
    case CommandKind::open_confirmed: {
      // The lease ends with the person's word, and the outlet stays open until a person clears it.
      const OutletRecord& o = state.outlets[find_outlet(room, c.label)->value];
      if (o.lease) facts.emplace_back(LeaseEnded{c.label, "opened by " + c.by + ", confirmed"});
      facts.emplace_back(LockedOut{c.label});
      facts.emplace_back(SwitchStarted{0, c.label, "off", now + std::chrono::seconds{2}, false, "open_confirmed"});
      break;
    }
    default: break;
  }
  return facts;
}

}  // namespace greenroom
