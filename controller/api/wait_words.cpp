#include "controller/api/wait_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "controller/domain/power/planner.hpp"

namespace greenroom {
namespace {

std::optional<WaitReason> reason_of(std::string_view word) {
  for (int i = 0; i <= static_cast<int>(WaitReason::being_opened); ++i) {
    if (to_string(static_cast<WaitReason>(i)) == word) return static_cast<WaitReason>(i);
  }
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

// "batch_lead" -> "batch lead".
std::string called(std::string_view owner) {
  std::string words(owner);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

WaitsFor lost_circuit(const RoomView& v, const std::string& circuit) {
  const auto id = find_circuit(v.setup.room, circuit);
  if (id && v.state.power.circuits[id->value].needs_person)
    return {"person", "facilities", "facilities to look at circuit " + circuit + ", which tripped, and to restore it"};
  return {"circuit", circuit, "circuit " + circuit + " to have power again"};
}

WaitsFor failed_switch(const OutletRecord& r, const std::string& outlet) {
  if (r.failed_closes >= 3)
    return {"person", "facilities", "facilities to look at outlet " + outlet + ": it did not switch on three times"};
  return {"pdu", outlet, "outlet " + outlet + " to be tried again: it did not switch on"};
}

const Case* open_case_of(const VisitState& s, const Visit& visit) {
  for (auto c = s.cases.rbegin(); c != s.cases.rend(); ++c) {
    if (c->open && c->visit == visit.id) return &*c;
  }
  return nullptr;
}

std::string engine_words(const RoomView& v, const Visit& visit) {
  const auto& engines = v.senses.visits.engines;
  const auto at =
      std::find_if(engines.begin(), engines.end(), [&](const EngineProgress& e) { return e.effect == visit.run.effect; });
  if (at == engines.end() || at->stage.empty()) return {};
  return at->percent >= 0 ? fmt::format(" ({}, {} %)", at->stage, at->percent) : fmt::format(" ({})", at->stage);
}

// What a running step runs on: a tool or the Mac itself.
WaitsFor running(const RoomView& v, const Visit& visit, const Step& step) {
  if (!visit.what.empty()) return {"tool", std::string(to_string(step.kind)), visit.what};
  switch (step.kind) {
    case StepKind::identify: return {"mac", visit.serial, "the Mac to show itself at the data port"};
    case StepKind::charge_gate:
      return {"mac", visit.serial, "proof of charge: 30 % reported, a taper, 15 Wh at the outlet, or a tick"};
    case StepKind::dfu: return {"tool", "DFU entry", "the Mac to enter DFU"};
    case StepKind::restore:
      if (visit.run.open() && !visit.run.permitted && step.restore_kind != "revive")
        return {"rule", "R4",
                "the restore engine to reach the gate, where the Mac itself says who it is" + engine_words(v, visit)};
      return {"tool", "restore engine", "the restore engine" + engine_words(v, visit)};
    case StepKind::install_os: return {"tool", "macOS installer", "macOS to be installed"};
    case StepKind::first_boot: return {"mac", visit.serial, "the Mac to start and report its own serial number"};
    case StepKind::enroll:
    case StepKind::configure: return {"tool", "MDM", "the MDM to report this Mac"};
    case StepKind::charge: return {"mac", visit.serial, fmt::format("the battery to reach {} %", step.goal_percent)};
    case StepKind::label: return {"tool", "label printer", "the label to be printed"};
    default: return {"tool", std::string(to_string(step.kind)), std::string(to_string(step.kind))};
  }
}

WaitsFor waiting(const RoomView& v, const Visit& visit, const Step& step) {
  const auto outlet = visit.slot ? v.setup.room.slots[visit.slot->value].outlet : std::nullopt;
  if (outlet && (visit.waits_for == WaitKind::power || visit.waits_for == WaitKind::lease)) {
    WaitsFor why = why_outlet_waits(v, *outlet);
    if (!why.kind.empty()) return why;
    const std::string& circuit = v.setup.room.circuits[v.setup.room.outlets[outlet->value].circuit.value].name;
    return {"circuit", circuit, visit.what};
  }
  if (visit.waits_for == WaitKind::free_place) return {"place", step.to, visit.what};
  return {"rule", visit.what, visit.what};
}

SlotStanding empty_slot(const Slot& slot, const SlotView& view) {
  if (view.holds_one && view.port.present) {
    const std::string mac = view.port.serial.empty() ? "a Mac that nobody scanned" : view.port.serial;
    return {"stranger",
            {"person", "technician", fmt::format("technician: {} is plugged in here; scan it and slot {}", mac, slot.name)},
            "technician",
            view.port.since,
            never};
  }
  SlotStanding s;
  s.state = "free";
  s.since = view.freed;
  return s;
}

}  // namespace

std::vector<std::string> locks_above(const RoomView& v, OutletId outlet) {
  const Outlet& o = v.setup.room.outlets[outlet.value];
  std::vector<std::string> locks;
  if (v.state.power.outlets[outlet.value].locked) locks.push_back(o.name);
  if (v.state.power.pdus[o.pdu.value].locked) locks.push_back(v.setup.room.pdus[o.pdu.value].name);
  for (std::optional<CircuitId> c = o.circuit; c; c = v.setup.room.circuits[c->value].parent) {
    if (v.state.power.circuits[c->value].locked) locks.push_back(v.setup.room.circuits[c->value].name);
  }
  return locks;
}

bool line_answers(const RoomView& v, PduId id) {
  const bool usable = id.value >= v.health.lines.size() || v.health.lines[id.value].empty();
  return usable && v.state.power.pdus[id.value].known && v.senses.power.pdus[id.value].answered &&
         !v.senses.power.pdus[id.value].was_silent;
}

std::string line_words(const RoomView& v, PduId id) {
  if (id.value < v.health.lines.size() && !v.health.lines[id.value].empty()) return v.health.lines[id.value];
  const PduRecord& record = v.state.power.pdus[id.value];
  const PduSense& sense = v.senses.power.pdus[id.value];
  if (!record.known) {
    const std::string& why = sense.silent_why.empty() ? record.lost_why : sense.silent_why;
    if (record.lost_why.empty()) return "has not answered yet" + (why.empty() ? "" : ": " + why);
    return "lost: " + why;
  }
  if (sense.was_silent) return "missed a poll; it is asked who it is before anything closes there";
  if (!sense.answered) return "has not answered since the start";
  return "answers";
}

WaitsFor why_outlet_waits(const RoomView& v, OutletId id) {
  const OutletRecord& r = v.state.power.outlets[id.value];
  const Outlet& o = v.setup.room.outlets[id.value];
  const std::string& pdu = v.setup.room.pdus[o.pdu.value].name;
  const std::string& circuit = r.waits_circuit;
  const auto reason = reason_of(r.waits_reason);
  if (!reason) return {"rule", r.waits_reason, "outlet " + o.name + ": " + r.waits_reason};
  switch (*reason) {
    case WaitReason::none: return {};
    case WaitReason::circuit: return {"circuit", circuit, "room on circuit " + circuit};
    case WaitReason::lease_would_not_fit:
      return {"circuit", circuit, "room for one more protected slot on circuit " + circuit};
    case WaitReason::min_off:
      return {"rule", "minimum off time",
              fmt::format("outlet {} to have been off for {:.0f} s", o.name, in_seconds(v.setup.room.timings.min_off))};
    case WaitReason::spacing: return {"rule", "R8", "the close before it: closes on one breaker are spaced"};
    case WaitReason::start_up: return {"rule", "R3", "every PDU to answer once after the start"};
    case WaitReason::return_of_power: return {"pdu", pdu, "a settled reading of PDU " + pdu + " after its return"};
    case WaitReason::unknown_pdu: return {"pdu", pdu, "PDU " + pdu + ", which does not say what its outlets do"};
    case WaitReason::in_doubt: return {"pdu", pdu, "PDU " + pdu + ": an order to outlet " + o.name + " may still act"};
    case WaitReason::not_proven: return {"person", "facilities", "a person to prove which slot outlet " + o.name + " feeds"};
    case WaitReason::locked_out:
      return {"person", "facilities", "a person to clear the lock-out of " + joined(locks_above(v, id))};
    case WaitReason::read_only:
      return {"person", "facilities", "a person to clear PDU " + pdu + ": somebody else switches it, so it is only read"};
    case WaitReason::foreign_off:
      return {"person", "facilities", "a person: somebody else switched outlet " + o.name + " off"};
    case WaitReason::circuit_lost: return lost_circuit(v, circuit);
    case WaitReason::switch_failed: return failed_switch(r, o.name);
    case WaitReason::button:
      return {"person", "technician", "a technician to hold the Mac's power button: then outlet " + o.name + " comes on"};
    case WaitReason::being_opened: return {"pdu", pdu, "outlet " + o.name + " to be read back off"};
    default: return {"rule", r.waits_reason, "outlet " + o.name + ": " + r.waits_reason};
  }
}

SlotStanding standing_of(const RoomView& v, const Visit& visit) {
  const Step& step = v.setup.catalogue.recipes[visit.recipe].steps[visit.step];
  SlotStanding s;
  s.state = to_string(visit.state);
  s.since = visit.entered;
  s.deadline = visit.deadline;
  s.owner = "greenroom";
  switch (visit.state) {
    case StepState::waiting: s.waits_for = waiting(v, visit, step); break;
    case StepState::running: s.waits_for = running(v, visit, step); break;
    case StepState::hands:
      s.owner = to_string(step.owner);
      s.waits_for = {"person", s.owner, called(s.owner) + ": " + visit.what};
      break;
    case StepState::held: {
      const Case* open = open_case_of(v.state.visits, visit);
      s.owner = open != nullptr ? open->owner : visit.owner.empty() ? "technician" : visit.owner;
      const std::string words = open == nullptr ? visit.what : open->words + " " + open->next;
      s.waits_for = {"person", s.owner, called(s.owner) + ": " + words};
      if (open != nullptr) s.deadline = open->deadline;
      break;
    }
    case StepState::done: break;
  }
  if (s.waits_for.kind == "person" && visit.state == StepState::waiting) s.owner = s.waits_for.name;
  return s;
}

SlotStanding standing_of(const RoomView& v, SlotId id) {
  const SlotView& view = v.state.visits.slots[id.value];
  const Visit* visit = v.state.visits.visit(view.visit);
  return visit == nullptr ? empty_slot(v.setup.room.slots[id.value], view) : standing_of(v, *visit);
}

}  // namespace greenroom
