// The parts of VisitState that follow from its other parts. apply.cpp keeps them with every fact; here they are made anew.
#include "controller/domain/visits/visit_state.hpp"

namespace greenroom {

void index_visits(VisitState& s, const Room& room) {
  VisitState fresh = initial_visits(room);
  s.slot_names = std::move(fresh.slot_names);
  s.outlet_slots = std::move(fresh.outlet_slots);
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

}  // namespace greenroom
