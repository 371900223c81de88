// Orders, contacts and what was claimed of them: R1, R3, R5, R7, R8, R13, R14.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controller/simulate/judge_impl.hpp"

namespace greenroom::sim {
namespace {

std::string_view word(bool on) { return on ? "on" : "off"; }

}  // namespace

std::optional<std::uint32_t> Judge::Impl::outlet_of(PduId pdu, OutletNumber number) const {
  const auto found = numbers[pdu.value].find(number);
  return found == numbers[pdu.value].end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> Judge::Impl::outlet_of(std::string_view outlet) const {
  const auto found = outlet_names.find(outlet);
  return found == outlet_names.end() ? std::nullopt : std::optional(found->second);
}

// Is an order of ours to that outlet queued, sent or in doubt?
bool Judge::Impl::live(std::uint32_t o, bool to_on, TimePoint now) const {
  const AtLine& line = outlets[o].line[to_on ? 1 : 0];
  return line.queued > 0 || now < line.doubt_until || (outlets[o].order && outlets[o].order->to_on == to_on);
}

bool Judge::Impl::locked(std::uint32_t o) const {
  if (outlets[o].locked || pdus[room.outlets[o].pdu.value].locked) return true;
  for (std::optional<CircuitId> c = room.outlets[o].circuit; c; c = room.circuits[c->value].parent) {
    if (locked_circuits.contains(room.circuits[c->value].name)) return true;
  }
  return false;
}

// ---- what happened at the contacts ----------------------------------------------------------------------------------

void Judge::Impl::switched(const model::OutletSwitched& s, TimePoint at) {
  const std::uint32_t o = s.outlet.value;
  Outlet& out = outlets[o];
  if (s.on && s.cause == model::Cause::ordered) closed(o, at);
  if (!s.on) opened(o, s.cause, at);
  out.foreign.reset();
  if (s.cause == model::Cause::foreign && !live(o, s.on, at)) out.foreign = Outlet::Foreign{s.on, at, never};
  out.on = s.on;
  out.cause = s.cause;
  out.refused = false;
}

// R8, at the contacts: 200 ms to the last close on every common circuit, and the three proofs after a loss.
void Judge::Impl::closed(std::uint32_t o, TimePoint at) {
  std::string near;
  for (std::optional<CircuitId> c = room.outlets[o].circuit; c; c = room.circuits[c->value].parent) {
    TimePoint& last = last_close[c->value];
    if (last != before_all && at - last < room.timings.close_spacing) {
      near = fmt::format("{} closed {} ms after another outlet on {}", name_of(o), (at - last).count() / 1000,
                         room.circuits[c->value].name);
    }
    last = at;
  }
  if (!near.empty()) broke(Rule::r8, near);
  const PduNote& pdu = pdus[room.outlets[o].pdu.value];
  if (!pdu.lost || (pdu.identified && pdu.settled)) return;
  broke(Rule::r8, fmt::format("{} closed after a loss of its PDU, before {}", name_of(o),
                              !pdu.identified              ? "its identity was proven"
                              : pdu.first_reading == never ? "its states were read"
                                                           : "one settled reading"));
}

// An opening is the fault's only if no order of ours to that outlet was queued, sent or in doubt. A relay that was
// welded obeys late: that is the fault's as well.
void Judge::Impl::opened(std::uint32_t o, model::Cause cause, TimePoint at) {
  const Outlet& out = outlets[o];
  const bool truly = protected_in_truth(o);
  if (!truly && !out.lease) return;
  if (out.order && !out.order->to_on && out.order->confirmed) return;  // a person ordered exactly that
  const bool ours = live(o, false, at) || (cause == model::Cause::ordered && !out.refused);
  if (!ours && cause == model::Cause::trip) {
    opened_by_trip.push_back(o);
    return;
  }
  if (!ours) {
    ++verdict.fault_opens;
    return;
  }
  ++verdict.protected_opens;
  broke(Rule::r1,
        fmt::format("protected outlet {} was opened{}", name_of(o), truly ? "" : " (by its lease; no Mac at work there)"));
  if (out.place != room.outlets[o].slot) {
    broke(Rule::r13, fmt::format("{} feeds {}, not the slot that the room file says, and was opened", name_of(o),
                                 out.place ? room.slots[out.place->value].name : "nothing"));
  }
}

void Judge::Impl::pdu_lost(PduNote& pdu) {
  pdu.lost = true;
  pdu.identified = pdu.settled = false;
  pdu.first_reading = never;
  for (std::uint32_t o = 0; o < outlets.size(); ++o) {
    if (&pdus[room.outlets[o].pdu.value] == &pdu) outlets[o].foreign.reset();  // nobody can tell any more whose state it is
  }
}

// ---- what went over the line ----------------------------------------------------------------------------------------

void Judge::Impl::sent(std::uint32_t o, bool to_on) {
  Outlet& out = outlets[o];
  out.line[to_on ? 1 : 0].committed = true;
  // Switched by hand, and by us as well before a reading could show it: whose it is nobody can tell any more.
  if (out.foreign && out.foreign->on == to_on && out.foreign->seen == never) out.foreign.reset();
  const bool its_own = out.order && out.order->to_on == to_on && !out.line[to_on ? 1 : 0].unclaimed;
  if (its_own && clock.now() > out.order->expires) {
    broke(Rule::r7, fmt::format("effect {} (switch {} {}) was sent {} ms after it expired", out.order->effect, name_of(o),
                                word(to_on), (clock.now() - out.order->expires).count() / 1000));
  }
  if (to_on) sent_close(o);
  else sent_open(o);
}

void Judge::Impl::sent_close(std::uint32_t o) {
  const Outlet& out = outlets[o];
  if (!out.order || !out.order->to_on)
    broke(Rule::r5, fmt::format("{} was closed without a durable SwitchStarted", name_of(o)));
  else if (!out.granted) broke(Rule::r5, fmt::format("{} was closed without a durable grant", name_of(o)));
  if (locked(o)) broke(Rule::r14, fmt::format("{} was closed while it is locked out", name_of(o)));
}

void Judge::Impl::sent_open(std::uint32_t o) {
  const Outlet& out = outlets[o];
  if (out.order && out.order->confirmed) return;
  if (out.lease)
    broke(Rule::r1, fmt::format("an open of {} was sent while visit {} holds its lease", name_of(o), *out.lease));
  const PduNote& pdu = pdus[room.outlets[o].pdu.value];
  if (pdu.leases > 0 && !(out.proven && pdu.known)) {
    broke(Rule::r13,
          fmt::format("an open of {} was sent while its map is not proven and its PDU has a protected slot", name_of(o)));
  }
}

void Judge::Impl::end_at_line(std::uint32_t o, bool to_on, bool in_doubt) {
  AtLine& line = outlets[o].line[to_on ? 1 : 0];
  if (line.queued == 0) return;  // ended with its controller already
  --line.queued;
  if (line.committed && in_doubt) line.doubt_until = clock.now() + pdus[room.outlets[o].pdu.value].traits.longest_queue;
  if (line.queued == 0) line.committed = false;
}

// A shed goes out at once and is journalled beside: its fact is durable before the turn ends, or as soon as a journal that
// takes time has it. Nothing else may.
void Judge::Impl::settle_orders() {
  unclaimed = false;
  for (std::uint32_t o = 0; o < outlets.size(); ++o) {
    AtLine& open = outlets[o].line[0];
    outlets[o].line[1].unclaimed = false;  // told when it was sent
    if (!open.unclaimed) continue;
    if (clock.now() < open.unclaimed_at + commit_time) {
      noted = unclaimed = true;
      continue;
    }
    open.unclaimed = false;
    broke(Rule::r5, name_of(o) + " was opened without a durable SwitchStarted");
  }
}

// ---- what was claimed -----------------------------------------------------------------------------------------------

void Judge::Impl::began(std::uint32_t o, const SwitchStarted& f, const Fact& fact) {
  Outlet& out = outlets[o];
  const bool to_on = f.to == "on";
  AtLine& line = out.line[to_on ? 1 : 0];
  out.order = Order{f.effect, to_on, f.shed, f.reason == "open_confirmed", fact.at, f.expires, line.unclaimed};
  line.unclaimed = false;
  if (out.foreign && out.foreign->on != to_on && out.foreign->seen < fact.at && !f.shed && !out.order->confirmed) {
    broke(Rule::r7, fmt::format("{} was switched {} by hand at {}, and we switch it {} again ({})", name_of(o),
                                word(out.foreign->on), clock_text(out.foreign->at), word(to_on), f.reason));
  }
  if (to_on) close_decided(o, fact.at);
}

// R3, at the moment of the decision: nothing closes blind. Another PDU's outlets that are unknown count at nameplate.
void Judge::Impl::close_decided(std::uint32_t o, TimePoint now) {
  const auto fresh = [&](std::uint32_t p) {
    return pdus[p].last_reading != before_all && pdus[p].last_reading + 2 * room.pdus[p].full_poll >= now;
  };
  const std::uint32_t own = room.outlets[o].pdu.value;
  if (!fresh(own)) return broke(Rule::r3, name_of(o) + " was ordered on, and its PDU has given no fresh reading");
  for (std::uint32_t p = 0; p < pdus.size(); ++p) {
    if (!pdus[p].answered && now < controller_began + 2 * room.pdus[p].full_poll) {
      return broke(Rule::r3,
                   fmt::format("{} was ordered on after a start, before PDU {} answered", name_of(o), room.pdus[p].name));
    }
  }
  for (std::optional<CircuitId> c = room.outlets[o].circuit; c; c = room.circuits[c->value].parent) {
    Amps sum = room.outlets[o].nameplate;
    bool unknown = false;
    for (const std::uint32_t below_it : under[c->value]) {
      const auto& other = room.outlets[below_it];
      if (below_it == o) continue;
      if (fresh(other.pdu.value)) sum += plant.outlet_amps(OutletId{below_it});
      else if (other.slot) sum += other.nameplate, unknown = true;
    }
    if (!unknown || sum <= room.circuits[c->value].hard) continue;
    return broke(Rule::r3, fmt::format("{} was ordered on; with what is unknown at nameplate, {} comes to {:.1f} A",
                                       name_of(o), room.circuits[c->value].name, sum.value()));
  }
}

void Judge::Impl::ended_fact(const SwitchEnded& f) {
  const auto o = outlet_of(f.outlet);
  if (!o) return;
  Outlet& out = outlets[*o];
  const bool done = f.read_back == f.to && f.error.empty() && !f.in_doubt;
  if (done && out.order && out.order->effect == f.effect) {
    const TimePoint seen = out.line[f.to == "on" ? 1 : 0].seen;
    if (seen < out.order->decided) {
      broke(Rule::r7,
            fmt::format("effect {} (switch {} {}) was called done, and nothing was read back", f.effect, f.outlet, f.to));
    }
  }
  if (out.order && out.order->effect == f.effect) out.order.reset();
}

void Judge::Impl::lock(const std::string& what, bool on) {
  if (const auto o = outlet_of(what)) {
    outlets[*o].locked = on;
    if (!on) outlets[*o].foreign.reset();  // a person cleared it: R7 asks for one
  }
  for (std::uint32_t p = 0; p < pdus.size(); ++p) {
    if (room.pdus[p].name == what) pdus[p].locked = on;
  }
  if (on) locked_circuits.insert(what);
  else if (const auto found = locked_circuits.find(what); found != locked_circuits.end()) locked_circuits.erase(found);
}

void Judge::Impl::power_fact(const Fact& fact) {
  const auto pdu = [&](const std::string& called) -> PduNote* {
    for (std::uint32_t p = 0; p < pdus.size(); ++p) {
      if (room.pdus[p].name == called) return &pdus[p];
    }
    return nullptr;
  };
  const auto outlet = [&](const std::string& called) -> Outlet* {
    const auto o = outlet_of(called);
    return o ? &outlets[*o] : nullptr;
  };
  const auto lease = [&](const std::string& called, std::optional<std::uint64_t> visit) {
    const auto o = outlet_of(called);
    if (!o) return;
    int& count = pdus[room.outlets[*o].pdu.value].leases;
    count += (visit ? 1 : 0) - (outlets[*o].lease ? 1 : 0);
    outlets[*o].lease = visit;
  };
  if (const auto* start = std::get_if<SwitchStarted>(&fact.body)) {
    if (const auto o = outlet_of(start->outlet)) began(*o, *start, fact);
  } else if (const auto* end = std::get_if<SwitchEnded>(&fact.body)) {
    ended_fact(*end);
  } else if (const auto* issued = std::get_if<GrantIssued>(&fact.body)) {
    if (Outlet* o = outlet(issued->outlet)) o->granted = true;
  } else if (const auto* over = std::get_if<GrantEnded>(&fact.body)) {
    if (Outlet* o = outlet(over->outlet)) o->granted = false;
  } else if (const auto* given = std::get_if<LeaseGiven>(&fact.body)) {
    lease(given->outlet, given->visit);
  } else if (const auto* taken = std::get_if<LeaseEnded>(&fact.body)) {
    lease(taken->outlet, std::nullopt);
  } else if (const auto* proof = std::get_if<MapProven>(&fact.body)) {
    if (Outlet* o = outlet(proof->outlet)) o->proven = true;
  } else if (const auto* revoked = std::get_if<MapRevoked>(&fact.body)) {
    if (Outlet* o = outlet(revoked->outlet)) o->proven = false;
  } else if (const auto* known = std::get_if<PduKnown>(&fact.body)) {
    if (PduNote* p = pdu(known->pdu)) p->known = true;
  } else if (const auto* gone = std::get_if<PduLost>(&fact.body)) {
    if (PduNote* p = pdu(gone->pdu)) p->known = false;
  } else if (const auto* bad = std::get_if<LineReadOnly>(&fact.body)) {
    if (PduNote* p = pdu(bad->pdu)) p->read_only = !bad->cleared;
  } else if (const auto* out = std::get_if<LockedOut>(&fact.body)) {
    lock(out->what, true);
  } else if (const auto* in = std::get_if<LockCleared>(&fact.body)) {
    lock(in->what, false);
  }
}

}  // namespace greenroom::sim
