// Nothing leaves unproven (rules.md R12): the Mac gave its own serial after its erase or, where its recipe leaves it without
// a system, it shows at the pack table's data port the ECID of the run that erased it.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

bool erasure_confirmed(const Visit& v) { return v.evidence.erased_confirmed && v.evidence.engine == v.run.effect; }

void release(Draft& d, const Visit& v, std::string_view proof) {
  d.add(SeatingEnded{v.id, std::string(slot_name(d.c, v)), "released"});
  d.add(VisitReleased{v.id, "packed", std::string(proof)});
}

void unproven(Draft& d, const Visit& v, std::string words, std::string next) {
  d.hold(v, {"no_proof", std::move(words), std::move(next), Owner::auditor});
}

// At the table, with its data cable in and in DFU: it or another.
void await_ecid(Draft& d, const Visit& v, std::uint32_t index, bool entering) {
  const Step& s = recipe_of(d.c, v).steps[index];
  const std::string table(slot_name(d.c, v));
  if (slot_of(d.c, v)->data_port.empty()) {
    return unproven(d, v, v.serial + " has no system, and the pack table " + table + " has no data port to read its ECID.",
                    "Pack it at a table with a data port, or give it a system.");
  }
  const PortView& p = view_of(d.c, v)->port;
  if (in_dfu(p) && p.ecid == v.evidence.ecid) return release(d, v, "dfu_ecid");
  const bool here_since = p.since >= v.seated || d.c.now >= v.deadline;  // the Mac before may still be plugged in
  if (in_dfu(p) && here_since && !entering) {
    return d.hold(
        v, {"other_mac", "The Mac at the pack table " + table + " is not the one that was erased as " + v.serial + ".",
            "Find both Macs; scan each with its own label. Neither leaves before its ECID is seen.", Owner::auditor});
  }
  const std::string words = "Plug the data cable of " + table + " into " + v.serial + ". " + dfu_keys(d.c, v);
  if (entering || v.what != words) return d.hands(v, index, 1, deadline_of(s), words);
  if (d.c.now < v.deadline) return;
  if (v.attempt < s.tries) return d.hands(v, index, v.attempt + 1, deadline_of(s), words);
  unproven(d, v, v.serial + " was not seen in DFU at the pack table " + table + ".",
           "Bring it into DFU there, or erase it again.");
}

void leave(Draft& d, const Visit& v, std::uint32_t index, bool entering) {
  if (!erases(recipe_of(d.c, v))) return release(d, v, "");
  const bool confirmed = erasure_confirmed(v);
  if (confirmed && v.booted_reported) return release(d, v, "booted_serial");
  if (confirmed && v.mdm_reported) return release(d, v, "mdm");
  if (!d.c.rules.holds(Rule::r12)) return release(d, v, "");
  if (confirmed && leaves_without_os(d.c, v)) return await_ecid(d, v, index, entering);
  unproven(d, v, v.serial + " did not report its own serial after a confirmed erase: it may not leave.",
           "Start it so that it reports itself, or erase it again.");
}

}  // namespace

bool leaves_without_os(const VisitContext& c, const Visit& v) {
  const std::vector<Step>& steps = recipe_of(c, v).steps;
  const auto has = [&](auto what) { return std::any_of(steps.begin(), steps.end(), what); };
  const bool erase_only = has([](const Step& s) { return s.restore_kind == "erase_only"; });
  const bool installs = has([](const Step& s) { return s.kind == StepKind::install_os; });
  // A T2 restore installs bridgeOS and leaves no macOS.
  return !v.evidence.os_installed && (erase_only || (model_of(c, v).family == "T2" && !installs));
}

const Visit* proves_there(const VisitContext& c, const Visit& v, SlotId table) {
  if (!leaves_without_os(c, v) || c.room.slots[table.value].kind != SlotKind::pack_table) return nullptr;
  for (const VisitNumber n : c.state.open) {
    const Visit* o = c.state.visit(n);
    if (o->id != v.id && o->slot == table && o->state != StepState::held && leaves_without_os(c, *o)) return o;
  }
  return nullptr;
}

void pack(Draft& d, const Visit& v, std::uint32_t index, bool entering) {
  const Step& s = recipe_of(d.c, v).steps[index];
  if (seated_in(d.c, v, SlotKind::pack_table)) return leave(d, v, index, entering);
  if (entering || d.c.now >= v.deadline) d.hands(v, index, entering ? 1 : v.attempt + 1, deadline_of(s), s.instruction);
}

}  // namespace greenroom::visits
