// Currents, contacts and supply.
#include "hw/model/plant_impl.hpp"

namespace greenroom::model {

void Plant::Impl::advance() {
  const TimePoint now = clock.now();
  if (now <= last) return;
  const double seconds = in_seconds(now - last);
  last = now;
  trips.clear();
  grid.carry(seconds, trips);
  for (std::uint32_t i = 0; i < grid.size(); ++i) {
    const Grid::Node& n = grid[CircuitId{i}];
    if (n.all.amps > n.hard) tell(OverHard{CircuitId{i}, Amps::of(n.all.amps), Amps::of(n.clean.amps), seconds});
  }
  step_macs(seconds);
  if (trips.empty()) return;
  const std::vector<CircuitId> tripped = trips;
  for (const CircuitId c : tripped) trip(c);
}

void Plant::Impl::recompute() {
  grid.clear();
  for (std::size_t i = 0; i < outlets.size(); ++i) {
    OutletState& o = outlets[i];
    o.amps = o.clean = o.watts = 0.0;
    if (!o.live || !o.place) continue;
    const auto& mac = places[o.place->value].power;
    if (!mac) continue;
    MacState& m = macs[mac->value];
    load_of(m);
    o.amps = m.amps;
    o.watts = m.watts;
    o.clean = o.injected ? 0.0 : m.clean;
    grid.add(spec.outlets[i].circuit, o.amps, o.clean);
  }
  grid.sum();
  expect_trips();
}

// A breaker that would trip before the next tick does so at its instant.
void Plant::Impl::expect_trips() {
  for (std::uint32_t i = 0; i < grid.size(); ++i) {
    const Grid::Node& n = grid[CircuitId{i}];
    if (n.all.amps <= n.hard || !n.closed) continue;
    const double seconds = n.all.breaker.time_to_trip(n.all.amps);
    if (seconds < 1.0) later(seconds_of(seconds) + Duration{2}, [this] { advance(); });
  }
}

void Plant::Impl::drive(PduId p, std::size_t outlet, bool on, Cause cause) {
  if (!sockets[p.value][outlet]) return;  // nothing of the room hangs there
  advance();
  const std::size_t i = sockets[p.value][outlet]->value;
  OutletState& o = outlets[i];
  const bool held = on ? (o.stuck_off && !o.relay) : (o.welded && o.relay);
  const bool changed = o.ordered != on;
  o.ordered = on;
  if (held) {
    if (!on) o.injected = true;  // from here on it is alive against an order
    if (changed) tell(RelayRefused{OutletId{static_cast<std::uint32_t>(i)}, on});
  } else if (on) {
    const bool by_fault = cause == Cause::foreign || cause == Cause::boots_on;
    if (!by_fault) o.injected = false;
    else if (!o.relay) o.injected = true;
    o.relay = true;
  } else {
    o.relay = false;
    o.injected = false;
  }
  refresh_outlet(i, cause);
  recompute();
}

void Plant::Impl::refresh_outlet(std::size_t i, Cause cause) {
  OutletState& o = outlets[i];
  const bool live = o.relay && grid.live(spec.outlets[i].circuit);
  if (live == o.live) return;
  o.live = live;
  tell(OutletSwitched{OutletId{static_cast<std::uint32_t>(i)}, live, cause});
  if (o.place) check_mains(*o.place);
}

void Plant::Impl::refresh(Cause cause) {
  grid.update_live();
  for (std::size_t i = 0; i < outlets.size(); ++i) refresh_outlet(i, cause);
  for (std::size_t p = 0; p < pdus.size(); ++p) pdus[p]->power(grid.live(spec.pdus[p].circuit), cause);
  recompute();
}

void Plant::Impl::trip(CircuitId c) {
  Grid::Node& n = grid[c];
  if (!n.closed) return;
  n.closed = false;
  tell(Tripped{c, n.all.breaker.theta(), n.clean.breaker.theta(), n.clean_tripped});
  refresh(Cause::trip);
}

double Plant::Impl::amps(PduId p, std::size_t i) const {
  const auto& socket = sockets[p.value][i];
  return socket ? outlets[socket->value].amps : 0.0;
}

double Plant::Impl::watts(PduId p, std::size_t i) const {
  const auto& socket = sockets[p.value][i];
  return socket ? outlets[socket->value].watts : 0.0;
}

bool Plant::Impl::bank_good(PduId p, std::size_t bank) const {
  for (const auto& socket : sockets[p.value]) {
    if (socket && spec.outlets[socket->value].bank == bank) return grid.live(spec.outlets[socket->value].circuit);
  }
  return true;
}

}  // namespace greenroom::model
