// Macs, their gate, evidence and release, and the words of every wait: R4, R6, R9, R10, R12.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controller/simulate/judge_impl.hpp"

namespace greenroom::sim {
namespace {

bool protects(std::string_view kind) {
  constexpr std::array<std::string_view, 4> kinds = {"dfu", "restore", "install_os", "first_boot"};
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// Looks in a row, a minute apart, at which a wanted outlet may be off without a reason: one falls between two facts.
constexpr int looks_allowed = 1;

}  // namespace

Judge::Impl::Mac* Judge::Impl::mac_of(std::string_view serial) {
  const auto found = serials.find(serial);
  return found == serials.end() ? nullptr : &macs[found->second];
}

Judge::Impl::Mac* Judge::Impl::mac_of_ecid(std::uint64_t ecid) {
  const auto found = ecids.find(ecid);
  return found == ecids.end() ? nullptr : &macs[found->second];
}

// ---- truth ----------------------------------------------------------------------------------------------------------

void Judge::Impl::mac_event(const model::PlantEvent& event) {
  using model::FaultKind;
  if (const auto* moved = std::get_if<model::MacMoved>(&event.what)) {
    macs[moved->mac.value].data = moved->data;
    macs[moved->mac.value].power = moved->power;
  } else if (const auto* shown = std::get_if<model::MacMode>(&event.what)) {
    Mac& mac = macs[shown->mac.value];
    mac.mode = shown->mode;
    if (shown->mode == model::Mode::booted) mac.booted_at = event.at;
    if (shown->mode == model::Mode::dfu) mac.dfu_at = event.at;
  } else if (const auto* erase = std::get_if<model::EraseStarted>(&event.what)) {
    erase_started(*erase, event.at);
  } else if (const auto* boot = std::get_if<model::FirstBoot>(&event.what)) {
    macs[boot->mac.value].booted_at = event.at;
  } else {
    const auto* injected = std::get_if<model::FaultInjected>(&event.what);
    const auto* over = std::get_if<model::FaultEnded>(&event.what);
    if (!injected && !over) return;
    const FaultKind kind = injected ? injected->kind : over->kind;
    const std::uint32_t target = injected ? injected->target : over->target;
    if (kind == FaultKind::heater) {
      heaters[target] += injected ? 1 : -1;
      heater_changed = true;
    } else if (kind == FaultKind::relay_welded) {
      outlets[target].welded = injected != nullptr;
    } else if (kind == FaultKind::wake_up || kind == FaultKind::restoring_surge) {
      if (injected) surging.insert(target);
      else surging.erase(target);
    } else if (kind == FaultKind::meter_frozen || kind == FaultKind::meter_disagrees) {
      pdus[target].meter_fault = injected != nullptr;
    } else if (kind == FaultKind::outlets_swapped || kind == FaultKind::macs_swapped) {
      rewired = true;
    }
  }
}

bool Judge::Impl::in_protecting_step(const std::string& serial) const {
  return std::any_of(visits.begin(), visits.end(), [&](const auto& entry) {
    const Visit& v = entry.second;
    return v.open && v.serial == serial && protects(v.kind) && v.state != "held" && v.state != "done";
  });
}

// A desktop that its visit is about to put into DFU by its outlet: the step asks for the outlet off, or for hands.
bool Judge::Impl::enters_dfu_by_outlet(const Mac& mac) const {
  return std::any_of(visits.begin(), visits.end(), [&](const auto& entry) {
    const Visit& v = entry.second;
    return v.open && v.serial == mac.who.serial && v.kind == "dfu" && v.outlet_off;
  });
}

// By the Mac that is truly wired there: a desktop that is on; a laptop in DFU, recovery or restore while its visit is in
// such a step (one that was left in DFU by a failure has a battery, and is looked after by its case). Until it shows
// itself booted that includes its first boot; from then on its lease alone protects it.
bool Judge::Impl::protected_in_truth(std::uint32_t o) const {
  if (!outlets[o].place) return false;
  for (const Mac& mac : macs) {
    if (mac.power != outlets[o].place) continue;
    if (!mac.battery) return mac.mode != model::Mode::off && !enters_dfu_by_outlet(mac);
    const bool at_work =
        mac.mode == model::Mode::dfu || mac.mode == model::Mode::recovery || mac.mode == model::Mode::restore;
    return at_work && in_protecting_step(mac.who.serial);
  }
  return false;
}

// What speaks against this erase by its permit; empty: nothing.
std::string Judge::Impl::against_permit(const Mac& mac, std::uint64_t run) {
  const auto found = permits.find(run);
  if (found == permits.end()) return "without a durable permit";
  Permit& p = found->second;
  if (std::exchange(p.used, true)) return "twice by one permit";
  if (p.serial != mac.who.serial) return "by a permit for " + p.serial;
  if (p.ecid != mac.who.ecid) return fmt::format("by a permit for the ECID {:#x}", p.ecid);
  const auto visit = visits.find(p.visit);
  if (visit == visits.end() || visit->second.serial != mac.who.serial) return "for a visit of another serial";
  if (visit->second.slot != p.slot) return "though its visit does not sit in " + p.slot;
  if (!mac.data || room.slots[mac.data->value].name != p.slot) return "though it is not plugged in at " + p.slot;
  return {};
}

void Judge::Impl::erase_started(const model::EraseStarted& e, TimePoint at) {
  Mac& mac = macs[e.mac.value];
  mac.erased_at = at;
  const bool twice = permits.contains(e.run) && permits.at(e.run).used;
  std::string wrong = against_permit(mac, e.run);
  if (denied.contains(mac.who.serial)) wrong = "though it is on a deny list";
  if (!mac.who.approved) wrong = "though nobody approved it";
  if (!wrong.empty()) {
    ++verdict.wrong_mac;
    broke(Rule::r4, fmt::format("{} was erased {} (run {})", mac.who.serial, wrong, e.run));
  }
  if (twice || !permits.contains(e.run))
    broke(Rule::r5, fmt::format("{}: an erase {} (run {})", mac.who.serial,
                                twice ? "that was done before" : "before its fact", e.run));
  const auto engine = engines.find(e.run);
  const bool own_port = engine != engines.end() && mac.data && room.slots[mac.data->value].name == engine->second.slot;
  if (!own_port) broke(Rule::r9, fmt::format("run {} erased {}, which is not at that job's port", e.run, mac.who.serial));
}

// ---- claims ---------------------------------------------------------------------------------------------------------

void Judge::Impl::visit_fact(const Fact& fact) {
  if (const auto* step = std::get_if<StepChanged>(&fact.body)) {
    Visit& v = visits[step->visit];
    v.kind = step->kind;
    v.state = step->state;
    v.outlet_off = step->state == "hands" || step->waits_for == to_string(WaitKind::outlet_off);
    const bool waits = step->state == "waiting" || step->state == "held" || step->state == "hands";
    if ((waits && step->what.empty()) || (step->state == "waiting" && step->waits_for.empty()))
      broke(Rule::r6, fmt::format("{}: step {} is {} and does not say for what", v.serial, step->kind, step->state));
  } else if (const auto* opened_visit = std::get_if<VisitOpened>(&fact.body)) {
    Visit& v = visits[opened_visit->visit];
    v.serial = opened_visit->serial;
    v.recipe = opened_visit->recipe;
  } else if (const auto* sat = std::get_if<SeatingBegan>(&fact.body)) {
    visits[sat->visit].slot = sat->slot;
  } else if (const auto* left = std::get_if<SeatingEnded>(&fact.body)) {
    visits[left->visit].slot.clear();
  } else if (const auto* permit = std::get_if<GatePermitted>(&fact.body)) {
    permits[permit->engine] = Permit{permit->visit, permit->slot, permit->serial, permit->ecid, false};
  } else if (const auto* effect = std::get_if<EffectStarted>(&fact.body)) {
    if (effect->kind == "engine") engines[effect->effect] = Engine{effect->visit, effect->slot};
  } else if (const auto* proof = std::get_if<EvidenceRecorded>(&fact.body)) {
    evidence(*proof);
  } else if (const auto* self = std::get_if<SelfReported>(&fact.body)) {
    if (self->serial == visits[self->visit].serial) visits[self->visit].self_reported = fact.at;
  } else if (const auto* release = std::get_if<VisitReleased>(&fact.body)) {
    released(*release);
  } else if (const auto* denial = std::get_if<SerialDenied>(&fact.body)) {
    if (denial->lifted) denied.erase(denial->serial);
    else denied.insert(denial->serial);
  } else if (const auto* opened_case = std::get_if<CaseOpened>(&fact.body)) {
    if (opened_case->owner.empty() || opened_case->words.empty())
      broke(Rule::r6, fmt::format("case {} has no owner or no words", opened_case->number));
  }
}

void Judge::Impl::evidence(const EvidenceRecorded& f) {
  if (f.erased != "confirmed") return;
  Mac* mac = f.ecid != 0 ? mac_of_ecid(f.ecid) : mac_of(f.serial);
  if (!mac)
    return broke(Rule::r10,
                 fmt::format("erasure of {} ({:#x}) is called confirmed, and no such Mac exists", f.serial, f.ecid));
  if (!plant.mac(mac->who.mac).erased)
    broke(Rule::r10, fmt::format("erasure of {} is called confirmed, and the Mac was not erased", mac->who.serial));
  else if (!f.serial.empty() && f.serial != mac->who.serial) {
    broke(Rule::r10, fmt::format("evidence of {} is recorded under the serial {}", mac->who.serial, f.serial));
  }
}

// Only a recipe that erases releases as erased; "thin" and "zero-touch" leave the disk alone.
void Judge::Impl::released(const VisitReleased& f) {
  Visit& v = visits[f.visit];
  v.open = false;
  if (f.how != "packed" || (f.proof.empty() && !v.recipe.starts_with("full"))) return;
  const Mac* mac = mac_of(v.serial);
  if (!mac) return broke(Rule::r12, v.serial + " was packed, and no such Mac exists");
  if (!plant.mac(mac->who.mac).erased) {
    ++verdict.unerased_released;
    return broke(Rule::r12, v.serial + " was packed as erased, and it was not erased");
  }
  const bool by_ecid = f.proof == "dfu_ecid" && mac->dfu_at > mac->erased_at;
  const bool by_itself = v.self_reported > mac->erased_at && mac->booted_at > mac->erased_at;
  if (!by_ecid && !by_itself)
    broke(Rule::r12, v.serial + " was packed, and it had not given its own serial since its erase");
}

// R6 on the live state, now and then: an outlet that its step wants, off, and no order and no reason.
void Judge::Impl::look_for_words() {
  const RoomState* now = state ? state() : nullptr;
  if (now == nullptr) return;
  for (const VisitNumber n : now->visits.open) {
    const greenroom::Visit* v = now->visits.visit(n);
    const auto note = visits.find(n);
    if (v == nullptr || note == visits.end()) continue;
    const std::string& kind = note->second.kind;
    const bool wants =
        (kind == "charge" || kind == "charge_gate") && (v->state == StepState::waiting || v->state == StepState::running);
    bool nameless = false;
    if (wants && v->slot && room.slots[v->slot->value].outlet) {
      const OutletRecord& o = now->power.outlets[room.slots[v->slot->value].outlet->value];
      nameless = o.sensed == Sensed::off && !o.order && o.waits_reason.empty();
    }
    int& looks = note->second.nameless_looks;
    looks = nameless ? looks + 1 : 0;
    if (looks == looks_allowed + 1)
      broke(Rule::r6,
            fmt::format("{} waits for power in {} and nothing says why", v->serial, room.slots[v->slot->value].name));
  }
}

}  // namespace greenroom::sim
