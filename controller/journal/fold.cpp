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
    if (state && state->state.last_seq != (*kept)->seq)
      state = fail(Errc::storage, "snapshot: it says that it stands after another fact");
    if (state) folded = std::move(*state);
    else log::warn(state.error().message + "; every fact of the journal is read instead, which takes longer");
  }
  constexpr std::size_t page = 4096;  // some 2 MB
  while (true) {
    const auto facts = journal.read(folded.state.last_seq + 1, page);
    if (!facts) return fail(facts.error());
    for (const Fact& fact : *facts) {
      const Seq next = folded.state.last_seq + 1;
      if (fact.seq != next)
        return fail(Errc::storage, "fact " + std::to_string(next) + " is missing before fact " + std::to_string(fact.seq) +
                                       "; restore the journal from a backup");
      fold_in(setup, folded, fact);
    }
    if (facts->size() < page) return folded;
  }
}

std::string fingerprint_of(const RoomSetup& setup) {
  std::string text = "state " + std::to_string(state_format);
  // Each word with its length before it: no two lists of words give one text.
  const auto add = [&text](const std::string& word) { text += '\n' + std::to_string(word.size()) + ' ' + word; };
  const auto list = [&](const char* kind, std::size_t size) { add(kind), add(std::to_string(size)); };
  const Room& room = setup.room;
  list("circuits", room.circuits.size());
  for (const Circuit& c : room.circuits) add(c.name);
  list("pdus", room.pdus.size());
  for (const PduConfig& p : room.pdus) add(p.name);
  list("outlets", room.outlets.size());
  for (const Outlet& o : room.outlets) {
    add(o.name), add(std::to_string(o.pdu.value)), add(o.slot ? std::to_string(o.slot->value) : "none");
  }
  list("slots", room.slots.size());
  for (const Slot& s : room.slots) {
    add(s.name), add(s.kind == SlotKind::pack_table ? "holds many" : "holds one");
    add(s.outlet ? std::to_string(s.outlet->value) : "none");
  }
  list("models", setup.catalogue.models.size());
  for (const MacModel& m : setup.catalogue.models) add(m.product_type), add(m.family), add(m.desktop ? "desktop" : "laptop");
  list("recipes", setup.catalogue.recipes.size());
  for (const Recipe& r : setup.catalogue.recipes) {
    add(r.id), add(std::to_string(r.version));
    list("families", r.families.size());
    for (const std::string& family : r.families) add(family);
    list("steps", r.steps.size());
    for (const Step& s : r.steps) add(std::string(to_string(s.kind)));
  }
  return chain_hex(chain_next(ChainHash{}, text));
}

}  // namespace greenroom
