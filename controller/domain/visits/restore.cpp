// From DFU to the erased Mac: the engine run behind its shut gate, the permit, and what its end means (rules.md R4, R10).
#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

// Everything that R4 compares must be shown by the Mac itself, in this run. A blank or garbled serial is none.
bool names_itself(const PortView& p, const EngineRun& run) {
  const bool in_run = p.mode == MacMode::recovery || p.mode == MacMode::restore;
  return p.present && in_run && p.since >= run.started && p.ecid != 0 && p.chip != 0 && SerialNumber::parse(p.serial);
}

bool swapped(const PortView& p, const EngineRun& run) {
  const bool shows_own_ecid = p.mode == MacMode::dfu || p.mode == MacMode::recovery || p.mode == MacMode::restore;
  return p.present && shows_own_ecid && p.since >= run.started && p.ecid != 0 && p.ecid != run.ecid;
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
  } else if (swapped(p, v.run)) {
    return refuse_gate(
        d, v,
        {'b',
         {"other_mac",
          "Another Mac came to slot " + std::string(slot_name(d.c, v)) + " while " + v.serial + " was worked on.",
          "Find both Macs, leave one in its slot, scan it again.", Owner::technician}});
  } else if (!v.run.permitted && !v.run.refused && names_itself(p, v.run)) {
    if (auto refusal = gate_refusal(d.c, v, p)) return refuse_gate(d, v, *refusal);
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
  if (dfu && v.runs < s.tries && v.owner != "recipe_owner") return enter_dfu(d, v, *dfu, 1);
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
  if (!in_dfu(port)) {
    if (const auto dfu = step_before(d.c, v, StepKind::dfu)) enter_dfu(d, v, *dfu, 1);
    return;
  }
  if (const auto gap = unattended(d.c, v, index, index)) {
    if (const auto dfu = step_before(d.c, v, StepKind::dfu)) return wait_for_shift(d, v, *dfu, *gap);
  }
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
  const bool held = v.state == StepState::held || waits_for_shift(d.c, v);
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
  const bool parked = in_dfu(p) && kind != StepKind::dfu && kind != StepKind::restore && d.c.now >= p.since + dfu_patience;
  if (parked || (held && in_dfu(p))) {
    d.effect(v, "leave_dfu", p.ecid);  // a laptop left in DFU runs flat
  } else if (held && v.runs > 0 && p.mode == MacMode::recovery && (p.ecid == 0 || p.ecid == v.run.ecid)) {
    d.effect(v, "put_back", p.ecid);  // the engine has set auto-boot false
  }
}

}  // namespace greenroom::visits
