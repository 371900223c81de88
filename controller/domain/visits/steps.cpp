// The steps as states: how each is entered, what ends it, and what its deadline means. Time and power alone move them
// here; scans and ticks do so in scan.cpp and commands.cpp.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

constexpr Duration low_draw_patience = std::chrono::minutes{5};
constexpr Duration flat_pack_patience = std::chrono::minutes{25};
constexpr Duration unmetered_patience = std::chrono::minutes{10};
constexpr Duration charger_patience = std::chrono::hours{2};
constexpr Duration no_gain_patience = std::chrono::minutes{30};
constexpr Duration start_up_patience = std::chrono::minutes{10};  // as long as a Mac may take to be identified
constexpr int report_noise = 3;                                   // points by which reports of one charge may differ
constexpr double gate_delivered_Wh = 15;                          // per-model default, to be measured (design.md 3)
constexpr int gate_percent = 30;

bool outlet_off(const VisitContext& c, const Visit& v) {
  const auto power = power_of(c, v);
  return power && !power->on;
}

// When a desktop that got power again must have shown itself; never: it has a battery, or no outlet.
TimePoint started_by(const VisitContext& c, const Visit& v) {
  const Slot* slot = slot_of(c, v);
  if (slot == nullptr || !slot->outlet || !model_of(c, v).desktop) return never;
  return c.power.outlets[slot->outlet->value].closed_at + start_up_patience;
}

// Without a battery a Mac shows nothing while its outlet is off and while it starts up after that: no loss, and no reason to
// call anybody.
bool dark(const VisitContext& c, const Visit& v) {
  return model_of(c, v).desktop && (outlet_off(c, v) || (started_by(c, v) != never && c.now < started_by(c, v)));
}

void run(Draft& d, const Visit& v, std::uint32_t index, int attempt, Duration deadline) {
  d.enter(v, index, StepState::running, attempt, d.in(deadline), {});
}

// ---- places ---------------------------------------------------------------------------------------------------------

bool place_free(const VisitContext& c, std::string_view kind) {
  for (std::size_t i = 0; i < c.room.slots.size(); ++i) {
    if (kind_name(c.room.slots[i].kind) == kind && c.state.slots[i].visit == 0) return true;
  }
  return false;
}

void to_place(Draft& d, const Visit& v, std::uint32_t index, bool entering) {
  const Step& s = recipe_of(d.c, v).steps[index];
  if (v.slot && kind_name(slot_of(d.c, v)->kind) == s.to) return d.enter(v, index, StepState::done, 1, never, {});
  const bool overdue = !entering && d.c.now >= v.deadline;
  const int attempt = overdue ? v.attempt + 1 : 1;
  if (place_free(d.c, s.to)) {
    if (entering || overdue || v.state != StepState::hands) d.hands(v, index, attempt, deadline_of(s), s.instruction);
  } else if (entering || overdue || v.state != StepState::waiting) {
    d.wait(v, index, WaitKind::free_place, attempt, d.in(deadline_of(s)), "a free place: " + s.to);
  }
}

// ---- identify, clear ------------------------------------------------------------------------------------------------

void back_to_seat(Draft& d, const Visit& v, std::string why, std::string words) {
  const std::optional<std::uint32_t> seat = placing_step(d.c, v);
  d.add(SeatingEnded{v.id, std::string(slot_name(d.c, v)), std::move(why)});
  const std::uint32_t index = seat.value_or(0);
  d.hands(v, index, 1, deadline_of(recipe_of(d.c, v).steps[index]), std::move(words));
}

void enter_identify(Draft& d, const Visit& v, std::uint32_t index) {
  if (dark(d.c, v)) return wait_for_power(d, v, index, WaitKind::power);
  run(d, v, index, 1, d.c.room.timings.bind_lapse);
}

void not_seen(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  const std::string slot(slot_name(d.c, v));
  const auto power = power_of(d.c, v);
  const bool draws = power && power->metered && power->draw >= Watts::of(3);
  if (v.state == StepState::running && v.attempt == 1 && v.lapses == 0 && !draws) {
    const std::string why = "no Mac showed in slot " + slot + " within 2 minutes";
    d.add(BindingLapsed{v.bound_by, slot, v.serial, why});
    return back_to_seat(d, v, "lapsed", "Plug " + v.serial + " in, then scan it and its slot again: " + why + ".");
  }
  if (v.state == StepState::running) return d.hands(v, v.step, v.attempt, deadline_of(s), s.instruction);
  if (v.attempt < s.tries) return d.hands(v, v.step, v.attempt + 1, deadline_of(s), s.instruction);
  d.hold(v, {"not_seen", v.serial + " does not show itself at the data port of slot " + slot + ".",
             "Try another cable and another slot; a flat pack needs 25 minutes at the charger.", s.owner});
}

void identify(Draft& d, const Visit& v) {
  if (!v.slot || slot_of(d.c, v)->data_port.empty()) return d.done(v);
  const PortView& port = view_of(d.c, v)->port;
  if (port.present) {
    const auto trouble = contradiction(d.c, v, port);
    if (!trouble) return d.done(v);
    // The Mac that sat there before may still be plugged in while this one is carried over.
    if (port.since >= v.seated || d.c.now >= v.deadline) d.hold(v, *trouble);
    return;
  }
  if (dark(d.c, v)) return wait_for_power(d, v, v.step, WaitKind::power);
  if (v.state == StepState::waiting) return run(d, v, v.step, 1, d.c.room.timings.bind_lapse);
  if (d.c.now >= v.deadline) not_seen(d, v);
}

void clear(Draft& d, const Visit& v) {
  const ExpectedMac& row = d.c.state.expected[v.expected];
  if (v.denied) {
    const auto why = d.c.state.denied.find(v.serial);
    return d.hold(v,
                  {"denied", v.serial + " is on the deny list: " + (why == d.c.state.denied.end() ? "" : why->second) + ".",
                   "Put it aside; it is not erased until security lifts the denial.", Owner::security});
  }
  if (!row.approved && erases(recipe_of(d.c, v))) {
    return d.hold(
        v, {"not_approved", v.serial + " is not approved for erasure.", "Approve it, or return it.", Owner::batch_lead});
  }
  d.done(v);
}

// ---- charge ---------------------------------------------------------------------------------------------------------

std::string_view gate_evidence(const Visit& v, const std::optional<OutletInsight>& power) {
  if (v.percent >= gate_percent) return "mdm";
  if (!power) return {};
  if (power->taper_seen || power->full) return "taper";
  return power->delivered.value() >= gate_delivered_Wh ? "delivered" : std::string_view();
}

void charger_case(Draft& d, const Visit& v) {
  d.hold(v, {"charger_or_pack", v.serial + " in slot " + std::string(slot_name(d.c, v)) + " does not take a charge.",
             "Try another charger and cable; then measure or change the battery.", Owner::repair});
}

void charge_gate(Draft& d, const Visit& v) {
  const auto power = power_of(d.c, v);
  if (const std::string_view how = gate_evidence(v, power); !how.empty()) {
    if (how != "mdm") d.add(ChargeNoted{v.id, std::string(how), v.percent});  // a report was noted when it came
    return d.done(v, std::string(how));
  }
  if (power && !power->on) return wait_for_power(d, v, v.step, WaitKind::power);
  const Step& s = step_of(d.c, v);
  if (v.state == StepState::waiting) return run(d, v, v.step, 1, deadline_of(s));
  const bool metered = power && power->metered;
  if (v.state == StepState::running) {
    if (metered && power->low_for >= low_draw_patience) {
      return d.hands(v, v.step, v.attempt, flat_pack_patience,
                     "Charger not in, or pack flat: leave 25 minutes. Tick if the screen shows 30 % or more.");
    }
    if (!metered && d.c.now >= v.entered + unmetered_patience) {
      return d.hands(v, v.step, v.attempt, deadline_of(s),
                     "Read the battery of " + v.serial + ": tick when it shows 30 % or more.");
    }
  } else if (metered && power->low_for == Duration::zero()) {
    return run(d, v, v.step, v.attempt, deadline_of(s));  // it draws again
  }
  if (d.c.now >= v.deadline) charger_case(d, v);
}

// Where no meter looks at the outlet, reports that do not rise tell of a charger that is not in. Half an hour at 30 W is
// 13 % of the largest pack.
bool gains_nothing(const VisitContext& c, const Visit& v) {
  const bool reported = v.percent_before >= 0 && v.percent >= 0;
  return reported && c.now >= v.entered + no_gain_patience && v.percent <= v.percent_before + report_noise;
}

void charge(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  if (goal_reached(d.c, v, s.goal_percent)) {
    d.add(ChargeNoted{v.id, "goal", v.percent});
    return d.done(v);
  }
  const auto power = power_of(d.c, v);
  if (power && !power->on) return wait_for_power(d, v, v.step, WaitKind::power);
  if (v.state == StepState::waiting) return run(d, v, v.step, 1, deadline_of(s));
  const bool metered = power && power->metered;
  if (v.state == StepState::running) {
    const bool low = metered && power->low_for >= low_draw_patience;
    if (low || gains_nothing(d.c, v)) {
      return d.hands(v, v.step, v.attempt, charger_patience, s.instruction + " Tick if the battery is full.");
    }
  } else if (v.percent_before >= 0 && v.percent > v.percent_before + report_noise) {
    return run(d, v, v.step, v.attempt, deadline_of(s));  // it gains
  } else if (metered && power->low_for == Duration::zero()) {
    return run(d, v, v.step, v.attempt, deadline_of(s));  // it draws
  }
  if (d.c.now >= v.deadline) charger_case(d, v);
}

// ---- after the erase ------------------------------------------------------------------------------------------------

// Its own serial on USB at that port, in a start-up that came after the erase point (R12).
bool reports_on_usb(const VisitContext& c, const Visit& v) {
  if (!v.slot || v.booted_reported || !v.run.permitted || !v.run.ended) return false;
  if (!v.evidence.erased_confirmed && c.rules.holds(Rule::r12)) return false;
  const PortView& p = view_of(c, v)->port;
  const bool booted = p.present && (p.mode == MacMode::booted || p.mode == MacMode::t2_booted);
  return booted && p.serial == v.serial && p.since >= v.run.permitted_at;
}

void await_report(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  if (reports_on_usb(d.c, v)) d.add(SelfReported{v.id, v.serial, "booted_serial"});
  const bool enough = v.mdm_reported || (s.kind == StepKind::first_boot && v.booted_reported);
  if (enough) return d.done(v);
  if (v.slot && s.kind == StepKind::first_boot) {
    const PortView& p = view_of(d.c, v)->port;
    const bool new_here = p.present && p.mode == MacMode::booted && p.since >= v.run.permitted_at;
    if (auto trouble = contradiction(d.c, v, p); trouble && new_here) return d.hold(v, *trouble);
  }
  if (d.c.now < v.deadline) return;
  if (v.state == StepState::running) return d.hands(v, v.step, v.attempt, deadline_of(s), s.instruction);
  d.hold(v, {"no_report", v.serial + " did not report itself in step " + std::string(to_string(s.kind)) + ".", s.instruction,
             s.owner});
}

void print(Draft& d, const Visit& v, std::uint32_t index, int attempt) {
  d.effect(v, "print_label");
  run(d, v, index, attempt, deadline_of(recipe_of(d.c, v).steps[index]));
}

void label(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  if (v.state == StepState::running && v.effect == 0) {
    if (!v.action_failed) return d.done(v);
    if (v.attempt < s.tries) return print(d, v, v.step, v.attempt + 1);
    return d.hands(v, v.step, v.attempt, deadline_of(s), s.instruction);
  }
  if (d.c.now < v.deadline) return;
  if (v.state == StepState::running) {  // in doubt: a print is asked of a person (R5)
    d.add(EffectEnded{v.effect, v.effect_kind, v.id, false, "The printer did not answer.", s.instruction, "bench_owner"});
    return d.hands(v, v.step, v.attempt, deadline_of(s),
                   "Is the label of " + v.serial + " printed? If not, print it; then tick.");
  }
  d.hold(v, {"no_label", "No label could be printed for " + v.serial + ".", s.instruction, s.owner});
}

void checklist(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  if (d.c.now >= v.deadline) d.hands(v, v.step, v.attempt + 1, deadline_of(s), s.instruction);
}

// A Mac that leaves before DFU unbinds, unless it is back within 30 s (design.md 3, Binding).
bool unbinds(Draft& d, const Visit& v) {
  const StepKind kind = step_of(d.c, v).kind;
  const bool watched =
      kind == StepKind::clear || kind == StepKind::charge_gate || (kind == StepKind::dfu && v.state == StepState::waiting);
  if (!watched || !v.slot || slot_of(d.c, v)->data_port.empty()) return false;
  const PortView& port = view_of(d.c, v)->port;
  if (port.present) {
    const auto trouble = contradiction(d.c, v, port);
    if (trouble) d.hold(v, *trouble);
    return trouble.has_value();
  }
  // A run before this one may have left it dark; only a Mac that was seen here can be missed.
  const bool restarts = v.tidied > TimePoint{} && d.c.now < v.tidied + start_up_patience;  // by our own hand
  if (v.runs > 0 || port.since < v.seated || d.c.now < port.since + reseat_window || restarts || dark(d.c, v)) return false;
  back_to_seat(d, v, "unplugged", "Mac removed: plug " + v.serial + " in again, then scan it and its slot.");
  return true;
}

// The case of a long wait ends with the wait.
void close_wait(Draft& d, const Visit& v) {
  if (v.open_cases == 0 || v.state == StepState::waiting || v.state == StepState::held) return;
  const auto open = d.c.state.open_cases.find({v.serial, "waits_for_power"});
  if (open != d.c.state.open_cases.end()) d.add(CaseClosed{open->second, "power came"});
}

void advance(Draft& d, const Visit& v) {
  put_in_order(d, v);
  close_wait(d, v);
  if (v.state == StepState::held) {
    if (d.c.now >= v.deadline)
      d.enter(v, v.step, StepState::held, v.attempt + 1, d.in_staffed(std::chrono::hours{8}), v.what);
    return;
  }
  if (v.state == StepState::done) return enter_step(d, v, v.step + 1);
  if (unbinds(d, v)) return;
  switch (step_of(d.c, v).kind) {
    case StepKind::receive: return d.done(v);
    case StepKind::seat:
    case StepKind::move: return to_place(d, v, v.step, false);
    case StepKind::identify: return identify(d, v);
    case StepKind::clear: return clear(d, v);
    case StepKind::charge_gate: return charge_gate(d, v);
    case StepKind::dfu: return advance_dfu(d, v);
    case StepKind::restore: return advance_restore(d, v);
    case StepKind::install_os:
    case StepKind::first_boot:
    case StepKind::enroll:
    case StepKind::configure: return await_report(d, v);
    case StepKind::charge: return charge(d, v);
    case StepKind::checklist: return checklist(d, v);
    case StepKind::label: return label(d, v);
    case StepKind::pack: return pack(d, v, v.step, false);
  }
}

}  // namespace

void enter_step(Draft& d, const Visit& v, std::uint32_t from) {
  const std::uint32_t index = next_step(d.c, v, from);
  const std::vector<Step>& steps = recipe_of(d.c, v).steps;
  if (index >= steps.size()) return;
  const Step& s = steps[index];
  switch (s.kind) {
    case StepKind::seat:
    case StepKind::move: return to_place(d, v, index, true);
    case StepKind::identify: return enter_identify(d, v, index);
    case StepKind::dfu: return enter_dfu(d, v, index, 1);
    case StepKind::restore: return enter_restore(d, v, index);
    case StepKind::label: return print(d, v, index, 1);
    case StepKind::pack: return pack(d, v, index, true);
    case StepKind::install_os:  // a person presses the keys; the Mac's own report ends it
    case StepKind::checklist: return d.hands(v, index, 1, deadline_of(s), s.instruction);
    default: return run(d, v, index, 1, deadline_of(s));
  }
}

void wait_for_power(Draft& d, const Visit& v, std::uint32_t index, WaitKind kind) {
  const SlotView* view = view_of(d.c, v);
  const Slot* slot = slot_of(d.c, v);
  if (view == nullptr || !slot->outlet) return;
  const std::string& named = view->waits_circuit;
  const std::string& circuit =
      named.empty() ? d.c.room.circuits[d.c.room.outlets[slot->outlet->value].circuit.value].name : named;
  std::string words = (kind == WaitKind::lease ? "power lease on " : "power on ") + circuit;
  // A PDU that misses one answer names no circuit: what was said stays said.
  const bool same = v.step == index && v.waits_for == kind && (named.empty() || v.what == words);
  if (same && d.c.now < v.deadline) return;
  if (same) {  // the wait itself is no failure of the Mac; somebody must look why it lasts
    const bool locked = view->waits_reason == "locked_out";
    d.open_case(
        v.id, v.serial,
        {"waits_for_power", v.serial + " waits for " + (locked ? "its outlet, which is locked out," : words) + " for hours.",
         locked ? "Clear the lock-out when its reason is gone, or seat the Mac elsewhere."
                : "Look what else is on there; switch off what is not needed.",
         Owner::facilities});
  }
  d.wait(v, index, kind, same ? v.attempt + 1 : 1, d.in(std::chrono::hours{4}), std::move(words));
}

}  // namespace greenroom::visits

namespace greenroom {

std::vector<FactBody> advance_visits(const VisitContext& c, std::uint64_t next_effect) {
  visits::Draft d(c, next_effect);
  for (const Offer& o : c.state.offers) {
    if (c.now < o.until) continue;
    const std::string slot = o.slot ? c.room.slots[o.slot->value].name : std::string();
    d.add(BindingLapsed{o.person, slot, o.serial, "the second label was not scanned in time"});
  }
  visits::close_lack(d);
  visits::close_trials(d);
  for (const VisitNumber n : c.state.open) {
    if (!d.touched(n)) visits::advance(d, *c.state.visit(n));
  }
  return std::move(d.facts);
}

TimePoint next_visit_deadline(const VisitContext& c) {
  TimePoint due = never;
  const auto consider = [&](TimePoint t) {
    if (t > c.now) due = std::min(due, t);
  };
  for (const Offer& o : c.state.offers) consider(o.until);
  for (const VisitNumber n : c.state.open) {
    const Visit& v = *c.state.visit(n);
    consider(v.deadline);
    if (v.effect != 0 && v.deadline != never) consider(v.deadline + visits::action_grace);
    if (v.effect != 0 && v.tidied > TimePoint{}) consider(v.tidied + visits::dfu_patience);
    if (v.run.stop_sent && v.run.open()) consider(v.entered + visits::dfu_patience);
    if (visits::step_of(c, v).kind == StepKind::charge) consider(v.entered + visits::no_gain_patience);
    if (visits::step_of(c, v).kind == StepKind::charge_gate) consider(v.entered + visits::unmetered_patience);
    if (!v.slot) continue;
    consider(visits::started_by(c, v));
    const PortView& p = c.state.slots[v.slot->value].port;
    if (p.since == TimePoint::min()) continue;
    consider(p.since + (p.present ? visits::dfu_patience : visits::reseat_window));
  }
  return due;
}

}  // namespace greenroom
