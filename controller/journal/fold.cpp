#include "controller/journal/fold.hpp"

#include <algorithm>

#include "controller/journal/chain.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

std::uint64_t ended(const FactBody& body) {
  if (const auto* end = std::get_if<SwitchEnded>(&body)) return end->effect;
  if (const auto* end = std::get_if<EffectEnded>(&body)) return end->effect;
  return 0;
}

}  // namespace

std::uint64_t started_effect(const FactBody& body) {
  if (const auto* start = std::get_if<SwitchStarted>(&body)) return start->effect;
  if (const auto* start = std::get_if<EffectStarted>(&body)) return start->effect;
  return 0;
}

void fold_in(const RoomSetup& setup, FoldedState& folded, const Fact& fact) {
  apply(setup, folded.state, fact);
  if (started_effect(fact.body) != 0) folded.open.push_back(fact);
  if (const auto effect = ended(fact.body); effect != 0)
    std::erase_if(folded.open, [effect](const Fact& f) { return started_effect(f.body) == effect; });
}

Result<FoldedState> fold(const Journal& journal, const RoomSetup& setup, std::string_view fingerprint) {
  FoldedState folded{initial_state(setup), {}};
  const auto kept = journal.snapshot();
  if (!kept) return fail(kept.error());
  if (*kept && (*kept)->fingerprint == fingerprint) {
    auto state = state_from_json((*kept)->state, setup);
    if (state && state->state.last_seq == (*kept)->seq) folded = std::move(*state);
    else log::warn("the journal's snapshot cannot be read; every fact is read instead, which takes longer");
  }
  constexpr std::size_t page = 4096;
  while (true) {
    const auto facts = journal.read(folded.state.last_seq + 1, page);
    if (!facts) return fail(facts.error());
    for (const Fact& fact : *facts) fold_in(setup, folded, fact);
    if (facts->size() < page) return folded;
  }
}

std::string fingerprint_of(const RoomSetup& setup) {
  std::string text = "state " + std::to_string(state_format);
  const auto add = [&text](const std::string& name) { text += '\n' + name; };
  for (const Circuit& c : setup.room.circuits) add("circuit " + c.name);
  for (const PduConfig& p : setup.room.pdus) add("pdu " + p.name);
  for (const Outlet& o : setup.room.outlets) add("outlet " + o.name + (o.slot ? " " + std::to_string(o.slot->value) : ""));
  for (const Slot& s : setup.room.slots) add("slot " + s.name);
  for (const MacModel& m : setup.catalogue.models) add("model " + m.product_type);
  for (const Recipe& r : setup.catalogue.recipes) {
    add("recipe " + r.id);
    for (const Step& s : r.steps) add("step " + std::string(to_string(s.kind)));
  }
  return chain_hex(chain_next(ChainHash{}, text));
}

}  // namespace greenroom
