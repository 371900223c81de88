// Into DFU, under a power lease (rules.md R1): by a USB-PD message of the slot, by a person's keys, or, for a desktop, by
// its outlet. That way has four moments, each a state of the step:
//
//   waiting  for outlet_off     the lease is given back, the planner opens the outlet and keeps its amps
//   hands                       it reads off: somebody holds the power button and scans the slot
//   running                     the planner closes it on a new grant; once it reads on, its lease is given
//   done                        the Mac shows DFU, and the lease is held
#include <array>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

constexpr Duration to_open = std::chrono::minutes{30};  // a PDU that is silent, or restarts, comes back sooner
constexpr Duration to_come = std::chrono::minutes{30};  // a person, in staffed time
constexpr Duration cable_patience = std::chrono::minutes{30};

std::string at_slot(const VisitContext& c, const Visit& v) { return v.serial + " in slot " + std::string(slot_name(c, v)); }

const OutletRecord& outlet_of(const VisitContext& c, const Visit& v) {
  return c.power.outlets[slot_of(c, v)->outlet->value];
}

// Read back off, with nothing under way that could turn it on.
bool outlet_is_off(const VisitContext& c, const Visit& v) {
  const OutletRecord& o = outlet_of(c, v);
  return o.sensed == Sensed::off && !o.order && !o.doubt.value_or(false);
}

}  // namespace

std::string dfu_keys(const VisitContext& c, const Visit& v) { return dfu_words(model_of(c, v).dfu, at_slot(c, v)); }

namespace {

void press_keys(Draft& d, const Visit& v, std::uint32_t index, int attempt) {
  d.enter(v, index, StepState::hands, attempt, d.in_staffed(to_come), dfu_keys(d.c, v));
}

void restart(Draft& d, const Visit& v, std::uint32_t index, int attempt) {
  std::string words = "outlet off on " + d.c.room.outlets[slot_of(d.c, v)->outlet->value].name;
  d.wait(v, index, WaitKind::outlet_off, attempt, d.in(to_open), std::move(words));
}

// In DFU, but in KIS it does not say who it is before the way into DFU has asked (macs facts, 2.3).
bool is_to_be_asked(const PortView& p) { return p.present && p.mode == MacMode::kis && p.ecid == 0; }

// By the way itself; the lease is held, or the way does without one.
void begin(Draft& d, const Visit& v, std::uint32_t index, int attempt) {
  const PortView& port = view_of(d.c, v)->port;
  const bool there = awaits_engine(port), by_way = there || is_to_be_asked(port);
  const DfuEntry way = dfu_way(d.c, v, index);
  if (!by_way && way == DfuEntry::by_outlet) return restart(d, v, index, attempt);
  if (!by_way && way == DfuEntry::by_hand) return press_keys(d, v, index, attempt);
  if (!there) d.effect(v, "enter_dfu");
  d.enter(v, index, StepState::running, attempt, d.in(deadline_of(recipe_of(d.c, v).steps[index])), {});
}

void not_reached(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  d.hold(v, {"dfu_not_reached", or_else(v.cause, at_slot(d.c, v) + " did not reach DFU."), or_else(s.instruction, v.remedy),
             s.owner});
}

void again(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  if (v.attempt >= s.tries) return not_reached(d, v);
  if (dfu_way(d.c, v, v.step) != DfuEntry::vdm) return begin(d, v, v.step, v.attempt + 1);
  if (view_of(d.c, v)->port.present) return enter_dfu(d, v, v.step, v.attempt + 1);
  d.enter(v, v.step, StepState::hands, v.attempt, d.in_staffed(cable_patience),
          "Plug the data cable of " + v.serial + " in again at slot " + std::string(slot_name(d.c, v)) + ".");
}

// It shows DFU: is it the Mac that should?
void arrived(Draft& d, const Visit& v, const PortView& port) {
  if (unidentified(d.c, v, port)) {
    if (host_is_taken(d.c, v)) return;  // not while that would bring one more arrival
    if (!told_to_come_anew(d.c, v, port)) d.effect(v, "leave_dfu", port.ecid);
    return wait_for_host(d, v, v.step, std::string(comes_anew_words));
  }
  const auto trouble = contradiction(d.c, v, port);
  if (!trouble) return d.done(v);
  if (trouble->reason == "duplicate") {  // block both
    for (const VisitNumber n : d.c.state.open) {
      const Visit* o = d.c.state.visit(n);
      if (o->id != v.id && o->state != StepState::held && o->ecid == port.ecid) d.hold(*o, *trouble);
    }
  }
  d.hold(v, *trouble);
}

bool leased(const VisitContext& c, const Visit& v) {
  const auto& outlet = slot_of(c, v)->outlet;
  return !outlet || lease_held(c.power, *outlet);
}

// It runs, in whatever mode, since the state was entered: nobody held the button, or not for long enough.
bool started_as_usual(const Visit& v, const PortView& p) {
  const bool runs = p.mode == MacMode::booted || p.mode == MacMode::t2_booted || p.mode == MacMode::recovery;
  return p.present && runs && p.since > v.entered;
}

void running(Draft& d, const Visit& v, const PortView& port) {
  if (v.effect != 0) {
    if (d.c.now < v.deadline + action_grace) return;
    d.add(EffectEnded{v.effect, v.effect_kind, v.id, false, "DFU entry did not answer.", "Check the slot's DFU entry.",
                      "bench_owner"});
    return;
  }
  if (awaits_engine(port) && leased(d.c, v)) return arrived(d, v, port);
  const bool asked = v.effect_kind == "enter_dfu" && port.since <= v.entered;
  if (is_to_be_asked(port) && !asked && leased(d.c, v)) return enter_dfu(d, v, v.step, v.attempt);
  const bool by_outlet = dfu_way(d.c, v, v.step) == DfuEntry::by_outlet;
  if (v.action_failed || d.c.now >= v.deadline || (by_outlet && started_as_usual(v, port))) again(d, v);
}

void waiting(Draft& d, const Visit& v, const PortView& port) {
  if (auto trouble = contradiction(d.c, v, port)) return d.hold(v, *trouble);
  if (not_at_work(v) && v.effect != 0) return;  // it is being put in order
  if (!asks_for_restart(d.c, v)) return enter_dfu(d, v, v.step, 1);
  if (outlet_is_off(d.c, v)) {
    return d.enter(v, v.step, StepState::hands, v.attempt, d.in_staffed(to_come),
                   "Hold the power button of " + at_slot(d.c, v) + ", scan the slot, and let go when it says DFU. " +
                       dfu_port_words(model_of(d.c, v).dfu.port));
  }
  if (d.c.now < v.deadline) return;
  d.hold(v, {"outlet_stays_on",
             "The outlet of slot " + std::string(slot_name(d.c, v)) + " did not switch off: " + v.serial +
                 " cannot enter DFU there.",
             "Look at that outlet and its PDU; take the Mac to another slot.", Owner::facilities});
}

// Somebody is asked to come: for the button, the keys or the cable.
void hands(Draft& d, const Visit& v, const PortView& port) {
  const DfuEntry way = dfu_way(d.c, v, v.step);
  if (way == DfuEntry::by_hand && awaits_engine(port)) return arrived(d, v, port);
  if (way == DfuEntry::by_hand && is_to_be_asked(port)) return enter_dfu(d, v, v.step, v.attempt);
  if (way == DfuEntry::by_outlet && outlet_of(d.c, v).sensed == Sensed::on) return restart(d, v, v.step, v.attempt);
  if (way == DfuEntry::vdm && port.present) return enter_dfu(d, v, v.step, v.attempt + 1);
  if (d.c.now < v.deadline) return;
  if (way != DfuEntry::vdm) return again(d, v);
  d.hold(v, {"mac_removed",
             v.serial + " left slot " + std::string(slot_name(d.c, v)) + " before it was erased, and did not come back.",
             "Find the Mac, plug it in at its slot, close this case.", Owner::technician});
}

}  // namespace

bool awaits_engine(const PortView& p) { return in_dfu(p) || (p.present && p.ecid != 0 && p.mode == MacMode::port_dfu); }

bool in_dfu(const PortView& p) { return p.present && p.ecid != 0 && (p.mode == MacMode::dfu || p.mode == MacMode::kis); }

DfuEntry dfu_way(const VisitContext& c, const Visit& v, std::uint32_t dfu_step) {
  const Slot* slot = slot_of(c, v);
  if (slot == nullptr) return DfuEntry::none;
  const std::string& of_model = recipe_of(c, v).steps[dfu_step].entry;
  const DfuEntry way = of_model == "by_outlet" ? DfuEntry::by_outlet
                       : of_model == "by_hand" ? DfuEntry::by_hand
                                               : slot->dfu_entry;
  // A laptop does not feel its outlet.
  if (way == DfuEntry::by_outlet) return model_of(c, v).desktop && slot->outlet ? way : DfuEntry::by_hand;
  return way == DfuEntry::none ? DfuEntry::by_hand : way;
}

bool asks_for_restart(const VisitContext& c, const Visit& v) {
  if (!v.slot || step_of(c, v).kind != StepKind::dfu || dfu_way(c, v, v.step) != DfuEntry::by_outlet) return false;
  return v.state == StepState::hands || v.waits_for == WaitKind::outlet_off;
}

std::optional<Unattended> unattended(const VisitContext& c, const Visit& v, std::uint32_t from, std::uint32_t to) {
  if (c.room.shifts.empty()) return std::nullopt;
  Duration takes{};
  for (std::uint32_t i = from; i <= to && i < recipe_of(c, v).steps.size(); ++i) {
    takes += deadline_of(recipe_of(c, v).steps[i]);  // a failure may show as late as that
  }
  const WallTime ends = staffed_from(c.room.shifts, c.wall + takes);
  if (ends == c.wall + takes) return std::nullopt;
  return Unattended{ends - takes, ends};
}

void wait_for_shift(Draft& d, const Visit& v, std::uint32_t dfu_step, const Unattended& gap) {
  if (v.waits_for == WaitKind::shift && d.c.now < v.deadline) return;
  const auto date = std::chrono::floor<std::chrono::days>(gap.next_shift);
  constexpr std::array<const char*, 7> names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(gap.next_shift - date).count();
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  std::string words = std::string("shift: nobody would be here at its end; the next one begins ") +
                      names[std::chrono::weekday{date}.c_encoding()] + " " + two(minutes / 60) + ":" + two(minutes % 60);
  d.wait(v, dfu_step, WaitKind::shift, 1, d.in(gap.start - d.c.wall), std::move(words));
}

bool asks_for_button(const VisitContext& c, const Visit& v) { return v.state == StepState::hands && asks_for_restart(c, v); }

void button_held(Draft& d, const Visit& v) {
  if (!outlet_is_off(d.c, v))
    return d.refuse(std::string(slot_name(d.c, v)) + " is not off yet: wait for the screen to say so.");
  d.answer = "hold on: " + v.serial + " gets power now";
  d.enter(v, v.step, StepState::running, v.attempt, d.in(deadline_of(step_of(d.c, v))), {});
}

void enter_dfu(Draft& d, const Visit& v, std::uint32_t index, int attempt) {
  if (!v.slot) return;
  auto gap = unattended(d.c, v, index, index + 1);
  if (!gap) gap = unattended(d.c, v, index + 1, index + 1);  // DFU may take no time: it would be left again at once
  if (gap) return wait_for_shift(d, v, index, *gap);
  if (auto lack = start_lacks(d.c)) return wait_until_ready(d, v, index, std::move(*lack));
  if (auto first = trial_waits_for(d, v)) return wait_for_trial(d, v, index, std::move(*first));
  if (auto refused = next_try_waits_for(d.c, v)) return wait_for_next_try(d, v, index, std::move(*refused));
  if (auto full = place_waits_for(d, v)) return wait_for_place(d, v, index, std::move(*full));
  if (!leased(d.c, v)) return wait_for_power(d, v, index, WaitKind::lease);
  if (auto taken = host_waits_for(d, v)) return wait_for_host(d, v, index, std::move(*taken));
  begin(d, v, index, attempt);
}

void advance_dfu(Draft& d, const Visit& v) {
  if (!v.slot) return;
  const PortView& port = view_of(d.c, v)->port;
  if (v.state == StepState::waiting) return waiting(d, v, port);
  if (v.state == StepState::running) return running(d, v, port);
  hands(d, v, port);
}

}  // namespace greenroom::visits
