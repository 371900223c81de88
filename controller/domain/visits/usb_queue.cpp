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
Claim claim_of(std::string_view kind, std::string_view state, std::string_view what) {
  const bool dfu = kind == to_string(StepKind::dfu);
  const bool restore = kind == to_string(StepKind::restore) && state == to_string(StepState::running);
  if (restore || (dfu && state != to_string(StepState::waiting) && state != to_string(StepState::held))) return Claim::place;
  if (!dfu || state == to_string(StepState::held)) return Claim::none;
  if (what.starts_with(outlet_off_words) || what.starts_with(next_try_words)) return Claim::place;
  if (what.starts_with(lease_words)) return Claim::next;
  return what.find(usb_full_words) == std::string_view::npos ? Claim::none : Claim::waits;
}

// These end by themselves within a minute (power/planner.hpp).
bool comes_soon(std::string_view reason) {
  return reason.empty() || reason == "spacing" || reason == "being_opened" || reason == "min_off" || reason == "start_up";
}

Claim claim_of(const VisitContext& c, const Visit& v) {
  if (v.run.open()) return Claim::place;
  const Claim claim = claim_of(to_string(step_of(c, v).kind), to_string(v.state), v.what);
  return claim == Claim::next && !comes_soon(view_of(c, v)->waits_reason) ? Claim::refused : claim;
}

// As this very decision made it: the visit's state does not show that yet.
Claim claim_of(const Draft& d, const Visit& v) {
  const StepChanged* now = nullptr;
  for (const FactBody& f : d.facts) {
    if (const auto* change = std::get_if<StepChanged>(&f); change != nullptr && change->visit == v.id) now = change;
  }
  return now == nullptr || v.run.open() ? claim_of(d.c, v) : claim_of(now->kind, now->state, now->what);
}

bool waits_longer(const Visit& a, const Visit& b) {
  return a.waits_since < b.waits_since || (a.waits_since == b.waits_since && a.id < b.id);
}

}  // namespace

bool holds_place(const Draft& d, const Visit& v) { return claim_of(d, v) == Claim::place; }

bool waits_for_place(const VisitContext& c, const Visit& v) { return claim_of(c, v) == Claim::waits; }

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
  if (waits_for_place(d.c, v) && v.what == words && d.c.now < v.deadline) return;
  d.enter(v, dfu_step, StepState::waiting, 1, d.in(std::chrono::hours{4}), std::move(words));
}

}  // namespace greenroom::visits
