// From DFU to the erased Mac: the engine run behind its shut gate, the permit, and what its end means (rules.md R4, R10).
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

// So many runs beyond the recipe's tries may be put off: a machine that is ready before DFU and not at the gate, again and
// again, is for a person to look at.
constexpr int most_put_off = 5;

// Everything that R4 compares must be shown by the Mac itself, in this run. A blank or garbled serial is none.
// What was seen before this process started, or before a permit that was not written, may have left unseen.
bool names_itself(const VisitContext& c, const PortView& p, const EngineRun& run) {
  const bool in_run = p.mode == MacMode::recovery || p.mode == MacMode::restore;
  const bool seen_now =
      p.since >= run.started && p.since >= c.started && (run.permitted_at == TimePoint{} || p.since > run.permitted_at);
  return p.present && in_run && seen_now && p.ecid != 0 && p.chip != 0 && run.ecid != 0 && SerialNumber::parse(p.serial);
}

// Another Mac than in this run, or than in the runs before it.
bool swapped(const Visit& v, const PortView& p) {
  const bool shows_own_ecid = p.present && p.mode != MacMode::port_dfu && p.ecid != 0 && p.since >= v.run.started;
  const auto differs = [&](std::uint64_t known) { return known != 0 && p.ecid != known; };
  return shows_own_ecid && (differs(v.run.ecid) || differs(v.ecid));
}

Owner owner_from(std::string_view word, Owner otherwise) {
  for (const Owner o : {Owner::technician, Owner::batch_lead, Owner::facilities, Owner::repair, Owner::security,
                        Owner::mdm_admin, Owner::recipe_owner, Owner::bench_owner, Owner::auditor}) {
    if (to_string(o) == word) return o;
  }
  return word == "network" ? Owner::bench_owner : otherwise;
}

void permit(Draft& d, const Visit& v, const PortView& p) {
  const ExpectedMac& row = d.c.state.expected[v.expected];
  d.add(GatePermitted{v.id, v.run.effect, std::string(slot_name(d.c, v)), or_else(p.serial, v.serial),
                      d.c.state.batches[row.batch].name, v.bound_by, v.run.ecid});
  d.effect(v, "permit", v.run.ecid, std::to_string(v.run.effect));
}

void refuse_gate(Draft& d, const Visit& v, const Refusal& r) {
  if (!v.run.permitted) {
    d.add(GateRefused{v.id, v.run.effect, std::string(slot_name(d.c, v)), std::string(1, r.clause), r.trouble.words});
  }
  d.hold(v, r.trouble);
}

void watch_engine(Draft& d, const Visit& v, const PortView& p) {
  if (!d.c.rules.holds(Rule::r4)) {
    if (!v.run.permitted) permit(d, v, p);
  } else if (d.c.rules.holds(Clause::ecid) && swapped(v, p)) {
    return refuse_gate(
        d, v,
        {'b',
         {"other_mac",
          "Another Mac came to slot " + std::string(slot_name(d.c, v)) + " while " + v.serial + " was worked on.",
          "Find both Macs, leave one in its slot, scan it again.", Owner::technician}});
  } else if (unwatched(d.c, v) && !v.run.stop_sent) {
    d.stop_engine(v);
    return d.enter(v, v.step, StepState::running, v.attempt, d.in(std::chrono::minutes{5}),
                   "stopping: nobody saw which Mac its engine opened while the controller was away");
  } else if (const auto slot = may_have_adopted(d.c, v); slot && !v.run.stop_sent) {
    d.stop_engine(v);
    return d.enter(v, v.step, StepState::running, v.attempt, d.in(std::chrono::minutes{5}),
                   "stopping: a Mac came to slot " + *slot + " that its engine may have opened");
  } else if (!v.run.permitted && !v.run.refused && !v.run.stop_sent && names_itself(d.c, p, v.run)) {
    if (auto refusal = gate_refusal(d.c, v, p)) return refuse_gate(d, v, *refusal);
    if (lacks_first_answer(d.c)) return;  // a service that has just started; the engine waits for minutes
    if (auto lack = restore_lacks(d.c)) return put_off(d, v, *lack);
    permit(d, v, p);
  }
  if (d.c.now < v.deadline) return;
  if (v.run.stop_sent) {
    d.add(EffectEnded{v.run.effect, "engine", v.id, false, "The engine did not end when it was stopped.",
                      "Look at the host: end the engine of this slot by hand.", "bench_owner"});
    return;
  }
  // Past the recipe's deadline a run only holds its slot; a stopped restore is cured by the next one from DFU.
  d.stop_engine(v);
  note_failure(d, v, "the run took longer than its recipe allows", "bench_owner");
  d.enter(v, v.step, StepState::running, v.attempt, d.in(std::chrono::minutes{5}), "stopping: the run took too long");
}

// Confirmed by the device in this very run (R10); never by the engine's own success.
bool proves_erasure(const VisitContext& c, const Visit& v) {
  const EvidenceView& e = v.evidence;
  if (e.engine != v.run.effect || !e.erased_confirmed) return false;
  return !c.rules.holds(Rule::r4) || (e.serial == v.serial && e.ecid == v.run.ecid);
}

void judge_run(Draft& d, const Visit& v) {
  const Step& s = step_of(d.c, v);
  const bool proof_wanted = s.restore_kind != "revive" && d.c.rules.holds(Rule::r12);
  if (v.run.ok && (!proof_wanted || proves_erasure(d.c, v))) return d.done(v);
  const std::optional<std::uint32_t> dfu = step_before(d.c, v, StepKind::dfu);
  const bool put_off = v.run.refused;  // a Mac that was refused is held, and is not judged here
  if (dfu && v.runs < s.tries + (put_off ? most_put_off : 0) && v.owner != "recipe_owner") return enter_dfu(d, v, *dfu, 1);
  if (put_off) {
    return d.hold(v, {"put_off",
                      v.serial + " came to the gate of its restore " + std::to_string(v.runs) +
                          " times while this machine was not ready. The last time: " + v.run.refused_for,
                      "See that it stays ready (greenroom doctor --needs), then close this case: the restore begins anew.",
                      Owner::bench_owner});
  }
  if (v.run.ok) {
    return d.hold(v, {"erase_unconfirmed", v.serial + " was restored, but it did not confirm that its data is gone.",
                      "Decide: erase it again by another way, or destroy the storage.", Owner::auditor});
  }
  d.hold(v, {"restore_failed", or_else(v.cause, "The restore failed."), or_else(v.remedy, s.instruction),
             owner_from(v.owner, s.owner)});
}

}  // namespace

void enter_restore(Draft& d, const Visit& v, std::uint32_t index) {
  if (!v.slot) return;
  const PortView& port = view_of(d.c, v)->port;
  const auto dfu = step_before(d.c, v, StepKind::dfu);
  const auto taken = host_waits_for(d, v);
  if (!awaits_engine(port) || taken) {
    if (dfu && taken) return wait_for_host(d, v, *dfu, *taken);
    if (dfu) enter_dfu(d, v, *dfu, 1);
    return;
  }
  const auto gap = unattended(d.c, v, index, index);
  if (gap && dfu) return wait_for_shift(d, v, *dfu, *gap);
  if (const auto lack = start_lacks(d.c); dfu && lack) return wait_until_ready(d, v, *dfu, *lack);
  if (auto first = trial_waits_for(d, v); dfu && first) return wait_for_trial(d, v, *dfu, std::move(*first));
  const Step& s = recipe_of(d.c, v).steps[index];
  d.effect(v, "engine", port.ecid, s.firmware, s.restore_kind);
  d.enter(v, index, StepState::running, v.runs + 1, d.in(deadline_of(s)), {});
}

void advance_restore(Draft& d, const Visit& v) {
  if (!v.slot || v.run.effect == 0) return;
  if (v.run.open()) return watch_engine(d, v, view_of(d.c, v)->port);
  judge_run(d, v);
}

void put_in_order(Draft& d, const Visit& v) {
  const bool held = v.state == StepState::held || v.waits_for == WaitKind::shift;
  if (held && v.effect != 0 && d.c.now >= v.tidied + dfu_patience) {
    d.add(EffectEnded{v.effect, v.effect_kind, v.id, false, "No answer.", "Look at the Mac.", "technician"});
  }
  if (held && v.run.open() && v.run.stop_sent && d.c.now >= v.entered + dfu_patience) {
    d.add(EffectEnded{v.run.effect, "engine", v.id, false, "The engine did not end when it was stopped.", "End it by hand.",
                      "bench_owner"});
  }
  if (!v.slot || v.effect != 0 || v.run.open()) return;
  const PortView& p = view_of(d.c, v)->port;
  if (!p.present || v.tidied >= p.since) return;
  const StepKind kind = step_of(d.c, v).kind;
  const bool works = (kind == StepKind::dfu && !not_at_work(v)) || kind == StepKind::restore;
  const bool parked = awaits_engine(p) && !works && d.c.now >= p.since + dfu_patience;
  // In its restore OS a Mac stands as long as nobody restarts it; once its erase was permitted it may be at work there.
  const bool left_behind = p.mode == MacMode::recovery || (p.mode == MacMode::restore && !v.run.permitted);
  const bool own = p.ecid == 0 || p.ecid == v.run.ecid || (v.run.ecid == 0 && p.serial == v.serial);
  const bool leaves = parked || (held && awaits_engine(p));                      // a laptop left in DFU runs flat
  const bool back = (held ? v.runs > 0 : not_at_work(v)) && left_behind && own;  // the engine has set auto-boot false
  if ((leaves || back) && !host_is_taken(d.c, v)) d.effect(v, leaves ? "leave_dfu" : "put_back", p.ecid);
}

}  // namespace greenroom::visits

namespace greenroom {

std::optional<std::string> permit_refusal(const VisitContext& c, std::uint64_t engine) {
  if (!c.rules.holds(Rule::r4)) return std::nullopt;
  const auto run = [&](VisitNumber n) { return c.state.visit(n)->run.effect == engine; };
  const auto at = std::find_if(c.state.open.begin(), c.state.open.end(), run);
  if (at == c.state.open.end()) return "its visit is over";
  const Visit& v = *c.state.visit(*at);
  if (!v.run.open() || v.run.stop_sent || v.run.refused) return "its engine is being ended";
  if (v.state == StepState::held || !v.slot) return v.serial + " is held, or taken out of its slot";
  if (c.state.denied.contains(v.serial) && c.rules.holds(Clause::serial)) return v.serial + " was denied meanwhile";
  if (const auto lack = visits::restore_lacks(c)) return *lack;
  const PortView& p = visits::view_of(c, v)->port;
  // Between two modes a Mac shows nothing: its engine may have moved it on.
  const bool other = p.present && p.ecid != 0 && p.ecid != v.run.ecid && c.rules.holds(Clause::ecid);
  if (other) return "another Mac shows in its slot";
  if (visits::unwatched(c, v)) return "nobody saw which Mac its engine opened";
  if (const auto slot = visits::may_have_adopted(c, v)) return "its engine may have opened the Mac in slot " + *slot;
  return std::nullopt;
}

}  // namespace greenroom
