#include "controller/domain/power/power_state.hpp"

#include <type_traits>
#include <variant>

#include "controller/domain/power/power.hpp"

namespace greenroom {
namespace {

template <class Rows>
auto position(const Rows& rows, std::string_view name) -> std::optional<std::uint32_t> {
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name == name) return i;
  }
  return std::nullopt;
}

struct Apply {
  PowerState& s;
  const Room& room;
  TimePoint at;

  OutletRecord* outlet(const std::string& name) const {
    const auto i = position(room.outlets, name);
    return i ? &s.outlets[*i] : nullptr;
  }
  PduRecord* pdu(const std::string& name) const {
    const auto i = position(room.pdus, name);
    return i ? &s.pdus[*i] : nullptr;
  }
  CircuitRecord* circuit(const std::string& name) const {
    const auto i = position(room.circuits, name);
    return i ? &s.circuits[*i] : nullptr;
  }

  void operator()(const PduKnown& f) const {
    PduRecord* p = pdu(f.pdu);
    if (p == nullptr) return;
    p->known = true;
    p->model = f.model;
    p->identity = f.identity;
    p->boots_all_off = f.boots_all_off;
    p->known_at = at;
  }
  void operator()(const PduLost& f) const {
    const auto i = position(room.pdus, f.pdu);
    if (!i) return;
    s.pdus[*i].known = false;
    s.pdus[*i].lost_why = f.why;
    s.pdus[*i].lost_at = at;
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      if (room.outlets[o].pdu.value == *i) s.outlets[o].sensed = Sensed::unknown;
    }
  }
  void operator()(const OutletSensed& f) const {
    OutletRecord* o = outlet(f.outlet);
    if (o == nullptr) return;
    const Sensed now = sensed_from(f.state);
    if (now == Sensed::on && o->sensed != Sensed::on) o->closed_at = at;
    if (now == Sensed::off && o->sensed == Sensed::on) o->opened_at = at;
    if (now == Sensed::off) o->foreign_on = false, o->failed_opens = 0;
    if (now == Sensed::on) o->foreign_off = false, o->failed_closes = 0;
    if (o->doubt && now == (*o->doubt ? Sensed::on : Sensed::off)) o->doubt.reset();
    o->sensed = now;
    o->sensed_at = at;
  }
  void operator()(const MapProven& f) const {
    if (OutletRecord* o = outlet(f.outlet)) o->proven = true;
  }
  void operator()(const MapRevoked& f) const {
    if (OutletRecord* o = outlet(f.outlet)) o->proven = false;
  }
  void operator()(const GrantIssued& f) const {
    if (OutletRecord* o = outlet(f.outlet)) o->granted = true, o->grant = f.amps;
  }
  void operator()(const GrantEnded& f) const {
    if (OutletRecord* o = outlet(f.outlet)) o->granted = false, o->grant = Amps{};
  }
  void operator()(const LeaseGiven& f) const {
    if (OutletRecord* o = outlet(f.outlet)) o->lease = f.visit;
  }
  void operator()(const LeaseEnded& f) const {
    if (OutletRecord* o = outlet(f.outlet)) o->lease.reset(), o->protection_ended = at;
  }
  void operator()(const SwitchStarted& f) const {
    OutletRecord* o = outlet(f.outlet);
    if (o == nullptr) return;
    o->order = SwitchInFlight{f.effect, f.to == "on", at, f.expires};
    o->doubt.reset();
  }
  void operator()(const SwitchEnded& f) const {
    OutletRecord* o = outlet(f.outlet);
    if (o == nullptr) return;
    const bool to_on = f.to == "on";
    o->order.reset();
    if (f.in_doubt) {
      o->doubt = to_on;
      o->doubt_since = at;
      o->ordered = to_on;
    } else if (f.read_back == f.to) {
      o->ordered = to_on;
      (to_on ? o->failed_closes : o->failed_opens) = 0;
    } else if (f.read_back == "on" || f.read_back == "off" || f.read_back == "fault") {
      (to_on ? o->failed_closes : o->failed_opens) += 1;
      o->failed_at = at;
    }
  }
  void operator()(const ForeignSwitch& f) const {
    const auto i = position(room.outlets, f.outlet);
    if (!i) return;
    OutletRecord& o = s.outlets[*i];
    (f.to == "on" ? o.foreign_on : o.foreign_off) = true;
    o.ordered = f.to == "on";
    s.pdus[room.outlets[*i].pdu.value].last_foreign = at;
  }
  void operator()(const LineReadOnly& f) const {
    PduRecord* p = pdu(f.pdu);
    if (p == nullptr) return;
    p->read_only = !f.cleared;
    if (f.cleared) p->last_foreign = long_ago;
  }
  void operator()(const OutletWaits& f) const {
    if (OutletRecord* o = outlet(f.outlet)) o->waits_reason = f.reason, o->waits_circuit = f.circuit;
  }
  void operator()(const BandChanged& f) const {
    if (CircuitRecord* c = circuit(f.circuit)) c->band = f.band;
  }
  void operator()(const CircuitLost& f) const {
    if (CircuitRecord* c = circuit(f.circuit)) c->lost = true, c->needs_person = f.needs_person, c->lost_at = at;
  }
  void operator()(const CircuitRestored& f) const {
    if (CircuitRecord* c = circuit(f.circuit)) c->lost = c->needs_person = false, c->restored_at = at;
  }
  void operator()(const CircuitLimited& f) const {
    CircuitRecord* c = circuit(f.circuit);
    if (c == nullptr) return;
    c->limit = f.limit > Amps{} ? std::optional(f.limit) : std::nullopt;
  }
  void operator()(const LockedOut& f) const { lock(f.what, true); }
  void operator()(const LockCleared& f) const {
    lock(f.what, false);
    // The same person's word frees an outlet that somebody switched off, or that failed to switch.
    if (OutletRecord* o = outlet(f.what)) o->foreign_off = false, o->failed_closes = o->failed_opens = 0;
  }
  void lock(const std::string& what, bool on) const {
    if (OutletRecord* o = outlet(what)) o->locked = on;
    if (PduRecord* p = pdu(what)) p->locked = on;
    if (CircuitRecord* c = circuit(what)) c->locked = on;
  }
  // Facts of the device half change nothing here.
  template <class Other>
  void operator()(const Other&) const {}
};

}  // namespace

PowerState initial_power(const Room& room) {
  PowerState s;
  s.outlets.resize(room.outlets.size());
  s.pdus.resize(room.pdus.size());
  s.circuits.resize(room.circuits.size());
  return s;
}

std::optional<OutletId> find_outlet(const Room& room, std::string_view name) {
  const auto i = position(room.outlets, name);
  return i ? std::optional(OutletId{*i}) : std::nullopt;
}
std::optional<PduId> find_pdu(const Room& room, std::string_view name) {
  const auto i = position(room.pdus, name);
  return i ? std::optional(PduId{*i}) : std::nullopt;
}
std::optional<CircuitId> find_circuit(const Room& room, std::string_view name) {
  const auto i = position(room.circuits, name);
  return i ? std::optional(CircuitId{*i}) : std::nullopt;
}

void apply_power(PowerState& state, const Room& room, const Fact& fact) {
  std::visit(Apply{state, room, fact.at}, fact.body);
}

bool lease_held(const PowerState& state, OutletId o) {
  return o.value < state.outlets.size() && state.outlets[o.value].lease.has_value();
}

}  // namespace greenroom
