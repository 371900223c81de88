// Scans: a Mac's label and a slot's, either order, within 30 s, by one person, bind a Mac to a slot.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

// A Mac whose label was scanned: its visit, or the row that a visit is opened for in this very decision.
struct Scanned {
  const ExpectedMac* row{};
  const Visit* visit{};  // nothing: not open yet
};

std::string place_word(std::string_view kind) {
  if (kind == "shelf") return "a charge shelf";
  return kind == "pack_table" ? "the pack table" : "a restore slot";
}

const Recipe& recipe_for(const VisitContext& c, const Scanned& m) {
  return c.catalogue.recipes[m.visit != nullptr ? m.visit->recipe : m.row->recipe.value_or(0)];
}

// The kind of place that the Mac should go to next; empty: it should stay where it is.
std::string wanted_place(const VisitContext& c, const Scanned& m) {
  const std::vector<Step>& steps = recipe_for(c, m).steps;
  std::uint32_t i = 0;
  if (m.visit != nullptr) {
    i = m.visit->state == StepState::done ? next_step(c, *m.visit, m.visit->step + 1) : m.visit->step;
  } else {
    while (i < steps.size() && steps[i].kind == StepKind::receive) ++i;
  }
  if (i >= steps.size()) return {};
  if (steps[i].kind == StepKind::seat || steps[i].kind == StepKind::move) return steps[i].to;
  return steps[i].kind == StepKind::pack ? std::string(kind_name(SlotKind::pack_table)) : std::string();
}

// A Mac may change to a place of the same kind while nothing rests on its port or its power.
bool may_change_place(const VisitContext& c, const Visit& v) {
  switch (step_of(c, v).kind) {
    case StepKind::dfu: return v.state == StepState::waiting;
    case StepKind::restore:
    case StepKind::install_os:
    case StepKind::first_boot: return false;
    default: return true;
  }
}

bool being_put_in_order(const Visit& v) { return v.run.open() || v.effect != 0; }

std::string refusal(const VisitContext& c, const Scanned& m, SlotId slot) {
  const Slot& to = c.room.slots[slot.value];
  const SlotView& there = c.state.slots[slot.value];
  const Visit* v = m.visit;
  if (there.visit != 0 && (v == nullptr || there.visit != v->id)) {
    return "Slot " + to.name + " holds " + c.state.visit(there.visit)->serial + ": scan a free one.";
  }
  if (v != nullptr && v->state == StepState::held) {
    if (being_put_in_order(*v)) return v->serial + " is being put in order: leave it plugged in for some minutes.";
    return to.kind == SlotKind::restore ? v->serial + " is held (" + v->what + ") Scan the pack table to put it aside."
                                        : std::string();
  }
  const std::string wanted = wanted_place(c, m);
  if (const Visit* o = v == nullptr ? nullptr : proves_there(c, *v, slot)) {
    return to.name + " waits for the ECID of " + o->serial + ": scan " + v->serial + " again when that one is packed.";
  }
  if (wanted == kind_name(to.kind)) return {};
  if (v != nullptr && v->slot && c.room.slots[v->slot->value].kind == to.kind && may_change_place(c, *v)) return {};
  if (!wanted.empty()) return to.name + " is not where this Mac goes: take it to " + place_word(wanted) + ".";
  return v->serial + " is in step " + std::string(to_string(step_of(c, *v).kind)) + ": leave it" +
         (v->slot ? " in slot " + std::string(slot_name(c, *v)) : std::string()) + ".";
}

void bind(Draft& d, const Scanned& m, VisitNumber number, SlotId slot) {
  const Slot& to = d.c.room.slots[slot.value];
  const Visit* v = m.visit;
  if (v != nullptr && v->slot == slot) {
    d.answer = v->serial + " is in " + to.name + " already";
    return;
  }
  if (v != nullptr && v->slot) d.add(SeatingEnded{v->id, std::string(slot_name(d.c, *v)), "moved"});
  d.answer = m.row->serial + " is in " + to.name;
  if (v != nullptr && v->state == StepState::held && to.kind == SlotKind::pack_table) {
    d.add(VisitReleased{v->id, "held_out", ""});
    d.answer = m.row->serial + " is put aside with its case";
    return;
  }
  d.add(SeatingBegan{number, to.name});
  if (v == nullptr || v->state == StepState::held || to.kind != SlotKind::restore) return;
  // Another restore slot before the erase: whatever was seen at the first one proves nothing here.
  const StepKind kind = step_of(d.c, *v).kind;
  const bool again =
      kind == StepKind::identify || kind == StepKind::clear || kind == StepKind::charge_gate || kind == StepKind::dfu;
  const auto seat = placing_step(d.c, *v);
  if (again && seat) d.after(*v, *seat);
}

void offer(Draft& d, const std::string& person, const std::string& slot, const std::string& serial) {
  d.add(BindingOffered{person, slot, serial, d.c.now + d.c.room.timings.bind_window});
}

const Offer* offer_of(const VisitContext& c, const std::string& person) {
  for (const Offer& o : c.state.offers) {
    if (o.person == person && c.now < o.until) return &o;
  }
  return nullptr;
}

std::optional<Scanned> find_mac(const VisitState& s, std::string_view label) {
  auto at = s.asset_tags.find(label);
  if (at == s.asset_tags.end()) {
    const auto serial = SerialNumber::parse(label);
    if (!serial) return std::nullopt;
    at = s.serials.find(serial->text());
    if (at == s.serials.end()) return std::nullopt;
  }
  const ExpectedMac& row = s.expected[at->second];
  const Visit* v = s.visit(row.visit);
  return Scanned{&row, v != nullptr && v->open ? v : nullptr};
}

void unknown_label(Draft& d, const std::string& label) {
  const auto serial = SerialNumber::parse(label);
  if (!serial) return d.refuse("No slot and no Mac has the label " + label + ".");
  d.open_case(0, serial->text(),
              {"unknown_asset", serial->text() + " is on no list.", "Accept it with a list of its own, or return it.",
               Owner::batch_lead});
  d.refuse(serial->text() + " is on no list: put it aside for the batch lead.");
}

// May this Mac's work start? Refused with words, and a case where nobody owns it yet.
bool may_open_visit(Draft& d, const ExpectedMac& row) {
  const VisitState& s = d.c.state;
  if (const auto why = s.denied.find(row.serial); why != s.denied.end()) {
    d.open_case(0, row.serial,
                {"denied", row.serial + " is on the deny list: " + why->second + ".",
                 "Put it aside; it is not erased until security lifts the denial.", Owner::security});
    d.refuse(row.serial + " is on the deny list (" + why->second + "): put it aside for security.");
    return false;
  }
  const Visit* last = s.visit(row.visit);
  if (last != nullptr && last->released == "packed") {
    d.refuse(row.serial + " is packed already.");
    return false;
  }
  if (row.open_cases > 0 || (last != nullptr && last->open_cases > 0)) {
    d.refuse(row.serial + " has an open case: put it aside for its owner.");
    return false;
  }
  if (!row.approved || !row.model || !row.recipe) {
    d.open_case(0, row.serial,
                {"not_approved", row.serial + " is not approved for work.", "Correct the list.", Owner::batch_lead});
    d.refuse(row.serial + " is not approved for work: put it aside for the batch lead.");
    return false;
  }
  return true;
}

VisitNumber open_visit(Draft& d, const ExpectedMac& row) {
  const VisitState& s = d.c.state;
  const Recipe& r = d.c.catalogue.recipes[*row.recipe];
  const VisitNumber number = s.next_visit;
  d.add(VisitOpened{number, s.batches[row.batch].name, row.row, row.serial, d.c.catalogue.models[*row.model].product_type,
                    r.id, r.version});
  d.add(StepChanged{number, 0, std::string(to_string(r.steps.front().kind)), "done", 1, never, {}});
  return number;
}

void scan_slot(Draft& d, const Command& cmd, SlotId slot) {
  const std::string& name = d.c.room.slots[slot.value].name;
  const Offer* o = offer_of(d.c, cmd.by);
  const Visit* sits = d.c.state.visit(d.c.state.slots[slot.value].visit);
  const bool carries = o != nullptr && !o->serial.empty();
  if (sits != nullptr && !carries && asks_for_button(d.c, *sits)) return button_held(d, *sits);
  if (o == nullptr || o->serial.empty()) {
    offer(d, cmd.by, name, {});
    d.answer = "slot " + name + ": now scan the Mac";
    return;
  }
  const std::optional<Scanned> m = find_mac(d.c.state, o->serial);
  if (!m || m->visit == nullptr) return d.refuse("Scan the Mac again.");
  if (std::string why = refusal(d.c, *m, slot); !why.empty()) return d.refuse(std::move(why));
  bind(d, *m, m->visit->id, slot);
}

void scan_mac(Draft& d, const Command& cmd, const Scanned& m) {
  if (m.visit == nullptr && !may_open_visit(d, *m.row)) return;
  const Offer* o = offer_of(d.c, cmd.by);
  const bool binds = o != nullptr && o->slot.has_value();
  if (binds) {
    if (std::string why = refusal(d.c, m, *o->slot); !why.empty()) return d.refuse(std::move(why));
  }
  const VisitNumber number = m.visit == nullptr ? open_visit(d, *m.row) : m.visit->id;
  if (binds) return bind(d, m, number, *o->slot);
  offer(d, cmd.by, {}, m.row->serial);
  d.answer = m.row->serial + ": now scan its slot";
}

}  // namespace

void scan(Draft& d, const Command& cmd) {
  if (cmd.by.empty()) return d.refuse("A scan needs a person.");
  if (const auto slot = d.c.state.slot_names.find(cmd.label); slot != d.c.state.slot_names.end())
    return scan_slot(d, cmd, slot->second);
  if (const auto mac = find_mac(d.c.state, cmd.label)) return scan_mac(d, cmd, *mac);
  unknown_label(d, cmd.label);
}

}  // namespace greenroom::visits
