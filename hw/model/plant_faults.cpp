// What strikes the plant by itself. Each kind has its own stream and its own chain of events; one that finds nothing to
// strike is not counted, and the next comes after its usual gap.
#include <algorithm>

#include "hw/model/plant_impl.hpp"

namespace greenroom::model {
namespace {

template <class T, class Fits>
std::vector<std::uint32_t> indices(const std::vector<T>& all, Fits fits) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (fits(all[i])) found.push_back(i);
  }
  return found;
}

constexpr int drift_steps = 10;

}  // namespace

void Plant::Impl::schedule_faults() {
  for (auto i = static_cast<std::size_t>(FaultKind::pdu_reboot); i <= static_cast<std::size_t>(FaultKind::blackout); ++i) {
    arm(static_cast<FaultKind>(i));
  }
  // The drawing is wrong from the start: two cords went into each other's outlets when the room was built.
  if (dice.strikes(FaultKind::outlets_swapped)) strike_power(FaultKind::outlets_swapped);
  // Labels are wrong from the start: somebody stuck another Mac's on it.
  for (std::uint32_t i = 0; i < macs.size() && macs.size() > 1; ++i) {
    if (!dice.strikes(FaultKind::mac_mislabelled)) continue;
    const auto other =
        (i + 1 + static_cast<std::uint32_t>(dice.pick(FaultKind::mac_mislabelled, macs.size() - 1))) % macs.size();
    if (macs[i].spec.battery != macs[other].spec.battery)
      continue;  // nobody takes a desktop for a laptop, whatever its label says
    macs[i].spec.label = macs[other].spec.serial;
    tell(FaultInjected{FaultKind::mac_mislabelled, i});
  }
}

void Plant::Impl::arm(FaultKind kind) {
  const auto gap = dice.next_gap(kind);
  if (!gap) return;
  later(*gap, [this, kind] {
    advance();
    if (strike(kind)) dice.count(kind);
    recompute();
    arm(kind);
  });
}

void Plant::Impl::ends(FaultKind kind, std::uint32_t target, std::function<void()> undo) {
  later(dice.lasts(kind), [this, kind, target, undo = std::move(undo)] {
    advance();
    undo();
    recompute();
    tell(FaultEnded{kind, target});
  });
}

bool Plant::Impl::strike(FaultKind kind) {
  switch (kind) {
    case FaultKind::meter_frozen:
    case FaultKind::meter_drift:
    case FaultKind::meter_disagrees: return strike_meter(kind);
    case FaultKind::mac_unplugged:
    case FaultKind::macs_swapped:
    case FaultKind::restoring_surge:
    case FaultKind::wake_up: return strike_mac(kind);
    default: return strike_power(kind);
  }
}

std::vector<std::uint32_t> Plant::Impl::power_targets(FaultKind kind) const {
  using enum FaultKind;
  std::vector<std::uint32_t> can;
  switch (kind) {
    case pdu_reboot:
    case line_unplugged:
    case pdu_boots_on: return indices(pdus, [](const auto& p) { return p->up(); });
    case relay_welded: return indices(outlets, [](const auto& o) { return o.relay && !o.welded; });
    case relay_stuck_off: return indices(outlets, [](const auto& o) { return !o.relay && !o.stuck_off; });
    case outlets_swapped: return indices(places, [](const auto& p) { return p.outlet.has_value(); });
    case heater: return indices(spec.circuits, [](const auto& c) { return c.foreign_most.milli > 0; });
    case blackout: return indices(spec.circuits, [](const auto& c) { return c.edge != Edge::none; });
    case foreign_on:
    case foreign_off:
      for (std::uint32_t i = 0; i < outlets.size(); ++i) {
        if (outlets[i].ordered == (kind == foreign_off) && pdus[spec.outlets[i].pdu.value]->up()) can.push_back(i);
      }
      return can;
    default: return can;
  }
}

bool Plant::Impl::swap_outlets(SlotId one, SlotId other) {
  if (one == other) return false;
  tell(FaultInjected{FaultKind::outlets_swapped, one.value});
  exchange_outlets(one, other);
  return true;
}

void Plant::Impl::exchange_outlets(SlotId one, SlotId other) {
  std::swap(places[one.value].outlet, places[other.value].outlet);
  for (const SlotId place : {one, other}) outlets[places[place.value].outlet->value].place = place;
  for (const SlotId place : {one, other}) check_mains(place);
}

void Plant::Impl::weld(std::uint32_t target) {
  outlets[target].welded = true;
  ends(FaultKind::relay_welded, target, [this, target] {
    outlets[target].welded = false;
    const OutletSpec& o = spec.outlets[target];
    if (!outlets[target].ordered) drive(o.pdu, o.number - 1U, false, Cause::ordered);  // the order acts at last
  });
}

void Plant::Impl::heat(CircuitId c) {
  const double most = std::min(dice.envelope().heater, spec.circuits[c.value].foreign_most).value();
  const double amps = dice.amount(FaultKind::heater, most / 2.0, most);
  grid[c].foreign += amps;
  ends(FaultKind::heater, c.value, [this, c, amps] { grid[c].foreign = std::max(0.0, grid[c].foreign - amps); });
}

bool Plant::Impl::strike_power(FaultKind kind) {
  const auto can = power_targets(kind);
  if (can.empty()) return false;
  const std::uint32_t target = can[dice.pick(kind, can.size())];
  if (kind == FaultKind::outlets_swapped) return swap_outlets(SlotId{target}, SlotId{can[dice.pick(kind, can.size())]});
  tell(FaultInjected{kind, target});
  switch (kind) {
    case FaultKind::pdu_reboot: pdus[target]->reboot(false); break;
    case FaultKind::pdu_boots_on: pdus[target]->reboot(true); break;
    case FaultKind::line_unplugged:
      pdus[target]->unplug_line(true);
      ends(kind, target, [this, target] { pdus[target]->unplug_line(false); });
      break;
    case FaultKind::relay_welded: weld(target); break;
    case FaultKind::heater: heat(CircuitId{target}); break;
    case FaultKind::relay_stuck_off:
      outlets[target].stuck_off = true;
      ends(kind, target, [this, target] { outlets[target].stuck_off = false; });
      break;
    case FaultKind::blackout:
      grid[CircuitId{target}].supplied = false;
      refresh(Cause::blackout);
      ends(kind, target, [this, target] {
        grid[CircuitId{target}].supplied = true;
        refresh(Cause::blackout);
      });
      break;
    default: {  // foreign_on, foreign_off
      const OutletSpec& o = spec.outlets[target];
      pdus[o.pdu.value]->button(o.number - 1U, kind == FaultKind::foreign_on);
    }
  }
  return true;
}

bool Plant::Impl::strike_meter(FaultKind kind) {
  const bool outlet_meters_only = kind == FaultKind::meter_disagrees;  // where the bank's meter can give it away
  const auto can =
      indices(pdus, [&](const auto& p) { return p->up() && (!outlet_meters_only || p->meter_count() > p->banks()); });
  if (can.empty()) return false;
  const std::uint32_t target = can[dice.pick(kind, can.size())];
  ModelPdu* pdu = pdus[target].get();
  const std::size_t first = outlet_meters_only ? pdu->banks() : 0;
  const std::size_t meter = first + dice.pick(kind, pdu->meter_count() - first);
  tell(FaultInjected{kind, target});
  if (kind == FaultKind::meter_frozen) {
    pdu->freeze(meter, true);
    ends(kind, target, [pdu, meter] { pdu->freeze(meter, false); });
    return true;
  }
  if (kind == FaultKind::meter_disagrees) {
    pdu->set_gain(meter, 1.0 - dice.amount(kind, 0.0, dice.envelope().disagree));
    ends(kind, target, [pdu, meter] { pdu->set_gain(meter, 1.0); });
    return true;
  }
  const double far = dice.amount(kind, -dice.envelope().drift, dice.envelope().drift);
  const Duration whole = dice.lasts(kind);
  for (int step = 1; step <= drift_steps; ++step) {
    later(whole / drift_steps * step, [pdu, meter, gain = 1.0 + far * step / drift_steps] { pdu->set_gain(meter, gain); });
  }
  later(whole + whole / drift_steps, [this, pdu, meter, target] {
    pdu->set_gain(meter, 1.0);  // somebody calibrated it
    tell(FaultEnded{FaultKind::meter_drift, target});
  });
  return true;
}

void Plant::Impl::wake(MacId id, Duration takes) {
  MacState& m = macs[id.value];
  m.waking = true;
  m.waking_injected = ++waking > dice.envelope().surge_k;
  later(takes, [this, id] {
    advance();
    macs[id.value].waking = macs[id.value].waking_injected = false;
    --waking;
    recompute();
    tell(FaultEnded{FaultKind::wake_up, id.value});
  });
}

bool Plant::Impl::strike_mac(FaultKind kind) {
  if (kind == FaultKind::restoring_surge) {
    const auto restoring =
        indices(macs, [](const auto& m) { return m.mode == Mode::restore && m.mains && m.battery.works(); });
    if (restoring.empty()) return false;
    const Duration takes = dice.lasts(kind);
    for (const std::uint32_t i : restoring) {
      tell(FaultInjected{kind, i});
      later(seconds_of(dice.amount(kind, 0.0, 1.0)), [this, i, epoch = macs[i].epoch] {
        MacState& m = macs[i];
        if (m.epoch != epoch || !m.mains || m.mode != Mode::restore) return;
        advance();
        m.surging = m.epoch == epoch;
        recompute();
      });
      later(takes, [this, i, kind] {
        advance();
        macs[i].surging = false;
        recompute();
        tell(FaultEnded{kind, i});
      });
    }
    return true;
  }
  const auto can = indices(macs, [kind](const auto& m) {
    if (kind == FaultKind::wake_up) return m.mode == Mode::booted && m.mains && !m.waking;
    if (kind == FaultKind::macs_swapped) return m.data.has_value() && m.power.has_value();
    return m.data.has_value() || m.power.has_value();
  });
  if (can.empty()) return false;
  const std::uint32_t target = can[dice.pick(kind, can.size())];
  const MacId mac{target};
  if (kind == FaultKind::wake_up) {
    tell(FaultInjected{kind, target});
    wake(mac, dice.lasts(kind));
    return true;
  }
  if (kind == FaultKind::mac_unplugged) {
    const bool data = macs[target].data && (!macs[target].power || dice.pick(kind, 2) == 0);
    tell(FaultInjected{kind, target});
    if (data) set_data(mac, std::nullopt);
    else set_power(mac, std::nullopt);
    return true;
  }
  const MacId other{can[dice.pick(kind, can.size())]};
  if (other == mac) return false;
  tell(FaultInjected{kind, target});
  const auto data = std::pair(macs[mac.value].data, macs[other.value].data);
  const auto power = std::pair(macs[mac.value].power, macs[other.value].power);
  for (const MacId m : {mac, other}) {
    set_data(m, std::nullopt);
    set_power(m, std::nullopt);
  }
  set_data(mac, data.second);
  set_data(other, data.first);
  set_power(mac, power.second);
  set_power(other, power.first);
  return true;
}

}  // namespace greenroom::model
