// The device commands that are neither imports nor scans, and what effects came to.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

const Visit* open_visit_of(const VisitContext& c, std::string_view serial) {
  for (const VisitNumber n : c.state.open) {
    if (c.state.visit(n)->serial == serial) return c.state.visit(n);
  }
  return nullptr;
}

std::string clean_serial(const std::string& text) {
  const auto parsed = SerialNumber::parse(text);
  return parsed ? parsed->text() : text;
}

void step_done(Draft& d, const Command& cmd) {
  const Visit* v = d.c.state.visit(cmd.number);
  if (v == nullptr || !v->open) return d.refuse("No open visit has the number " + std::to_string(cmd.number) + ".");
  if (v->state == StepState::done || v->state == StepState::held)
    return d.refuse("Nothing is to be ticked for " + v->serial + " now.");
  const Step& s = step_of(d.c, *v);
  d.answer = "ticked: " + std::string(to_string(s.kind)) + " of " + v->serial;
  switch (s.kind) {
    case StepKind::charge_gate:
    case StepKind::charge: d.add(ChargeNoted{v->id, "person", v->percent}); return d.done(*v, "ticked by " + cmd.by);
    case StepKind::checklist:
    case StepKind::label:
    case StepKind::enroll:
    case StepKind::configure:
      if (v->state == StepState::hands) return d.done(*v, "ticked by " + cmd.by);
      break;
    case StepKind::dfu:
      if (asks_for_button(d.c, *v)) return button_held(d, *v);
      if (v->state == StepState::hands && dfu_way(d.c, *v, v->step) == DfuEntry::vdm)
        return enter_dfu(d, *v, v->step, v->attempt + 1);
      break;
    case StepKind::identify:
    case StepKind::install_os:
    case StepKind::first_boot:  // the person did what was asked: look again
      if (v->state == StepState::hands && v->attempt <= s.tries) {
        const Duration again = s.kind == StepKind::identify ? d.c.room.timings.bind_lapse : deadline_of(s);
        return d.enter(*v, v->step, StepState::running, v->attempt + 1, d.in(again), {});
      }
      break;
    default: break;
  }
  d.refuse(v->serial + " is in step " + std::string(to_string(s.kind)) + ": a tick does not end it.");
}

// A Mac of the list that nobody can find, or that nobody could begin with.
void not_found(Draft& d, const Command& cmd) {
  const std::string serial = clean_serial(cmd.serial);
  const auto row = d.c.state.serials.find(serial);
  if (row == d.c.state.serials.end()) return d.refuse(serial + " is on no list.");
  const Visit* v = d.c.state.visit(d.c.state.expected[row->second].visit);
  if (v != nullptr && v->open)
    return d.refuse(serial + " is being worked on: name its visit " + std::to_string(v->id) + ".");
  const std::string words = serial + ": " + (cmd.text.empty() ? "not found under this label." : cmd.text);
  d.open_case(0, serial, {"not_found", words, "Find the Mac, or take it off the list.", Owner::batch_lead});
  d.answer = serial + " is in a case";
}

void step_failed(Draft& d, const Command& cmd) {
  if (cmd.number == 0 && !cmd.serial.empty()) return not_found(d, cmd);
  const Visit* v = d.c.state.visit(cmd.number);
  if (v == nullptr || !v->open || v->state == StepState::held) {
    return d.refuse("No visit with the number " + std::to_string(cmd.number) + " is being worked on.");
  }
  const Step& s = step_of(d.c, *v);
  const std::string words = cmd.text.empty() ? "Step " + std::string(to_string(s.kind)) + " failed." : cmd.text;
  d.hold(*v, {"step_failed", words, s.instruction, s.owner});
  d.answer = v->serial + " is held";
}

void battery(Draft& d, const Command& cmd) {
  const Visit* v = open_visit_of(d.c, clean_serial(cmd.serial));
  if (v == nullptr) return d.refuse(cmd.serial + " has no open visit.");
  if (cmd.number > 100) return d.refuse("A charge is 0 to 100 percent, not " + std::to_string(cmd.number) + ".");
  const int percent = static_cast<int>(cmd.number);
  if (percent != v->percent || v->percent_at < v->seated) d.add(ChargeNoted{v->id, "mdm", percent});
  d.answer = v->serial + " at " + std::to_string(percent) + " %";
}

// An MDM tells what is minutes old (power facts 2.5).
constexpr Duration mdm_lag = std::chrono::minutes{10};

// May a check-in that comes now have been sent by the system of before? From its DFU on a Mac runs none, so what comes so
// long after the permit comes from the new one, even while its engine has not told its evidence yet (the engine may hang
// at its end, the controller may have been dead). Whether the erase is proven is asked again when the Mac leaves (R12).
bool after_erase(const VisitContext& c, const Visit& v) {
  if (v.run.open() || v.evidence.engine != v.run.effect) return v.run.permitted && c.now >= v.run.permitted_at + mdm_lag;
  return v.evidence.erased_confirmed || (!c.rules.holds(Rule::r12) && v.run.ok);
}

void mdm_seen(Draft& d, const Command& cmd) {
  const Visit* v = open_visit_of(d.c, clean_serial(cmd.serial));
  if (v == nullptr) return d.refuse(cmd.serial + " has no open visit.");
  if (erases(recipe_of(d.c, *v)) && !after_erase(d.c, *v)) {
    d.answer = v->serial + " checked in before its erase: this proves nothing";
    return;
  }
  if (!v->mdm_reported) d.add(SelfReported{v->id, v->serial, "mdm"});
  d.answer = v->serial + " checked in";
}

void deny(Draft& d, const Command& cmd) {
  const std::string serial = clean_serial(cmd.serial);
  if (serial.empty()) return d.refuse("Name the serial number that is denied.");
  if (d.c.state.denied.contains(serial)) {
    d.answer = serial + " is denied already";
    return;
  }
  d.add(SerialDenied{serial, cmd.text, false});
  d.answer = serial + " is denied";
  const Visit* v = open_visit_of(d.c, serial);
  if (v == nullptr) return;
  if (v->evidence.erased_confirmed || (v->run.open() && v->run.permitted)) {
    d.answer += ", but its erase was permitted before";
  } else if (v->state != StepState::held && d.c.rules.holds(Clause::serial)) {
    d.hold(*v, {"denied", serial + " is on the deny list: " + cmd.text + ".",
                "Put it aside; it is not erased until security lifts the denial.", Owner::security});
  }
}

void lift_denial(Draft& d, const Command& cmd) {
  const std::string serial = clean_serial(cmd.serial);
  if (!d.c.state.denied.contains(serial)) return d.refuse(serial + " is not denied.");
  d.add(SerialDenied{serial, cmd.text, true});
  d.answer = serial + " is denied no more";
}

// A held Mac goes on when its last case is closed: from the start of its seating before the erase, from the same step
// after it.
void resume(Draft& d, const Visit& v) {
  const StepKind kind = step_of(d.c, v).kind;
  std::uint32_t again = v.step;
  if (restart_point(kind)) {
    const auto seat = placing_step(d.c, v);
    if (seat) again = seated_in(d.c, v, SlotKind::restore) ? *seat + 1 : *seat;
  }
  d.after(v, again == 0 ? 0 : again - 1);
}

void close_case(Draft& d, const Command& cmd) {
  const std::vector<Case>& cases = d.c.state.cases;
  if (cmd.number == 0 || cmd.number > cases.size() || !cases[cmd.number - 1].open) {
    return d.refuse("No open case has the number " + std::to_string(cmd.number) + ".");
  }
  const Case& k = cases[cmd.number - 1];
  const Visit* v = d.c.state.visit(k.visit);
  if (v != nullptr && v->open && v->state == StepState::held && v->open_cases == 1) {
    if (v->run.open() || v->effect != 0)
      return d.refuse(v->serial + " is still being put in order: close the case in some minutes.");
    d.add(CaseClosed{k.number, cmd.text});
    resume(d, *v);
  } else {
    d.add(CaseClosed{k.number, cmd.text});
  }
  d.answer = "case " + std::to_string(k.number) + " is closed";
}

}  // namespace

void command(Draft& d, const Command& cmd) {
  switch (cmd.kind) {
    case CommandKind::import_batch: return import_batch(d, cmd);
    case CommandKind::scan: return scan(d, cmd);
    case CommandKind::step_done: return step_done(d, cmd);
    case CommandKind::step_failed: return step_failed(d, cmd);
    case CommandKind::battery: return battery(d, cmd);
    case CommandKind::mdm_seen: return mdm_seen(d, cmd);
    case CommandKind::deny: return deny(d, cmd);
    case CommandKind::lift_denial: return lift_denial(d, cmd);
    case CommandKind::close_case: return close_case(d, cmd);
    default: return d.refuse("Not a command about Macs.");
  }
}

void usb_changed(Draft& d, const UsbChanged& in) {
  if (in.slot.value >= d.c.room.slots.size()) return;
  const PortView& now = d.c.state.slots[in.slot.value].port;
  MacSeen seen;
  seen.slot = d.c.room.slots[in.slot.value].name;
  if (in.sight) {
    seen.mode = to_string(in.sight->mode);
    seen.serial = in.sight->serial;
    if (in.sight->ecid) seen.ecid = static_cast<std::uint64_t>(*in.sight->ecid);
    if (in.sight->chip_board) {
      seen.chip = in.sight->chip_board->chip;
      seen.board = in.sight->chip_board->board;
    }
  }
  const bool same_mode = in.sight ? now.present && now.mode == in.sight->mode : !now.present;
  const bool same_mac =
      now.serial == seen.serial && now.ecid == seen.ecid && now.chip == seen.chip && now.board == seen.board;
  if (same_mode && same_mac && now.since >= d.c.started) return;  // first seen by a process before this one: seen anew
  d.add(std::move(seen));
}

void effect_result(Draft& d, const EffectResult& in) {
  const auto& open = d.c.state.open_effects;
  const auto at = std::find_if(open.begin(), open.end(), [&](const OpenEffect& e) { return e.started.effect == in.effect; });
  if (at == open.end()) return;  // ended before: by its deadline, or by the end of its engine
  const EffectStarted& e = at->started;
  const Visit* v = d.c.state.visit(e.visit);
  if (e.kind == "engine" && in.evidence && v != nullptr) {
    const Evidence& proof = *in.evidence;
    d.add(EvidenceRecorded{e.visit, e.effect, proof.serial, static_cast<std::uint64_t>(proof.ecid),
                           std::string(to_string(proof.erased)), std::string(to_string(proof.os)), proof.checkpoint});
  }
  d.add(EffectEnded{e.effect, e.kind, e.visit, in.ok, in.cause, in.remedy, in.owner});
  if (v == nullptr) return;
  if (e.kind == "engine" && in.ran) note_trial(d, *v, in);
  if (e.kind == "stop_engine" && in.ok && v->run.open() && e.detail == std::to_string(v->run.effect)) {
    d.add(EffectEnded{v->run.effect, "engine", v->id, false, "The engine was stopped.", {}, {}});
  }
  if (e.kind == "put_back" && !in.ok) {
    d.open_case(v->id, v->serial,
                {"put_back_by_hand", v->serial + " could not be put back: " + in.cause,
                 "In recovery set auto-boot true, saveenv, reboot; by hand, at slot " + e.slot + ".", Owner::technician});
  }
}

}  // namespace greenroom::visits

namespace greenroom {

VisitDecision decide_visits(const VisitContext& c, const Input& input, std::uint64_t next_effect) {
  visits::Draft d(c, next_effect);
  if (const auto* usb = std::get_if<UsbChanged>(&input)) visits::usb_changed(d, *usb);
  if (const auto* result = std::get_if<EffectResult>(&input)) visits::effect_result(d, *result);
  if (const auto* cmd = std::get_if<Command>(&input)) visits::command(d, *cmd);
  return {std::move(d.facts), std::move(d.answer), d.refused};
}

void sense_visits(VisitSenses& senses, const Room&, const VisitState& state, const Input& input, TimePoint) {
  if (const auto* ready = std::get_if<Readiness>(&input)) senses.readiness = *ready;
  if (const auto* means = std::get_if<RestoreMeans>(&input)) senses.means = *means;
  const auto* report = std::get_if<EngineReported>(&input);
  if (report == nullptr) return;
  std::erase_if(senses.engines, [&](const EngineProgress& e) {
    return std::none_of(state.open_effects.begin(), state.open_effects.end(),
                        [&](const OpenEffect& o) { return o.started.effect == e.effect; });
  });
  const auto at = std::lower_bound(senses.engines.begin(), senses.engines.end(), report->effect,
                                   [](const EngineProgress& e, std::uint64_t n) { return e.effect < n; });
  if (at != senses.engines.end() && at->effect == report->effect) {
    *at = {report->effect, report->stage, report->percent};
  } else {
    senses.engines.insert(at, {report->effect, report->stage, report->percent});
  }
}

}  // namespace greenroom
