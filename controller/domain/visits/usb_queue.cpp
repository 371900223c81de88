// The queue for a place on the USB tree (usb_limits.hpp). A Mac takes its place before anything brings it into DFU, and has
// it until its engine ended. Who waited longest comes first; one whose own part of the tree is full holds up nobody else,
// nor does one that has to wait for power.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"
#include "controller/domain/visits/usb_limits.hpp"

namespace greenroom::visits {
namespace {

// next: there is a place for it, and its power lease is about to come. refused: as next, but power says no.
enum class Claim { none, waits, next, refused, place };

std::string_view port_of(const VisitContext& c, const Visit& v) {
  return v.slot ? std::string_view(c.room.slots[v.slot->value].data_port) : std::string_view();
}

// A restore that runs without an engine is between two tries, as is one that waits some minutes for the next.
Claim claim_of(StepKind kind, StepState state, WaitKind waits_for) {
  if (kind == StepKind::restore) return state == StepState::running ? Claim::place : Claim::none;
  if (kind != StepKind::dfu || state == StepState::held) return Claim::none;
  if (state != StepState::waiting) return Claim::place;
  if (waits_for == WaitKind::outlet_off || waits_for == WaitKind::next_try) return Claim::place;
  if (waits_for == WaitKind::lease) return Claim::next;
  return waits_for == WaitKind::usb_place ? Claim::waits : Claim::none;
}

// These end by themselves within a minute (power/planner.hpp).
bool comes_soon(std::string_view reason) {
  return reason.empty() || reason == "spacing" || reason == "being_opened" || reason == "min_off" || reason == "start_up";
}

Claim claim_of(const VisitContext& c, const Visit& v) {
  if (v.run.open()) return Claim::place;
  const Claim claim = claim_of(step_of(c, v).kind, v.state, v.waits_for);
  return claim == Claim::next && !comes_soon(view_of(c, v)->waits_reason) ? Claim::refused : claim;
}

// As this very decision made it: the visit's state does not show that yet.
Claim claim_of(const Draft& d, const Visit& v) {
  const StepChanged* now = nullptr;
  for (const FactBody& f : d.facts) {
    if (const auto* change = std::get_if<StepChanged>(&f); change != nullptr && change->visit == v.id) now = change;
  }
  if (now == nullptr || v.run.open()) return claim_of(d.c, v);
  return claim_of(recipe_of(d.c, v).steps[now->step].kind, state_from(now->state), wait_from(now->waits_for));
}

bool waits_longer(const Visit& a, const Visit& b) {
  return a.waits_since < b.waits_since || (a.waits_since == b.waits_since && a.id < b.id);
}

}  // namespace

bool holds_place(const Draft& d, const Visit& v) { return claim_of(d, v) == Claim::place; }

std::optional<std::string> place_waits_for(const Draft& d, const Visit& v) {
  const VisitContext& c = d.c;
  const Claim own = claim_of(c, v);
  if (port_of(c, v).empty() || own == Claim::place) return std::nullopt;
  std::vector<std::string_view> busy;
  std::vector<const Visit*> ahead;
  for (const VisitNumber n : c.state.open) {
    const Visit* o = c.state.visit(n);
    if (o->id == v.id || port_of(c, *o).empty()) continue;
    const Claim claim = claim_of(d, *o);
    if (claim == Claim::place) busy.push_back(port_of(c, *o));
    if ((claim != Claim::waits && claim != Claim::next) || own == Claim::refused) continue;
    if (own == Claim::none || waits_longer(*o, v)) ahead.push_back(o);
  }
  std::sort(ahead.begin(), ahead.end(), [](const Visit* a, const Visit* b) { return waits_longer(*a, *b); });
  for (const Visit* o : ahead) {
    if (!usb_full(c.room.usb, port_of(c, *o), busy)) busy.push_back(port_of(c, *o));
  }
  return usb_full(c.room.usb, port_of(c, v), busy);
}

// Ordinary work, and no trouble however long: its turn comes when another's engine ends, and each of those has its deadline.
void wait_for_place(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string words) {
  if (v.waits_for == WaitKind::usb_place && v.what == words && d.c.now < v.deadline) return;
  d.wait(v, dfu_step, WaitKind::usb_place, 1, d.in(std::chrono::hours{4}), std::move(words));
}

}  // namespace greenroom::visits
