// The queue for a place on the USB tree (usb_limits.hpp). A Mac takes its place before anything brings it into DFU, and has
// it until its engine ended. Who waited longest comes first; one whose own part of the tree is full holds up nobody else,
// nor does one that has to wait for power.
#include <algorithm>
#include <span>
#include <utility>

#include "controller/domain/visits/draft.hpp"
#include "controller/domain/visits/usb_limits.hpp"

namespace greenroom::visits {
namespace {

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
  return claim == Claim::next && v.slot && !comes_soon(view_of(c, v)->waits_reason) ? Claim::refused : claim;
}

std::size_t index_of(const VisitContext& c, VisitNumber n) {
  const auto at = std::lower_bound(c.state.open.begin(), c.state.open.end(), n);
  return at == c.state.open.end() || *at != n ? c.state.open.size() : static_cast<std::size_t>(at - c.state.open.begin());
}

bool in_queue(Claim claim) { return claim == Claim::waits || claim == Claim::next; }

// Takes in one fact of this very decision, which the visits' state does not show yet.
void take(UsbQueue& q, const VisitContext& c, const FactBody& fact) {
  if (const auto* effect = std::get_if<EffectStarted>(&fact)) {
    const std::size_t i = index_of(c, effect->visit);
    if (i == q.of.size() || effect->kind != "engine") return;
    q.of[i].engine = true;
    q.told = false;
  } else if (const auto* change = std::get_if<StepChanged>(&fact)) {
    const std::size_t i = index_of(c, change->visit);
    if (i == q.of.size() || c.state.visit(change->visit)->run.open()) return;
    const StepKind kind = recipe_of(c, *c.state.visit(change->visit)).steps[change->step].kind;
    const Claim before =
        std::exchange(q.of[i].claim, claim_of(kind, state_from(change->state), wait_from(change->waits_for)));
    const Claim now = q.of[i].claim;
    if (in_queue(before) != in_queue(now) || (before == Claim::place) != (now == Claim::place)) q.told = false;
  }
}

bool waits_longer(const Visit* a, const Visit* b) {
  return a->waits_since < b->waits_since || (a->waits_since == b->waits_since && a->id < b->id);
}

// Who has a place, and then, in their order, whose turn it is and what the others wait for.
void tell(UsbQueue& q, const VisitContext& c) {
  q.busy.clear(), q.at_work.clear(), q.waits_for.clear();
  std::vector<const Visit*> waiting;
  for (std::size_t i = 0; i < q.of.size(); ++i) {
    const Visit* v = c.state.visit(c.state.open[i]);
    if (q.of[i].claim == Claim::place || q.of[i].engine) q.at_work.push_back({v, q.of[i].engine});
    if (port_of(c, *v).empty()) continue;
    if (q.of[i].claim == Claim::place) q.busy.push_back(port_of(c, *v));
    if (in_queue(q.of[i].claim)) waiting.push_back(v);
  }
  q.places = q.busy.size();
  std::sort(waiting.begin(), waiting.end(), waits_longer);
  for (const Visit* v : waiting) {
    auto full = usb_full(c.room.usb, port_of(c, *v), q.busy);
    if (!full) q.busy.push_back(port_of(c, *v));
    q.waits_for[v->id] = std::move(full);
  }
  q.told = true;
}

// As this very decision has left it so far. A round asks for each Mac, and few of them change it: it is made anew only when
// one did.
const UsbQueue& queue_of(Draft& d) {
  UsbQueue& q = d.usb_queue;
  if (q.of.empty()) {
    for (const VisitNumber n : d.c.state.open) {
      const Visit& v = *d.c.state.visit(n);
      q.of.push_back({claim_of(d.c, v), v.run.open()});
    }
  }
  for (; q.facts < d.facts.size(); ++q.facts) take(q, d.c, d.facts[q.facts]);
  if (!q.told) tell(q, d.c);
  return q;
}

Claim claim_of(Draft& d, const Visit& v) {
  const UsbQueue& q = queue_of(d);
  const std::size_t i = index_of(d.c, v.id);
  return i == q.of.size() ? Claim::none : q.of[i].claim;
}

}  // namespace

bool holds_place(Draft& d, const Visit& v) { return claim_of(d, v) == Claim::place; }

const std::vector<AtWork>& at_work(Draft& d) { return queue_of(d).at_work; }

// A newcomer stands behind all the others, and takes nothing yet: it may have to wait for something else.
std::optional<std::string> place_waits_for(Draft& d, const Visit& v) {
  const std::string_view port = port_of(d.c, v);
  const Claim own = claim_of(d, v);
  if (port.empty() || own == Claim::place) return std::nullopt;
  const UsbQueue& q = queue_of(d);
  if (in_queue(own)) return q.waits_for.find(v.id)->second;
  // Power said no to it: it asks again, and holds up nobody.
  return usb_full(d.c.room.usb, port, own == Claim::refused ? std::span(q.busy).first(q.places) : std::span(q.busy));
}

// Ordinary work, and no trouble however long: its turn comes when another's engine ends, and each of those has its deadline.
void wait_for_place(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string words) {
  if (v.waits_for == WaitKind::usb_place && v.what == words && d.c.now < v.deadline) return;
  d.wait(v, dfu_step, WaitKind::usb_place, 1, d.in(std::chrono::hours{4}), std::move(words));
}

}  // namespace greenroom::visits
