// Who goes first. Engines fall behind new systems and new Macs, and then every Mac of a batch fails in one way: so a
// combination of engine, model and build that nobody saw work is tried on one Mac, and two Macs that fail alike stop it
// (firmware-bridge/facts/combination.hpp), while its slots do other work. A model that was not rehearsed on this bench goes
// one Mac at a time.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

constexpr std::string_view stage_at_the_gate = "waiting_for_restore_mode";  // firmware-bridge/restore_engine.hpp
constexpr std::string_view unconfirmed = "the engine ended well, and the Mac did not say that it was erased";

const Step* restore_of(const Recipe& r) {
  const auto at = std::find_if(r.steps.begin(), r.steps.end(), [](const Step& s) { return s.kind == StepKind::restore; });
  return at == r.steps.end() ? nullptr : &*at;
}

// One that goes before it among its like: its engine runs, or, while this one is not on its own way, it is on the way to
// one.
template <class Like>
const Visit* ahead_of(Draft& d, const Visit& v, Like like) {
  const bool on_its_way = holds_place(d, v);
  for (const auto& [o, engine] : at_work(d)) {
    if (o->id != v.id && o->model == v.model && (engine || !on_its_way) && like(*o)) return o;
  }
  return nullptr;
}

// A Mac that was taken out of its slot may have an engine still.
std::string place_of(const VisitContext& c, const Visit& v) {
  return v.slot ? std::string(slot_name(c, v)) : "(none any more)";
}

std::optional<std::string> rehearsal_waits_for(Draft& d, const Visit& v) {
  const auto& rehearsed = d.c.room.rehearsed;
  const std::string& model = model_of(d.c, v).product_type;
  if (!rehearsed || rehearsed->contains(model)) return std::nullopt;
  const Visit* ahead = ahead_of(d, v, [](const Visit&) { return true; });
  if (ahead == nullptr) return std::nullopt;
  return model + " is not rehearsed on this machine: one at a time, and now the one in slot " + place_of(d.c, *ahead);
}

std::vector<CombinationRun> runs_of(Draft& d, const Visit& v, const RestoreMeans::Choice& choice) {
  const std::string& engine = d.c.senses.means->engine;
  std::vector<CombinationRun> runs;
  for (const CombinationTried& t : d.c.state.tried) {
    if (t.engine_version == engine && t.model == choice.product_type && t.build == choice.build)
      runs.push_back({t.slot, false, t.completed, t.cause, t.owner});
  }
  if (std::any_of(runs.begin(), runs.end(), [](const CombinationRun& r) { return r.completed; })) return runs;
  const auto like = [&](const Visit& o) {
    if (o.run.open()) return o.run.engine_version == engine && o.run.build == choice.build;
    const auto* other = choice_for(d.c, o);
    return other != nullptr && other->build == choice.build;
  };
  if (const Visit* o = ahead_of(d, v, like)) runs.push_back({place_of(d.c, *o), true, false, {}, {}});
  return runs;
}

std::string subject_of(const RestoreMeans& means, const RestoreMeans::Choice& choice) {
  return combination_subject(means.engine, choice.product_type, choice.build.empty() ? choice.firmware : choice.build);
}

}  // namespace

const RestoreMeans::Choice* choice_for(const VisitContext& c, const Visit& v) {
  const Step* step = restore_of(recipe_of(c, v));
  if (!c.senses.means || step == nullptr) return nullptr;
  const auto& choices = c.senses.means->choices;
  const auto at = std::find_if(choices.begin(), choices.end(), [&](const RestoreMeans::Choice& one) {
    return one.product_type == model_of(c, v).product_type && one.firmware == step->firmware;
  });
  return at == choices.end() ? nullptr : &*at;
}

std::optional<std::string> trial_waits_for(Draft& d, const Visit& v) {
  if (auto first = rehearsal_waits_for(d, v)) return first;
  const auto* choice = choice_for(d.c, v);
  if (choice == nullptr) return std::nullopt;
  const MayStart may = may_start(choice->known, runs_of(d, v, *choice));
  if (may.answer == MayStart::Answer::wait) return may.words;
  if (may.answer != MayStart::Answer::stopped) return std::nullopt;
  std::string words = "stopped: " + may.words;
  const std::string subject = subject_of(*d.c.senses.means, *choice);
  if (d.c.state.open_cases.contains({subject, std::string(combination_stopped)})) return words;
  const bool known = choice->known.known == Known::bad;
  d.open_case(0, subject,
              {std::string(combination_stopped), "No " + model_of(d.c, v).name + " is restored: " + may.words,
               known ? "They go on by themselves then." : "Close this case to let one Mac try again.", Owner::bench_owner});
  return words;
}

void wait_for_trial(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string words) {
  words.insert(0, "trial: ");
  if (v.waits_for == WaitKind::trial && v.what == words && d.c.now < v.deadline) return;
  d.wait(v, dfu_step, WaitKind::trial, 1, d.in(std::chrono::hours{4}), std::move(words));
}

// One Mac's own trouble, again and again, is one failure: two Macs tell it from the combination's.
void note_failure(Draft& d, const Visit& v, std::string cause, std::string owner) {
  if (v.run.build.empty()) return;
  CombinationTried now{v.id,
                       std::string(slot_name(d.c, v)),
                       v.run.engine_version,
                       model_of(d.c, v).product_type,
                       v.run.build,
                       false,
                       std::move(cause),
                       std::move(owner)};
  const auto& tried = d.c.state.tried;
  const auto same = [&now](const CombinationTried& t) {
    return t.visit == now.visit && t.engine_version == now.engine_version && t.build == now.build && t.cause == now.cause;
  };
  if (std::none_of(tried.begin(), tried.end(), same)) d.add(std::move(now));
}

// A run that we ended says nothing of what it ran with, nor does one that met its shut gate.
void note_trial(Draft& d, const Visit& v, const EffectResult& in) {
  if (v.run.effect != in.effect || v.run.stop_sent || v.run.build.empty()) return;
  const Step* step = restore_of(recipe_of(d.c, v));
  const bool revive = step != nullptr && step->restore_kind == "revive";
  const bool completed = in.ok && (revive || (in.evidence && in.evidence->erased == Erased::confirmed));
  const auto at_the_gate = [&](const EngineProgress& e) { return e.effect == in.effect && e.stage == stage_at_the_gate; };
  const auto& engines = d.c.senses.engines;
  if (!completed && !v.run.permitted && std::any_of(engines.begin(), engines.end(), at_the_gate)) return;
  if (!completed) return note_failure(d, v, in.ok ? std::string(unconfirmed) : in.cause, in.owner);
  d.add(CombinationTried{v.id, std::string(slot_name(d.c, v)), v.run.engine_version, model_of(d.c, v).product_type,
                         v.run.build, true, "", ""});
}

// While nobody can tell what a restore would be made with, nothing changes.
void close_trials(Draft& d) {
  if (!d.c.senses.means || !d.c.senses.means->trouble.empty()) return;
  const RestoreMeans& means = *d.c.senses.means;
  for (const auto& [name, number] : d.c.state.open_cases) {
    const std::string& subject = name.first;
    if (name.second != combination_stopped) continue;
    const auto failed = [&subject](const CombinationTried& t) {
      return !t.completed && combination_subject(t.engine_version, t.model, t.build) == subject;
    };
    const bool has_failed = std::any_of(d.c.state.tried.begin(), d.c.state.tried.end(), failed);
    const auto still = [&](const RestoreMeans::Choice& one) {
      return subject_of(means, one) == subject && (has_failed || one.known.known == Known::bad);
    };
    if (std::none_of(means.choices.begin(), means.choices.end(), still))
      d.add(CaseClosed{number, "another engine or build is used now"});
  }
}

}  // namespace greenroom::visits

namespace greenroom {

std::string combination_subject(std::string_view engine_version, std::string_view model, std::string_view build) {
  std::string words = "idevicerestore ";
  return words.append(engine_version).append(", ").append(model).append(", ").append(build);
}

}  // namespace greenroom
