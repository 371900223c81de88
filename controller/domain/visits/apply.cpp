// Folds facts into VisitState. Trivial on purpose: no clock, no decision. A fact about something that this room does not
// have (an older journal, another room file) changes nothing.
#include <algorithm>

#include "controller/domain/visits/visits.hpp"

namespace greenroom {
namespace {

MacMode mode_from(std::string_view text) {
  for (const MacMode m :
       {MacMode::wtf, MacMode::dfu, MacMode::port_dfu, MacMode::kis, MacMode::recovery, MacMode::restore, MacMode::booted}) {
    if (to_string(m) == text) return m;
  }
  return MacMode::t2_booted;
}

bool serves(const Recipe& r, const MacModel& m) {
  const std::string family = m.desktop ? m.family + "/desktop" : m.family;
  return std::find(r.families.begin(), r.families.end(), family) != r.families.end();
}

class Folder {
 public:
  Folder(VisitState& s, const Catalogue& c, const Fact& fact) : s_(s), c_(c), fact_(fact) {}

  template <class Other>
  void operator()(const Other&) {}  // power's

  void operator()(const OutletWaits& f) {
    if (const auto at = s_.outlet_slots.find(f.outlet); at != s_.outlet_slots.end()) {
      s_.slots[at->second.value].waits_circuit = f.circuit;
      s_.slots[at->second.value].waits_reason = f.reason;
    }
  }
  void operator()(const BatchOpened& f) {
    forget_batches(s_, fact_.at - batches_kept);
    s_.batches.push_back({f.batch, f.due, fact_.at});
  }
  void operator()(const MacExpected& f) {
    ExpectedMac e;
    e.batch = s_.batches.empty() ? 0 : static_cast<std::uint32_t>(s_.batches.size() - 1);
    e.row = f.row;
    e.asset_tag = f.asset_tag;
    e.serial = f.serial;
    e.approved = f.approved;
    for (std::uint32_t i = 0; i < c_.models.size() && !f.product_type.empty() && !e.model; ++i) {
      if (c_.models[i].product_type == f.product_type) e.model = i;
    }
    for (std::uint32_t i = 0; e.model && i < c_.recipes.size() && !e.recipe; ++i) {
      if (serves(c_.recipes[i], c_.models[*e.model])) e.recipe = i;
    }
    const auto index = static_cast<std::uint32_t>(s_.expected.size());
    s_.rows[row_subject(f.batch, f.row)] = index;
    if (SerialNumber::parse(f.serial)) take_label(e, index);
    s_.expected.push_back(std::move(e));
  }
  void operator()(const VisitOpened& f) {
    const auto row = s_.rows.find(row_subject(f.batch, f.row));
    if (f.visit != s_.next_visit || row == s_.rows.end()) return;
    if (c_.models.empty() || c_.recipes.empty()) return;
    Visit v;
    v.id = f.visit;
    v.expected = row->second;
    v.serial = f.serial;
    v.entered = fact_.at;
    v.denied = s_.denied.contains(f.serial);
    ExpectedMac& e = s_.expected[v.expected];
    v.model = e.model.value_or(0);
    v.recipe = e.recipe.value_or(0);
    for (std::uint32_t i = 0; i < c_.recipes.size(); ++i) {
      if (c_.recipes[i].id == f.recipe && c_.recipes[i].version == f.recipe_version) v.recipe = i;
    }
    e.visit = v.id;
    s_.next_visit = v.id + 1;
    s_.open.push_back(v.id);
    s_.visits.push_back(std::move(v));
  }
  void operator()(const BindingOffered& f) {
    drop_offers([&](const Offer& o) { return o.person == f.person; });
    s_.offers.push_back({f.person, f.serial, find_slot(f.slot), f.until});
  }
  void operator()(const BindingLapsed& f) {
    drop_offers([&](const Offer& o) { return o.person == f.person; });
  }
  void operator()(const SeatingBegan& f) {
    const auto slot = find_slot(f.slot);
    Visit* v = s_.visit(f.visit);
    if (v == nullptr || !slot) return;
    v->slot = slot;
    v->seated = fact_.at;
    v->bound_by = fact_.by;
    SlotView& view = s_.slots[slot->value];
    if (view.holds_one) view.visit = v->id;
    drop_offers([&](const Offer& o) { return o.serial == v->serial || o.slot == slot || o.person == fact_.by; });
  }
  void operator()(const SeatingEnded& f) {
    if (Visit* v = s_.visit(f.visit); v != nullptr) {
      unseat(*v);
      if (f.why == "lapsed") ++v->lapses;
    }
  }
  void operator()(const MacSeen& f) {
    const auto slot = find_slot(f.slot);
    if (!slot) return;
    PortView p;
    p.present = !f.mode.empty();
    p.mode = p.present ? mode_from(f.mode) : s_.slots[slot->value].port.mode;  // what it showed last
    p.serial = f.serial;
    p.ecid = f.ecid;
    p.chip = f.chip;
    p.board = f.board;
    p.since = fact_.at;
    // The first DFU sighting after Port DFU is the one that names the Mac (R4 b).
    Visit* v = s_.visit(s_.slots[slot->value].visit);
    const bool own = p.present && p.ecid != 0 && (p.mode == MacMode::dfu || p.mode == MacMode::kis);
    if (own && v != nullptr && v->run.open() && v->run.ecid == 0) {
      v->run.ecid = p.ecid;
      if (v->ecid == 0) v->ecid = p.ecid;
    }
    s_.slots[slot->value].port = std::move(p);
  }
  void operator()(const StepChanged& f) {
    Visit* v = s_.visit(f.visit);
    if (v == nullptr || f.step >= c_.recipes[v->recipe].steps.size()) return;
    const StepState state = state_from(f.state);
    const bool waits_on = v->step == f.step && v->state == StepState::waiting && state == StepState::waiting;
    if (!waits_on) v->waits_since = fact_.at;
    v->step = f.step;
    v->state = state;
    v->attempt = f.attempt;
    v->deadline = f.deadline;
    v->entered = fact_.at;
    v->waits_for = state == StepState::waiting ? wait_from(f.waits_for) : WaitKind::none;
    v->what = f.what;
    if (v->state == StepState::running) v->percent_before = v->percent;
    // The DFU sighting that ends the dfu step is the one that names the Mac (R4 b).
    if (c_.recipes[v->recipe].steps[f.step].kind == StepKind::dfu && v->state == StepState::done && v->slot) {
      const PortView& p = s_.slots[v->slot->value].port;
      if (p.ecid != 0 && p.mode != MacMode::port_dfu) v->ecid = p.ecid;
    }
  }
  void operator()(const ChargeNoted& f) {
    Visit* v = s_.visit(f.visit);
    if (v == nullptr || f.how != "mdm") return;
    v->percent = f.percent;
    v->percent_at = fact_.at;
  }
  void operator()(const EffectStarted& f) {
    s_.open_effects.push_back({f, fact_.at});
    Visit* v = s_.visit(f.visit);
    if (v == nullptr) return;
    if (f.kind == "engine") {
      v->run = EngineRun{};
      v->run.effect = f.effect;
      v->run.from = v->slot ? s_.slots[v->slot->value].port.mode : MacMode::dfu;
      // Port DFU shows the port controller's ECID; the Mac's own is learned in the run.
      v->run.ecid = v->run.from == MacMode::port_dfu ? 0 : f.ecid;
      v->run.started = fact_.at;
      v->run.engine_version = f.engine_version;
      v->run.build = f.build;
      ++v->runs;
      v->booted_reported = v->mdm_reported = false;
    } else if (f.kind == "stop_engine") {
      v->run.stop_sent = true;
    } else if (f.kind != "permit") {
      v->effect = f.effect;
      v->effect_kind = f.kind;
      v->action_failed = false;
      if (f.kind == "leave_dfu" || f.kind == "put_back") v->tidied = fact_.at;
    }
  }
  void operator()(const EffectEnded& f) {
    std::erase_if(s_.open_effects, [&](const OpenEffect& e) { return e.started.effect == f.effect; });
    Visit* v = s_.visit(f.visit);
    if (v == nullptr) return;
    if (f.effect == v->run.effect) {
      v->run.ended = true;
      v->run.ok = f.ok;
      v->run.ended_at = fact_.at;
    } else if (f.effect == v->effect) {
      v->effect = 0;
      v->action_failed = !f.ok;
    } else {
      if (f.kind == "permit" && !f.ok) v->run.permitted = false;  // the gate is shut still
      return;
    }
    v->cause = f.cause;
    v->remedy = f.remedy;
    v->owner = f.owner;
  }
  void operator()(const CombinationTried& f) {
    const auto same = [&](const CombinationTried& t) {
      return t.engine_version == f.engine_version && t.model == f.model && t.build == f.build;
    };
    if (f.completed) std::erase_if(s_.tried, same);
    s_.tried.push_back(f);
    const auto failed = [&](const CombinationTried& t) { return same(t) && !t.completed; };
    if (std::count_if(s_.tried.begin(), s_.tried.end(), failed) > failures_kept)
      s_.tried.erase(std::find_if(s_.tried.begin(), s_.tried.end(), failed));
  }
  void operator()(const GatePermitted& f) {
    if (Visit* v = s_.visit(f.visit); v != nullptr && v->run.effect == f.engine) {
      v->run.permitted = true;
      v->run.permitted_at = fact_.at;
    }
  }
  void operator()(const GateRefused& f) {
    if (Visit* v = s_.visit(f.visit); v != nullptr && v->run.effect == f.engine) {
      v->run.refused = true;
      v->run.refused_for = f.words;
    }
  }
  void operator()(const EvidenceRecorded& f) {
    if (Visit* v = s_.visit(f.visit); v != nullptr) {
      v->evidence = {f.engine, f.serial, f.ecid, f.erased == "confirmed", f.os == "installed"};
    }
  }
  void operator()(const SelfReported& f) {
    if (Visit* v = s_.visit(f.visit); v != nullptr) (f.how == "mdm" ? v->mdm_reported : v->booted_reported) = true;
  }
  void operator()(const CaseOpened& f) {
    if (f.number != s_.cases.size() + 1) return;
    Case k{f.number, f.visit, {}, f.subject, f.reason, f.words, f.next, f.owner, fact_.at, f.deadline, true};
    if (Visit* v = s_.visit(f.visit); v != nullptr) {
      ++v->open_cases;
    } else if (const auto row = s_.rows.find(f.subject); row != s_.rows.end()) {
      k.expected = row->second;
    } else if (const auto serial = s_.serials.find(f.subject); serial != s_.serials.end()) {
      k.expected = serial->second;
    }
    if (k.expected) ++s_.expected[*k.expected].open_cases;
    s_.open_cases[{f.subject, f.reason}] = f.number;
    s_.cases.push_back(std::move(k));
  }
  void operator()(const CaseClosed& f) {
    if (f.number == 0 || f.number > s_.cases.size() || !s_.cases[f.number - 1].open) return;
    Case& k = s_.cases[f.number - 1];
    k.open = false;
    s_.open_cases.erase({k.subject, k.reason});
    if (k.reason == combination_stopped) {  // one more Mac may try
      std::erase_if(s_.tried, [&](const CombinationTried& t) {
        return !t.completed && combination_subject(t.engine_version, t.model, t.build) == k.subject;
      });
    }
    if (k.expected) --s_.expected[*k.expected].open_cases;
    if (Visit* v = s_.visit(k.visit); v != nullptr && --v->open_cases == 0) v->runs = v->lapses = 0;
  }
  void operator()(const VisitReleased& f) {
    Visit* v = s_.visit(f.visit);
    if (v == nullptr) return;
    unseat(*v);
    v->open = false;
    v->released = f.how;
    v->proof = f.proof;
    std::erase(s_.open, f.visit);
  }
  void operator()(const SerialDenied& f) {
    if (f.lifted) {
      s_.denied.erase(f.serial);
    } else {
      s_.denied[f.serial] = f.why;
    }
    for (const VisitNumber n : s_.open) {
      if (Visit* v = s_.visit(n); v->serial == f.serial) v->denied = !f.lifted;
    }
  }
  void operator()(const CommandTaken& f) {
    if (fact_.at >= s_.forget_at) {  // once an hour: each time would cost a look at every one of the day
      std::erase_if(s_.commands, [&](const auto& taken) { return fact_.at - taken.second.at > answers_kept; });
      s_.forget_at = fact_.at + std::chrono::hours{1};
    }
    s_.commands[f.key] = {f.command, f.answer, fact_.at, f.digest};
  }

 private:
  std::optional<SlotId> find_slot(std::string_view name) const {
    const auto at = s_.slot_names.find(name);
    return at == s_.slot_names.end() ? std::nullopt : std::optional(at->second);
  }
  template <class Pred>
  void drop_offers(Pred which) {
    std::erase_if(s_.offers, which);
  }
  void unseat(Visit& v) {
    if (!v.slot) return;
    SlotView& view = s_.slots[v.slot->value];
    if (view.visit == v.id) view.visit = 0;
    view.freed = fact_.at;
    v.slot.reset();
  }
  // The first row of a serial is worked; a serial whose last visit is over may come back on a later list.
  void take_label(ExpectedMac& e, std::uint32_t index) {
    const auto known = s_.serials.find(e.serial);
    if (known != s_.serials.end()) {
      const ExpectedMac& before = s_.expected[known->second];
      const Visit* v = s_.visit(before.visit);
      if (before.batch == e.batch || v == nullptr || v->open || v->open_cases > 0) return;
    }
    e.worked = true;
    s_.serials[e.serial] = index;
    if (!e.asset_tag.empty()) s_.asset_tags[e.asset_tag] = index;
  }

  VisitState& s_;
  const Catalogue& c_;
  const Fact& fact_;
};

}  // namespace

std::string_view to_string(StepState s) {
  switch (s) {
    case StepState::waiting: return "waiting";
    case StepState::running: return "running";
    case StepState::hands: return "hands";
    case StepState::held: return "held";
    case StepState::done: return "done";
  }
  return "done";
}

StepState state_from(std::string_view text) {
  for (const StepState s : {StepState::waiting, StepState::running, StepState::hands, StepState::held}) {
    if (to_string(s) == text) return s;
  }
  return StepState::done;
}

std::string_view to_string(WaitKind k) {
  switch (k) {
    case WaitKind::none: return "";
    case WaitKind::power: return "power";
    case WaitKind::lease: return "power_lease";
    case WaitKind::outlet_off: return "outlet_off";
    case WaitKind::free_place: return "free_place";
    case WaitKind::shift: return "shift";
    case WaitKind::ready: return "ready";
    case WaitKind::trial: return "trial";
    case WaitKind::next_try: return "next_try";
    case WaitKind::usb_place: return "usb_place";
    case WaitKind::usb_host: return "usb_host";
  }
  return "";
}

WaitKind wait_from(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(WaitKind::usb_host); ++i) {
    if (to_string(static_cast<WaitKind>(i)) == text) return static_cast<WaitKind>(i);
  }
  return WaitKind::none;
}

std::string row_subject(std::string_view batch, std::uint64_t row) {
  return std::string(batch) + " row " + std::to_string(row);
}

VisitState initial_visits(const Room& room) {
  VisitState s;
  s.slots.resize(room.slots.size());
  for (std::uint32_t i = 0; i < room.slots.size(); ++i) {
    s.slot_names[room.slots[i].name] = SlotId{i};
    s.slots[i].holds_one = room.slots[i].kind != SlotKind::pack_table;
    if (room.slots[i].outlet) s.outlet_slots[room.outlets[room.slots[i].outlet->value].name] = SlotId{i};
  }
  return s;
}

void apply_visits(VisitState& state, const Room&, const Catalogue& catalogue, const Fact& fact) {
  std::visit(Folder(state, catalogue, fact), fact.body);
}

Tally tally(const VisitState& s) {
  Tally t;
  t.macs = s.expected.size();
  for (const ExpectedMac& e : s.expected) {
    const Visit* v = s.visit(e.visit);
    if (v != nullptr && v->released == "packed") {
      ++t.packed;
    } else if (e.open_cases > 0 || (v != nullptr && v->open_cases > 0 && (!v->open || v->state == StepState::held))) {
      ++t.in_case;
    } else {
      ++t.unfinished;
    }
  }
  for (const Case& k : s.cases) t.open_cases += k.open ? 1U : 0U;
  return t;
}

}  // namespace greenroom
