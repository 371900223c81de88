// The parts of VisitState that follow from its other parts, and what is forgotten. apply.cpp keeps the former with every
// fact; here they are made anew.
#include <algorithm>
#include <limits>

#include "controller/domain/visits/visit_state.hpp"

namespace greenroom {
namespace {

void index_rows(VisitState& s) {
  s.open.clear(), s.rows.clear(), s.serials.clear(), s.asset_tags.clear(), s.open_cases.clear();
  for (const Visit& v : s.visits) {
    if (v.open) s.open.push_back(v.id);
  }
  for (std::uint32_t i = 0; i < s.expected.size(); ++i) {
    const ExpectedMac& e = s.expected[i];
    s.rows[row_subject(s.batches[e.batch].name, e.row)] = i;
    if (!e.worked) continue;
    s.serials[e.serial] = i;
    if (!e.asset_tag.empty()) s.asset_tags[e.asset_tag] = i;
  }
  for (const Case& k : s.cases) {
    if (k.open) s.open_cases[{k.subject, k.reason}] = k.number;
  }
}

constexpr auto gone = std::numeric_limits<std::uint32_t>::max();

// Drops what `stays` refuses; answers the new place of each old one.
template <class T, class Pred>
std::vector<std::uint32_t> keep_only(std::vector<T>& things, Pred stays) {
  std::vector<std::uint32_t> place(things.size(), gone);
  std::vector<T> kept;
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (!stays(i)) continue;
    place[i] = static_cast<std::uint32_t>(kept.size());
    kept.push_back(std::move(things[i]));
  }
  things = std::move(kept);
  return place;
}

}  // namespace

const Visit* VisitState::visit(VisitNumber n) const {
  const auto at = std::lower_bound(visits.begin(), visits.end(), n, [](const Visit& v, VisitNumber m) { return v.id < m; });
  return at == visits.end() || at->id != n ? nullptr : &*at;
}

void index_visits(VisitState& s, const Room& room) {
  VisitState fresh = initial_visits(room);
  s.slot_names = std::move(fresh.slot_names);
  s.outlet_slots = std::move(fresh.outlet_slots);
  index_rows(s);
}

void forget_batches(VisitState& s, TimePoint before) {
  std::vector<bool> over;
  for (const Batch& b : s.batches) over.push_back(b.opened < before);
  for (const ExpectedMac& e : s.expected) {
    if (e.open_cases > 0 || (e.worked && e.visit == 0)) over[e.batch] = false;
  }
  for (const Visit& v : s.visits) {
    const ExpectedMac& e = s.expected[v.expected];
    const bool comes_back = v.released == "held_out" && v.id == e.visit;
    if (v.open || v.open_cases > 0 || comes_back || v.entered >= before) over[e.batch] = false;
  }
  if (std::find(over.begin(), over.end(), true) == over.end()) return;
  const auto row_stays = [&](std::size_t i) { return !over[s.expected[i].batch]; };
  std::erase_if(s.visits, [&](const Visit& v) { return !row_stays(v.expected); });
  const auto row = keep_only(s.expected, row_stays);
  const auto batch = keep_only(s.batches, [&](std::size_t i) { return !over[i]; });
  for (ExpectedMac& e : s.expected) e.batch = batch[e.batch];
  for (Visit& v : s.visits) v.expected = row[v.expected];
  for (Case& k : s.cases) {
    if (k.expected && row[*k.expected] == gone) k.expected.reset();
    else if (k.expected) k.expected = row[*k.expected];
  }
  index_rows(s);
}

}  // namespace greenroom
