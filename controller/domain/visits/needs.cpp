// What each slot's visit asks of its outlet.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom {
namespace {

using namespace visits;

constexpr double held_goal = 0.5;     // an unattended failure charges to 50 % and waits (design.md 3, People)
constexpr double nearly = 0.005;      // short of the goal: half a percent, the step of a report
constexpr double default_goal = 0.8;  // before the erase, so that the charge gate can pass

// Left there by a run that failed: protected until it is put in order.
bool in_engine_modes(const SlotView* at) {
  if (at == nullptr || !at->port.present) return false;
  return awaits_engine(at->port) || at->port.mode == MacMode::recovery || at->port.mode == MacMode::restore;
}

// Out of an engine's mode it starts up, and shows nothing for a while (its PortView keeps what it showed last).
bool in_or_just_out(const VisitContext& c, const SlotView* at) {
  if (at == nullptr || at->port.present) return in_engine_modes(at);
  const MacMode last = at->port.mode;
  return last != MacMode::booted && last != MacMode::t2_booted && c.now < at->port.since + dfu_patience;
}

bool in_protected_step(const VisitContext& c, const Visit& v) {
  if (v.run.open() || v.effect_kind == "put_back" || v.effect_kind == "leave_dfu" || v.effect_kind == "enter_dfu") {
    if (v.run.open() || v.effect != 0) return true;
  }
  if (v.state == StepState::held) return false;
  if (not_at_work(v) && v.waits_for != WaitKind::usb_host)  // that one has its lease
    return in_or_just_out(c, view_of(c, v));
  const auto protects = [](const Step& s) {
    return s.protects || s.kind == StepKind::dfu || s.kind == StepKind::restore || s.kind == StepKind::install_os ||
           s.kind == StepKind::first_boot;
  };
  if (v.state != StepState::done) return protects(step_of(c, v));
  const std::uint32_t next = next_step(c, v, v.step + 1);  // between two steps: as the coming one
  if (next >= recipe_of(c, v).steps.size()) return false;
  const Step& coming = recipe_of(c, v).steps[next];
  return coming.kind == StepKind::dfu ? in_engine_modes(view_of(c, v)) : protects(coming);  // it may have to wait
}

double goal_of(const VisitContext& c, const Visit& v) {
  if (v.state == StepState::held || (v.waits_for == WaitKind::shift && v.runs > 0)) return held_goal;
  const int percent = charge_goal(c, v);
  if (percent > 0) return percent / 100.0;
  return restart_point(step_of(c, v).kind) ? default_goal : 0.0;
}

// A desktop that shows at the port of a slot where another visit sits, or none: cables were mixed up, or it was never
// scanned there. Its outlet is its life all the same (R1): it is not closed for it, and not opened under it.
const ExpectedMac* desktop_seen(const VisitContext& c, std::uint32_t slot) {
  const PortView& port = c.state.slots[slot].port;
  if (!port.present || port.serial.empty()) return nullptr;
  if (c.power.outlets[c.room.slots[slot].outlet->value].sensed != Sensed::on) return nullptr;
  const auto row = c.state.serials.find(port.serial);
  if (row == c.state.serials.end()) return nullptr;
  const ExpectedMac& mac = c.state.expected[row->second];
  return mac.model && c.catalogue.models[*mac.model].desktop ? &mac : nullptr;
}

// A Mac of another visit that shows here in the middle of its work: somebody exchanged Macs or cables while nobody looked.
// What it draws comes from this slot now, so this outlet is the one that is not opened (R1).
const Visit* other_at_work(const VisitContext& c, std::uint32_t slot, const Visit* seated) {
  const SlotView& at = c.state.slots[slot];
  if (at.port.ecid == 0 || !in_engine_modes(&at)) return nullptr;
  if (c.power.outlets[c.room.slots[slot].outlet->value].sensed != Sensed::on) return nullptr;
  for (const VisitNumber number : c.state.open) {
    const Visit* v = c.state.visit(number);
    if (v != nullptr && v != seated && v->ecid == at.port.ecid) return v;
  }
  return nullptr;
}

Demand protected_without_seat(SlotId slot, VisitNumber visit, bool has_battery) {
  Demand d;
  d.slot = slot;
  d.visit = visit;
  d.has_battery = has_battery;
  d.want = Want::protect;
  return d;
}

}  // namespace

std::vector<Demand> demands(const VisitContext& c) {
  std::vector<Demand> all;
  all.reserve(c.state.open.size());
  for (std::uint32_t i = 0; i < c.state.slots.size(); ++i) {
    const Visit* v = c.state.visit(c.state.slots[i].visit);
    const Slot& slot = c.room.slots[i];
    if (!slot.outlet) continue;
    const ExpectedMac* seen = desktop_seen(c, i);
    const Visit* other = other_at_work(c, i, v);
    if (v == nullptr || !v->open) {
      if (seen != nullptr) all.push_back(protected_without_seat(SlotId{i}, seen->visit, false));
      else if (other != nullptr) all.push_back(protected_without_seat(SlotId{i}, other->id, !model_of(c, *other).desktop));
      continue;
    }
    const MacModel& m = model_of(c, *v);
    Demand d;
    d.slot = SlotId{i};
    d.visit = v->id;
    d.has_battery = !m.desktop;
    d.battery_Wh = m.battery_Wh;
    const auto due = c.state.batches[c.state.expected[v->expected].batch].due;
    d.deadline = c.now + (due - c.wall);
    if (asks_for_restart(c, *v)) {
      d.want = Want::restart;
    } else if (m.desktop || seen != nullptr || other != nullptr || in_protected_step(c, *v)) {
      d.want = Want::protect;  // without a battery, protected whenever on (design.md 1)
    } else {
      d.goal = goal_of(c, *v);
      d.charge = charge_estimate(*v, m, visits::power_of(c, *v));
      // A charge step asks until it is done: the step rests on what is certain, the estimate may be ahead of it.
      const bool in_charge_step =
          step_of(c, *v).kind == StepKind::charge && v->state != StepState::done && v->state != StepState::held;
      if (in_charge_step) d.charge = std::min(d.charge, d.goal - nearly);
      d.want = d.charge < d.goal ? Want::charge : Want::nothing;
    }
    all.push_back(d);
  }
  return all;
}

}  // namespace greenroom
