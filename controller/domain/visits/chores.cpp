// "Next for you": what people should do now, most urgent first. What blocks a slot comes before what fills one.
#include <algorithm>

#include "controller/domain/visits/draft.hpp"

namespace greenroom {
namespace {

using namespace visits;

class List {
 public:
  explicit List(const VisitContext& c) : c_(c), promised_(c.room.slots.size(), false) {}

  std::vector<Chore> make() {
    looks();
    moves_of_held(SlotKind::restore);
    strangers();
    moves();
    ticks();
    seats();
    moves_of_held(SlotKind::shelf);
    cases();
    return std::move(all_);
  }

 private:
  template <class Fn>
  void each_open(Fn fn) {
    for (const VisitNumber n : c_.state.open) fn(*c_.state.visit(n));
  }

  void add(const Visit& v, std::string kind, std::string slot, std::string words, std::string to = {}) {
    all_.push_back({v.id, v.serial, std::move(slot), Owner::technician, std::move(words), std::move(kind), std::move(to)});
  }

  // A free place that this listing has not sent anybody to yet. A restore slot where a stranger is plugged in is not free,
  // unless it is this very Mac. Slots that enter DFU by their outlet are for desktops first, the others for laptops.
  std::string promise(std::string_view kind, std::string_view serial) {
    const auto row = c_.state.serials.find(serial);
    const auto model = row == c_.state.serials.end() ? std::nullopt : c_.state.expected[row->second].model;
    const bool desktop = model && c_.catalogue.models[*model].desktop;
    std::optional<std::size_t> other;
    for (std::size_t i = 0; i < c_.room.slots.size(); ++i) {
      const SlotView& s = c_.state.slots[i];
      if (kind_name(c_.room.slots[i].kind) != kind || s.visit != 0 || promised_[i]) continue;
      if (s.port.present && s.port.serial != serial) continue;
      const bool suits =
          kind != kind_name(SlotKind::restore) || desktop == (c_.room.slots[i].dfu_entry == DfuEntry::by_outlet);
      if (suits) return take(i);
      if (!other) other = i;
    }
    return other ? take(*other) : std::string();
  }

  // ... that is free for this very visit: a pack table reads one ECID at a time.
  std::string promise(std::string_view kind, const Visit& v) {
    std::string name = promise(kind, v.serial);
    const auto slot = c_.state.slot_names.find(name);
    return slot == c_.state.slot_names.end() || proves_there(c_, v, slot->second) == nullptr ? name : std::string();
  }

  std::string take(std::size_t slot) {
    promised_[slot] = c_.state.slots[slot].holds_one;
    return c_.room.slots[slot].name;
  }

  // Hands that end by what is seen, not by a tick.
  bool is_look(const Visit& v) const {
    switch (step_of(c_, v).kind) {
      case StepKind::identify:
      case StepKind::dfu:
      case StepKind::pack:  // at the table: its ECID is to be seen there
      case StepKind::install_os:
      case StepKind::first_boot: return true;
      case StepKind::charge:
      case StepKind::charge_gate: {
        const auto power = power_of(c_, v);
        return power && power->metered;
      }
      default: return false;
    }
  }

  // What is seen at last is DFU: by the power button of a desktop, or by a laptop's keys.
  std::string look_kind(const Visit& v) const {
    if (asks_for_button(c_, v)) return "hold";
    const Step& s = step_of(c_, v);
    const bool keys = s.kind == StepKind::pack || (s.kind == StepKind::dfu && dfu_way(c_, v, v.step) == DfuEntry::by_hand);
    return keys ? "keys" : "look";
  }

  void looks() {
    each_open([&](const Visit& v) {
      const bool here = step_of(c_, v).kind != StepKind::pack || seated_in(c_, v, SlotKind::pack_table);
      if (v.state == StepState::hands && v.slot && here && is_look(v))
        add(v, look_kind(v), std::string(slot_name(c_, v)), v.what);
    });
  }

  void moves_of_held(SlotKind from) {
    each_open([&](const Visit& v) {
      if (v.state != StepState::held || !seated_in(c_, v, from) || v.run.open() || v.effect != 0) return;
      const std::string to = promise("pack_table", v.serial);
      if (to.empty()) return;
      add(v, "move", to,
          "Put " + v.serial + " aside: take it out of " + std::string(slot_name(c_, v)) + ", scan it, scan " + to + ".",
          "pack_table");
    });
  }

  // Whoever shows at a port without a binding is never worked on.
  void strangers() {
    for (std::size_t i = 0; i < c_.room.slots.size(); ++i) {
      const SlotView& s = c_.state.slots[i];
      if (s.visit != 0 || !s.port.present || !s.holds_one) continue;  // a pack table is asked by its own step
      if (s.freed != TimePoint::min() && c_.now < s.freed + std::chrono::minutes{2}) continue;  // being taken out
      const std::string& here = c_.room.slots[i].name;
      const auto row = c_.state.serials.find(s.port.serial);
      const Visit* v = row == c_.state.serials.end() ? nullptr : c_.state.visit(c_.state.expected[row->second].visit);
      if (v != nullptr && v->open && v->slot) {
        add(*v, "look", std::string(slot_name(c_, *v)),
            v->serial + " is plugged in at " + here + ": move its cables to " + std::string(slot_name(c_, *v)) + ".");
      } else if (row == c_.state.serials.end() || (v != nullptr && !v->open)) {
        all_.push_back({0,
                        s.port.serial,
                        here,
                        Owner::technician,
                        "Scan me: the Mac in slot " + here + " is bound to no label.",
                        "look",
                        {}});
      }  // else the list of seats sends somebody
    }
  }

  void moves() {
    for (const std::string_view to :
         {kind_name(SlotKind::shelf), kind_name(SlotKind::pack_table), kind_name(SlotKind::restore)}) {
      each_open([&](const Visit& v) {
        if (v.state != StepState::hands) return;
        const Step& s = step_of(c_, v);
        const bool this_way = (s.kind == StepKind::move && s.to == to) || (s.kind == StepKind::pack && to == "pack_table");
        if (!this_way || (s.kind == StepKind::pack && seated_in(c_, v, SlotKind::pack_table))) return;
        const std::string place = promise(to, v);
        if (place.empty()) return;
        const std::string from = v.slot ? " from " + std::string(slot_name(c_, v)) : std::string();
        add(v, "move", place, "Take " + v.serial + from + ", scan it, scan " + place + ".", std::string(to));
      });
    }
  }

  void ticks() {
    each_open([&](const Visit& v) {
      if (v.state != StepState::hands || is_look(v)) return;
      const StepKind k = step_of(c_, v).kind;
      if (k == StepKind::seat || k == StepKind::move || k == StepKind::pack) return;
      add(v, "tick", std::string(slot_name(c_, v)), v.what);
    });
  }

  void seats() {
    each_open([&](const Visit& v) {
      const Step& s = step_of(c_, v);
      if (v.state != StepState::hands || s.kind != StepKind::seat) return;
      const std::string place = promise(s.to, v.serial);
      if (!place.empty())
        add(v, "seat", place, "Take " + v.serial + ", scan it, scan slot " + place + ", plug it in.", s.to);
    });
    for (const std::uint32_t i : trolley()) {
      const ExpectedMac& e = c_.state.expected[i];
      const std::string to = first_place(c_.catalogue.recipes[*e.recipe]);
      const std::string place = promise(to, e.serial);
      if (place.empty()) return;
      all_.push_back({0, e.serial, place, Owner::technician,
                      "Take " + e.serial + " from the trolley, scan it, scan slot " + place + ", plug it in.", "seat", to});
    }
  }

  static std::string first_place(const Recipe& r) {
    for (const Step& s : r.steps) {
      if (s.kind == StepKind::seat || s.kind == StepKind::move) return s.to;
    }
    return std::string(kind_name(SlotKind::restore));
  }

  // Hours that a Mac takes alone: its pack at 1C (power facts 2.2), and the macOS that a T2 has to be given by hand.
  static double solo_hours(const MacModel& m) { return m.battery_Wh / 100 + (m.family == "AppleSilicon" ? 0.0 : 0.75); }

  // Macs that nobody has scanned yet; those that take longest first (power facts 4).
  std::vector<std::uint32_t> trolley() const {
    std::vector<std::uint32_t> waiting;
    for (std::uint32_t i = 0; i < c_.state.expected.size(); ++i) {
      const ExpectedMac& e = c_.state.expected[i];
      const Visit* v = c_.state.visit(e.visit);
      const bool again = v != nullptr && v->released == "held_out" && v->open_cases == 0;
      if (!e.worked || !e.approved || !e.model || !e.recipe || e.open_cases > 0 || (v != nullptr && !again)) continue;
      if (!c_.state.denied.contains(e.serial)) waiting.push_back(i);
    }
    const auto hours = [&](std::uint32_t i) { return solo_hours(c_.catalogue.models[*c_.state.expected[i].model]); };
    std::stable_sort(waiting.begin(), waiting.end(), [&](std::uint32_t a, std::uint32_t b) { return hours(a) > hours(b); });
    return waiting;
  }

  void cases() {
    for (const Case& k : c_.state.cases) {
      const Visit* v = c_.state.visit(k.visit);
      if (!k.open || (v != nullptr && v->open && (v->run.open() || v->effect != 0))) continue;  // put in order first
      Owner owner = Owner::technician;
      for (const Owner o : {Owner::batch_lead, Owner::facilities, Owner::repair, Owner::security, Owner::mdm_admin,
                            Owner::recipe_owner, Owner::bench_owner, Owner::auditor}) {
        if (to_string(o) == k.owner) owner = o;
      }
      const std::string slot = v == nullptr ? std::string() : std::string(slot_name(c_, *v));
      all_.push_back(
          {k.visit, v == nullptr ? std::string() : v->serial, slot, owner, k.words + " " + k.next, "case", {}, k.number});
    }
  }

  const VisitContext& c_;
  std::vector<bool> promised_;
  std::vector<Chore> all_;
};

}  // namespace

std::vector<Chore> chores(const VisitContext& c) { return List(c).make(); }

}  // namespace greenroom
