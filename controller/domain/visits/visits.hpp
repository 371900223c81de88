// The device half of the room's judgement: batches, bindings, visits and their steps, the erase gate, cases.
// Pure; the root (decide.cpp) calls it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/domain/fact.hpp"
#include "controller/domain/input.hpp"
#include "controller/domain/power/power.hpp"
#include "controller/domain/recipe.hpp"
#include "controller/domain/visits/visit_senses.hpp"
#include "controller/domain/visits/visit_state.hpp"

namespace greenroom {

// What visits judge with: everything they may look at, in one place.
struct VisitContext {
  const Room& room;
  const Catalogue& catalogue;
  const RuleSet& rules;
  const VisitState& state;
  const VisitSenses& senses;
  const PowerState& power;
  const PowerSenses& power_senses;
  TimePoint now;
  WallTime wall;        // for shifts and due dates only
  TimePoint started{};  // of this process: what was seen before it may have left unseen
};

struct VisitDecision {
  std::vector<FactBody> facts;
  std::string answer;  // to a command: one line; empty otherwise
  bool refused{};      // the command was not taken: the answer says why and what to do
};

// Facts that follow from one input. Called for UsbChanged, EngineReported, EffectResult and device commands.
// `next_effect` is the number of the next effect.
VisitDecision decide_visits(const VisitContext&, const Input&, std::uint64_t next_effect);

// Facts that follow from time and power alone: steps that may go on (a lease was given, a charge goal reached),
// deadlines, lapses. Called at the end of every turn; must be cheap when nothing changed.
std::vector<FactBody> advance_visits(const VisitContext&, std::uint64_t next_effect);
TimePoint next_visit_deadline(const VisitContext&);  // the next one after now; never: none

void apply_visits(VisitState&, const Room&, const Catalogue&, const Fact&);
void sense_visits(VisitSenses&, const Room&, const VisitState&, const Input&, TimePoint);

// R4 and R9 once more, at the moment at which a gate is to open: a commit may have taken its time, and a controller may have
// died in between. Words when that engine's gate stays shut; nothing when it may open.
std::optional<std::string> permit_refusal(const VisitContext&, std::uint64_t engine);

// What each slot's visit asks of its outlet, in the order of slots; slots without demand are left out. A desktop that shows
// at a slot where no visit sits asks as well; the demand's visit is then its latest, or 0.
std::vector<Demand> demands(const VisitContext&);

// "Next for you": what people should do now, most urgent first.
struct Chore {
  std::uint64_t visit{};  // 0: about a slot or a case only
  std::string serial;
  std::string slot;  // where it stands, or where it should go; may be empty
  Owner owner{};
  std::string words;       // one instruction
  std::string kind;        // a stable word: seat | move | tick | look | hold | keys | case
  std::string to;          // kind of slot to go to (seat, move): restore | shelf | pack_table
  std::uint64_t number{};  // of the case that it is about (case)
};
std::vector<Chore> chores(const VisitContext&);

}  // namespace greenroom
