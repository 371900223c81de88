// Who is at the port? The erase gate's check (rules.md R4), and the earlier contradictions that may refuse but never
// replace it.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

bool fits(const MacModel& m, std::uint16_t chip, std::uint8_t board) {
  const std::uint32_t both = (static_cast<std::uint32_t>(chip) << 8) | board;
  return std::find(m.chip_boards.begin(), m.chip_boards.end(), both) != m.chip_boards.end();
}

std::string at_slot(const VisitContext& c, const Visit& v) { return " in slot " + std::string(slot_name(c, v)); }

Trouble wrong_label(const VisitContext& c, const Visit& v, const std::string& says) {
  return {"wrong_label", "The label says " + v.serial + ", the Mac" + at_slot(c, v) + " says " + says + ".",
          "Compare case, box and label, put the right label on, then scan the Mac again.", Owner::batch_lead, says};
}

const Visit* other_with(const VisitContext& c, const Visit& v, std::string_view serial, std::uint64_t ecid) {
  if (!c.rules.holds(Clause::one_visit)) return nullptr;
  for (const VisitNumber n : c.state.open) {
    const Visit* o = c.state.visit(n);
    if (o->id == v.id) continue;
    if (o->serial == serial || (ecid != 0 && (o->ecid == ecid || (o->run.open() && o->run.ecid == ecid)))) return o;
  }
  return nullptr;
}

}  // namespace

std::optional<Trouble> contradiction(const VisitContext& c, const Visit& v, const PortView& p) {
  if (!c.rules.holds(Rule::r4) || !p.present) return std::nullopt;
  // A garbled serial is no serial: it refuses nothing and permits nothing.
  const bool own_serial = p.serial.empty() || p.serial == v.serial || !SerialNumber::parse(p.serial);
  if (!own_serial && c.rules.holds(Clause::binding)) return wrong_label(c, v, p.serial);
  const bool macs_own = p.mode == MacMode::dfu || p.mode == MacMode::recovery || (p.mode == MacMode::kis && p.chip != 0);
  if (!macs_own || p.ecid == 0) return std::nullopt;  // Port DFU shows the port controller's ECID (macs 1.4)
  if (v.ecid != 0 && p.ecid != v.ecid && c.rules.holds(Clause::ecid)) {
    return Trouble{"other_mac", "Another Mac than before answers" + at_slot(c, v) + " under the label " + v.serial + ".",
                   "Find which Mac belongs there, and scan both again.", Owner::technician};
  }
  if (p.chip != 0 && !fits(model_of(c, v), p.chip, p.board) && c.rules.holds(Clause::model)) {
    return Trouble{"wrong_model", v.serial + at_slot(c, v) + " is not a " + model_of(c, v).name + " as the list says.",
                   "Correct the list, or find the Mac that belongs to this label.", Owner::batch_lead};
  }
  if (const Visit* o = other_with(c, v, v.serial, p.ecid); o != nullptr) {
    return Trouble{
        "duplicate",
        "The Mac" + at_slot(c, v) + " is already worked on as " + o->serial + " (visit " + std::to_string(o->id) + ").",
        "Scan both Macs again and close one of the two visits.", Owner::batch_lead};
  }
  return std::nullopt;
}

std::optional<Refusal> gate_refusal(const VisitContext& c, const Visit& v, const PortView& p) {
  const std::string here = at_slot(c, v);
  const auto holds = [&c](Clause clause) { return c.rules.holds(clause); };
  const auto row = c.state.serials.find(p.serial);
  if (const auto why = c.state.denied.find(p.serial); why != c.state.denied.end() && holds(Clause::serial)) {
    return Refusal{'a',
                   {"denied", p.serial + here + " is on the deny list: " + why->second + ".",
                    "Put it aside; it is not erased until security lifts the denial.", Owner::security}};
  }
  const bool approved = row != c.state.serials.end() && c.state.expected[row->second].approved;
  if (!approved && holds(Clause::serial)) {
    return Refusal{'a',
                   {"not_approved", p.serial + here + " is on no list that is approved for erasure.",
                    "Add it to an approved list, or return it.", Owner::batch_lead}};
  }
  if ((p.ecid == 0 || p.ecid != v.run.ecid) && holds(Clause::ecid)) {
    return Refusal{'b',
                   {"other_mac", "The Mac" + here + " is not the one that was seen in DFU there in this run.",
                    "Leave one Mac in its slot from scan to move; scan both again.", Owner::technician}};
  }
  const bool board_fits = fits(model_of(c, v), p.chip, p.board);
  if ((p.chip == 0 || !board_fits) && holds(Clause::model)) {
    return Refusal{'c',
                   {"wrong_model", p.serial + here + " is not a " + model_of(c, v).name + " as its row says.",
                    "Correct the list, or find the Mac that belongs to this row.", Owner::batch_lead}};
  }
  if ((p.serial != v.serial || v.bound_by.empty()) && holds(Clause::binding))
    return Refusal{'d', wrong_label(c, v, p.serial)};
  if (const Visit* o = other_with(c, v, p.serial, p.ecid); o != nullptr) {
    return Refusal{
        'e',
        {"duplicate", p.serial + here + " is held by another open visit too (visit " + std::to_string(o->id) + ").",
         "Scan both Macs again and close one of the two visits.", Owner::batch_lead}};
  }
  return std::nullopt;
}

}  // namespace greenroom::visits
