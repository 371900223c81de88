// Who must be alone on its USB host (rules.md R9). An engine that starts from Port DFU forgets its ECID and adopts the next
// Mac that appears; in KIS it opens the first one it meets (macs facts, sections 2 and 3: both seen in the engine's source);
// without the fence any engine may open any Mac. While such a run has not shown its own Mac, nothing else on its host is
// made to re-enumerate, and what arrives there is unidentified.
#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

constexpr std::string_view host_word = "the USB host";

std::string_view host_of(const VisitContext& c, const Visit& v) {
  const std::string_view port = v.slot ? std::string_view(c.room.slots[v.slot->value].data_port) : std::string_view();
  return port.substr(0, port.find('/'));
}

bool same_host(const VisitContext& c, const Visit& v, std::size_t slot) {
  const std::string_view port = c.room.slots[slot].data_port;
  return !port.empty() && port.substr(0, port.find('/')) == host_of(c, v);
}

bool may_mistake(const VisitContext& c, MacMode from) {
  return from == MacMode::port_dfu || from == MacMode::kis || !c.room.fenced;
}

// When what it opens is known to be its own: its Mac named itself; without the fence not before its end.
TimePoint proven_at(const VisitContext& c, const Visit& v) {
  if (v.run.permitted && c.room.fenced) return v.run.permitted_at;
  return v.run.ended ? v.run.ended_at : never;
}

bool alone_now(const VisitContext& c, const Visit& v) {
  return v.run.open() && may_mistake(c, v.run.from) && proven_at(c, v) == never;
}

bool re_enumerates(const Visit& v) {
  const std::string_view kind = v.effect_kind;
  return v.effect != 0 && (kind == "enter_dfu" || kind == "leave_dfu" || kind == "put_back");
}

// On its way into DFU, or there: the next thing is its engine.
bool before_engine(const VisitContext& c, const Visit& v) {
  const StepKind kind = step_of(c, v).kind;
  return (kind == StepKind::dfu && (v.state == StepState::running || v.state == StepState::hands)) ||
         (kind == StepKind::dfu && v.state == StepState::done);
}

// Its turn has come, and its engine starts in the next round.
bool alone_next(const VisitContext& c, const Visit& v) {
  const PortView& p = view_of(c, v)->port;
  return before_engine(c, v) && v.effect == 0 && awaits_engine(p) && may_mistake(c, p.mode);
}

bool waits_longer(const VisitContext& c, const Visit& o, const Visit& v) {
  if (o.waits_for != WaitKind::usb_host || before_engine(c, v)) return false;  // whose turn has come keeps it
  return v.waits_for != WaitKind::usb_host || o.entered < v.entered || (o.entered == v.entered && o.id < v.id);
}

template <class Pred>
const Visit* other_on_host(const VisitContext& c, const Visit& v, Pred pred) {
  for (const VisitNumber n : c.state.open) {
    const Visit* o = c.state.visit(n);
    if (o->id != v.id && o->slot && same_host(c, v, o->slot->value) && pred(*o)) return o;
  }
  return nullptr;
}

// Of another visit on this host, in this very decision: its state does not show it yet.
bool one_more_starts(const Draft& d, const Visit& v, MacMode own) {
  for (const FactBody& f : d.facts) {
    const auto* e = std::get_if<EffectStarted>(&f);
    const auto slot = e == nullptr || e->visit == v.id ? d.c.state.slot_names.end() : d.c.state.slot_names.find(e->slot);
    if (slot == d.c.state.slot_names.end() || !same_host(d.c, v, slot->second.value)) continue;
    const PortView& there = d.c.state.slots[slot->second.value].port;
    if (may_mistake(d.c, own) || (there.present && may_mistake(d.c, there.mode))) return true;
  }
  return false;
}

bool adoptable(const PortView& p) { return p.present && p.mode != MacMode::booted && p.mode != MacMode::t2_booted; }

}  // namespace

bool host_is_taken(const VisitContext& c, const Visit& v) {
  if (!c.rules.holds(Clause::exclusive)) return false;
  return other_on_host(c, v, [&](const Visit& o) { return alone_now(c, o); }) != nullptr;
}

std::optional<std::string> host_waits_for(const Draft& d, const Visit& v) {
  const VisitContext& c = d.c;
  if (!c.rules.holds(Clause::exclusive) || !v.slot) return std::nullopt;
  const auto because = [&](std::string_view what, std::string_view slot) {
    return std::string(host_word).append(" is taken: ").append(what).append(" in slot ").append(slot);
  };
  const auto there = [&](const Visit& o) { return slot_name(c, o); };
  if (const Visit* o = other_on_host(c, v, [&](const Visit& x) { return alone_now(c, x) || alone_next(c, x); })) {
    return because("the Mac is told from others", there(*o));
  }
  if (const Visit* o = other_on_host(c, v, [&](const Visit& x) { return waits_longer(c, x, v); }))
    return because("one waits longer for it", there(*o));
  const PortView& p = view_of(c, v)->port;
  if (told_to_come_anew(c, v, p)) return std::string(comes_anew_words);
  const MacMode own = p.present ? p.mode : MacMode::dfu;
  if (one_more_starts(d, v, own)) return std::string(host_word).append(" is taken: another Mac starts");
  if (!may_mistake(c, own)) return std::nullopt;
  const auto in_the_way = [&](const Visit& o) {
    return o.run.open() || re_enumerates(o) || (!c.room.fenced && before_engine(c, o));
  };
  if (const Visit* o = other_on_host(c, v, in_the_way)) return because("a Mac changes its mode", there(*o));
  if (c.room.fenced) return std::nullopt;
  for (std::size_t i = 0; i < c.state.slots.size(); ++i) {
    if (v.slot->value != i && same_host(c, v, i) && adoptable(c.state.slots[i].port))
      return because("take the Mac out of DFU, recovery or its restore system", c.room.slots[i].name);
  }
  return std::nullopt;
}

void wait_for_host(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string words) {
  const bool same = v.waits_for == WaitKind::usb_host;
  if (same && v.what == words && d.c.now < v.deadline) return;
  if (same && d.c.now >= v.deadline) {
    return d.hold(v,
                  {"host_taken", v.serial + " waits for hours: " + words + ".", "Look at that slot.", Owner::bench_owner});
  }
  d.wait(v, dfu_step, WaitKind::usb_host, 1, same ? v.deadline : d.in(std::chrono::hours{4}), std::move(words));
}

bool told_to_come_anew(const VisitContext& c, const Visit& v, const PortView& p) {
  return unidentified(c, v, p) && awaits_engine(p) && v.tidied >= p.since;
}

bool unidentified(const VisitContext& c, const Visit& v, const PortView& p) {
  if (!c.rules.holds(Clause::arrival) || !p.present || !v.slot) return false;
  return other_on_host(c, v, [&](const Visit& o) {
           const bool was_alone = o.run.effect != 0 && may_mistake(c, o.run.from);
           return was_alone && p.since >= o.run.started && p.since < proven_at(c, o);
         }) != nullptr;
}

bool unwatched(const VisitContext& c, const Visit& v) {
  return c.rules.holds(Clause::arrival) && !c.room.fenced && !v.run.permitted && v.run.started < c.started;
}

std::optional<std::string> may_have_adopted(const VisitContext& c, const Visit& v) {
  if (!c.rules.holds(Clause::arrival) || c.room.fenced || !v.slot) return std::nullopt;
  // Once its own Mac came into its restore system, that is the one that the engine drives.
  if (v.run.permitted && view_of(c, v)->port.mode == MacMode::restore) return std::nullopt;
  for (std::size_t i = 0; i < c.state.slots.size(); ++i) {
    const PortView& p = c.state.slots[i].port;
    if (v.slot->value != i && same_host(c, v, i) && adoptable(p) && p.since >= v.run.started) return c.room.slots[i].name;
  }
  return std::nullopt;
}

}  // namespace greenroom::visits
