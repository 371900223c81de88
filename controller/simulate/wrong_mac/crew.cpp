#include "controller/simulate/wrong_mac/crew.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::sim::wrong_mac {
namespace {

constexpr int cases_enough = 4;  // after so many somebody else takes the Mac over
constexpr TimePoint day_ends{std::chrono::hours{10}};

}  // namespace

Crew::Crew(Clock& clock, Floor& floor, CrewDesk& desk, Plan& plan, Random random)
    : clock_(clock),
      floor_(floor),
      desk_(desk),
      plan_(plan),
      random_(random),
      work_(plan.items.size()),
      struck_(plan.mishaps.size()) {
  floor_.on_arrival = [this](MacNo mac) { arrived(mac); };
}

void Crew::start() {
  later(1, [this] { look(); });
}

void Crew::later(double seconds, std::function<void()> act) {
  clock_.call_at(clock_.now() + seconds_of(seconds), std::move(act));
}

void Crew::command(CommandKind kind, const std::string& serial, std::uint64_t number) {
  Bench* bench = desk_.bench();
  if (bench == nullptr) return;
  Command c;
  c.kind = kind;
  c.by = "anna";
  c.serial = serial;
  c.number = number;
  c.text = "seen to";
  bench->submit(std::move(c), [](const Answer&) {});
}

void Crew::scan(const std::string& label) {
  Bench* bench = desk_.bench();
  if (bench == nullptr) return;
  Command c;
  c.kind = CommandKind::scan;
  c.by = "anna";
  c.label = label;
  bench->submit(std::move(c), [this, label](const Answer& answer) {
    if (floor_.tell) floor_.tell(fmt::format("scan {}: {}", label, answer.words));
  });
}

// ---- the usual work -------------------------------------------------------------------------------------------------

void Crew::look() {
  if (clock_.now() > day_ends || std::all_of(work_.begin(), work_.end(), [](const Work& w) { return w.over; })) {
    done_ = true;
    return;
  }
  const auto idle = [this](const Item& i) {
    return i.waits || work_[static_cast<std::size_t>(&i - plan_.items.data())].over;
  };
  if (std::all_of(plan_.items.begin(), plan_.items.end(), idle)) {
    for (Item& i : plan_.items) i.waits = false;
  }
  bool busy = false;
  for (std::size_t item = 0; item < work_.size() && !busy && desk_.bench() != nullptr; ++item) {
    if (!work_[item].over && !plan_.items[item].waits) busy = see_to(item);
  }
  later(busy ? random_.uniform(15, 25) : random_.uniform(8, 20), [this] { look(); });
}

// True when somebody's hands were full with it.
bool Crew::see_to(std::size_t item) {
  if (plan_.items[item].carried && !known(plan_.items[item], false)) set_right(item);
  const Bench& bench = *desk_.bench();
  const VisitState& s = bench.state().visits;
  const auto row = s.serials.find(plan_.items[item].serial);
  if (row == s.serials.end()) {
    desk_.import();
    return true;
  }
  const Visit* v = s.visit(s.expected[row->second].visit);
  if (v != nullptr && v->released == "packed") {
    work_[item].over = true;
    floor_.unplug(plan_.items[item].hand);
    return false;
  }
  const bool cases = s.expected[row->second].open_cases > 0 || (v != nullptr && v->open_cases > 0);
  if (v != nullptr && v->open && v->state == StepState::held) return see_to_held(item, *v);
  work_[item].held_since = never;
  if (v == nullptr || !v->open) {
    if (work_[item].given_up || s.denied.contains(plan_.items[item].serial)) {
      work_[item].over = true;
      floor_.unplug(plan_.items[item].hand);
      return false;
    }
    if (cases) {
      set_right(item);
      close_cases(plan_.items[item].serial, v == nullptr ? 0 : v->id);
      return true;
    }
    return seat(item);
  }
  const StepKind kind = bench.setup().catalogue.recipes[v->recipe].steps[v->step].kind;
  if (v->state != StepState::hands) return false;
  if (kind == StepKind::seat) return seat(item);
  if (kind == StepKind::pack) return to_table(item), true;
  if (!v->slot || v->slot->value >= plan_.ports) return false;
  right_mac(item, v->slot->value);
  return true;
}

bool Crew::see_to_held(std::size_t item, const Visit& v) {
  Work& work = work_[item];
  if (v.run.open() || v.effect != 0) return false;
  if (work.held_since == never) {
    work.held_since = clock_.now() + seconds_of(random_.uniform(20, 120));
    return false;
  }
  if (clock_.now() < work.held_since) return false;
  work.held_since = never;
  const bool denied = desk_.bench()->state().visits.denied.contains(plan_.items[item].serial);
  if (denied || ++work.cases > cases_enough) work.given_up = true;
  set_right(item);
  if (!work.given_up && random_.chance(0.5) && v.slot) {  // where it is
    right_mac(item, v.slot->value);
    close_cases(plan_.items[item].serial, v.id);
  } else {
    to_table(item);
  }
  return true;
}

// Who owns the case finds both Macs: what is not ours leaves the room, and the label is on the Mac that it means.
void Crew::set_right(std::size_t item) {
  for (MacNo m = 0; m < floor_.macs.size(); ++m) {
    if (floor_.macs[m].ours || !(floor_.macs[m].port || m == plan_.items[item].hand)) continue;
    floor_.unplug(m);
    floor_.macs[m].gone = true;
  }
  for (Item& i : plan_.items) {
    if (i.hand == plan_.items[item].hand || floor_.macs[i.hand].gone || i.hand == plan_.items[item].mac) {
      if (i.hand != i.mac) floor_.unplug(i.hand);
      i.hand = i.mac;
      i.waits = i.carried = false;
      Mac& m = floor_.macs[i.mac];
      m.iboot_serial = m.booted_serial = m.serial;
    }
  }
}

// An open visit knows the ECID of the Mac that is taken for this item: the item's own, or another one.
bool Crew::known(const Item& item, bool own) const {
  const auto& runs = desk_.runs();
  return std::any_of(runs.begin(), runs.end(), [&](const auto& run) {
    return run.second.ecid == floor_.macs[item.hand].ecid && (run.second.serial == item.serial) == own;
  });
}

void Crew::close_cases(const std::string& serial, VisitNumber visit) {
  for (const Case& k : desk_.bench()->state().visits.cases) {
    if (k.open && (k.subject == serial || (visit != 0 && k.visit == visit))) command(CommandKind::close_case, {}, k.number);
  }
}

bool Crew::seat(std::size_t item) {
  const VisitState& s = desk_.bench()->state().visits;
  const MacNo hand = plan_.items[item].hand;
  std::optional<PortNo> free;
  for (PortNo port = 0; port < plan_.ports && !free; ++port) {
    const bool taken = s.slots[port].visit != 0;
    if (!taken && (!floor_.at(port) || floor_.at(port) == hand)) free = port;
  }
  for (PortNo port = 0; port < plan_.ports && !free; ++port) {  // somebody left one plugged in
    if (s.slots[port].visit == 0) floor_.unplug(*floor_.at(port)), free = port;
  }
  if (!free) return false;
  const std::string slot = plan_.setup.room.slots[*free].name;
  scan(plan_.items[item].serial);
  later(3, [this, slot] { scan(slot); });
  later(random_.uniform(6, 12), [this, item, port = *free] {
    if (desk_.bench() == nullptr) return;
    const VisitState& now = desk_.bench()->state().visits;
    const Visit* v = now.visit(now.slots[port].visit);
    const bool may_come = !plan_.items[item].carried || known(plan_.items[item], false);
    if (may_come && v != nullptr && v->serial == plan_.items[item].serial) floor_.plug(plan_.items[item].hand, port);
  });
  return true;
}

void Crew::to_table(std::size_t item) {
  floor_.unplug(plan_.items[item].hand);
  scan(plan_.items[item].serial);
  later(3, [this] { scan("pack"); });
}

void Crew::right_mac(std::size_t item, PortNo port) {
  const MacNo hand = plan_.items[item].hand;
  if (floor_.macs[hand].port != port) floor_.plug(hand, port);
}

// ---- what goes wrong ------------------------------------------------------------------------------------------------

MacNo Crew::in_place(const Mishap& m) const { return plan_.items[m.item].hand; }

void Crew::arrived(MacNo mac) {
  for (std::size_t i = 0; i < plan_.mishaps.size(); ++i) {
    const Mishap& m = plan_.mishaps[i];
    if (struck_[i] || in_place(m) != mac || floor_.macs[mac].mode != m.when) continue;
    struck_[i] = true;
    clock_.call_at(clock_.now() + m.after, [this, i] { strike(plan_.mishaps[i]); });
  }
}

std::optional<PortNo> Crew::other_port(PortNo port) {
  if (plan_.ports < 2) return std::nullopt;
  const PortNo other = random_.below(plan_.ports - 1);
  return other < port ? other : other + 1;
}

// Clones and twins come only once their like was seen in DFU, in a fact that is durable: before that nothing tells them
// apart.
void Crew::strike(const Mishap& m) {
  const MacNo mac = in_place(m);
  const auto port = floor_.macs[mac].port;
  if (m.kind == MishapKind::kill) return desk_.kill_for(seconds_of(60 * m.draw));
  if (m.kind == MishapKind::release) {
    if (floor_.macs[mac].gone) return;
    if (!known(plan_.items[m.item], true)) return later(1, [this, m] { strike(m); });
    for (Item& i : plan_.items) i.waits = i.waits && i.hand != mac;
    return;
  }
  if (m.kind == MishapKind::twin && !known(plan_.items[m.item], true)) return;
  floor_.macs[mac].disturbed = floor_.macs[plan_.items[m.item].mac].disturbed = true;
  if (m.kind == MishapKind::revoke) return deny(plan_.items[m.item].serial, false);
  if (!port) return;
  const auto beside = other_port(*port);
  switch (m.kind) {
    case MishapKind::swap: {
      const auto other = beside ? floor_.at(*beside) : std::nullopt;
      if (!other) return;
      floor_.macs[*other].disturbed = true;
      floor_.unplug(mac);
      floor_.plug(*other, *port);
      return floor_.plug(mac, *beside);
    }
    case MishapKind::replug: {
      floor_.unplug(mac);
      const PortNo where = m.draw < 0.3 && beside && !floor_.at(*beside) ? *beside : *port;
      return later(60 * m.draw, [this, mac, where] {
        if (!floor_.macs[mac].port && !floor_.at(where)) floor_.plug(mac, where);
      });
    }
    case MishapKind::restart: return floor_.press_power(mac);
    case MishapKind::fall_back: {
      if (floor_.showing(*port, Mode::dfu)) floor_.fall_back(mac);
      return;
    }
    case MishapKind::twin:
    case MishapKind::stranger: {
      constexpr Mode modes[] = {Mode::booted, Mode::dfu, Mode::recovery, Mode::recovery};
      const bool twin = m.kind == MishapKind::twin;
      if ((!twin && !beside) || floor_.macs[*m.mac].gone) return;
      const PortNo where = twin ? *port : *beside;
      if (!twin && floor_.at(where)) floor_.macs[*floor_.at(where)].disturbed = true;
      floor_.place(*m.mac, modes[static_cast<std::size_t>(m.draw * 4)]);
      floor_.plug(*m.mac, where);
      // Who put it there takes it away again, and never brings it back.
      return later(random_.uniform(20, 300), [this, other = *m.mac] {
        floor_.unplug(other);
        floor_.macs[other].gone = true;
      });
    }
    default: return;
  }
}

void Crew::deny(const std::string& serial, bool lift) {
  if (desk_.bench() == nullptr) return later(1, [this, serial, lift] { deny(serial, lift); });
  command(lift ? CommandKind::lift_denial : CommandKind::deny, serial);
  if (!lift && random_.chance(0.3)) later(random_.uniform(60, 600), [this, serial] { deny(serial, true); });
}

}  // namespace greenroom::sim::wrong_mac
