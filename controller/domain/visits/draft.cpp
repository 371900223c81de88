#include "controller/domain/visits/draft.hpp"

#include <algorithm>

#include "controller/domain/sentence.hpp"

namespace greenroom::visits {

void Draft::enter(const Visit& v, std::uint32_t step, StepState state, int attempt, TimePoint deadline, std::string what) {
  const StepKind kind = recipe_of(c, v).steps[step].kind;
  add(StepChanged{v.id, step, std::string(to_string(kind)), std::string(to_string(state)), attempt, deadline,
                  std::move(what)});
}

void Draft::wait(const Visit& v, std::uint32_t step, WaitKind kind, int attempt, TimePoint deadline, std::string words) {
  add(StepChanged{v.id, step, std::string(to_string(recipe_of(c, v).steps[step].kind)),
                  std::string(to_string(StepState::waiting)), attempt, deadline, std::move(words),
                  std::string(to_string(kind))});
}

std::uint64_t Draft::effect(const Visit& v, std::string kind, std::uint64_t ecid, std::string detail,
                            std::string restore_kind) {
  const std::uint64_t number = next_effect_++;
  EffectStarted e{
      number, std::move(kind), v.id, std::string(slot_name(c, v)), ecid, std::move(detail), std::move(restore_kind)};
  if (const auto* choice = e.kind == "engine" ? choice_for(c, v) : nullptr) {
    e.engine_version = c.senses.means->engine;
    e.build = choice->build;
  }
  add(std::move(e));
  return number;
}

void Draft::stop_engine(const Visit& v) {
  if (v.run.open() && !v.run.stop_sent) effect(v, "stop_engine", v.run.ecid, std::to_string(v.run.effect));
}

bool Draft::touched(VisitNumber n) const { return std::find(touched_.begin(), touched_.end(), n) != touched_.end(); }

void Draft::hold(const Visit& v, const Trouble& t) {
  if (touched(v.id) || !v.open) return;
  touched_.push_back(v.id);
  stop_engine(v);
  open_case(v.id, v.serial, t);
  if (const auto row = c.state.serials.find(t.also); row != c.state.serials.end()) {
    const Visit* other = c.state.visit(c.state.expected[row->second].visit);
    if (other == nullptr) open_case(0, t.also, t);  // nobody can find it under its own label
  }
  enter(v, v.step, StepState::held, v.attempt, in_staffed(std::chrono::hours{8}), t.reason + ": " + t.words);
}

void Draft::open_case(VisitNumber visit, std::string subject, const Trouble& t) {
  add(CaseOpened{0, visit, std::move(subject), t.reason, sentence(t.words), sentence(t.next),
                 std::string(to_string(t.owner)), in_staffed(std::chrono::hours{8})});
}

TimePoint Draft::in_staffed(Duration d) const {
  if (c.room.shifts.empty()) return c.now + d;
  return c.now + (staffed_after(c.room.shifts, c.wall, d) - c.wall);
}

// ---- looking up -----------------------------------------------------------------------------------------------------

const Slot* slot_of(const VisitContext& c, const Visit& v) { return v.slot ? &c.room.slots[v.slot->value] : nullptr; }
const SlotView* view_of(const VisitContext& c, const Visit& v) { return v.slot ? &c.state.slots[v.slot->value] : nullptr; }

std::string_view slot_name(const VisitContext& c, const Visit& v) {
  return v.slot ? std::string_view(c.room.slots[v.slot->value].name) : std::string_view();
}

bool seated_in(const VisitContext& c, const Visit& v, SlotKind kind) {
  return v.slot && c.room.slots[v.slot->value].kind == kind;
}

std::string_view kind_name(SlotKind k) {
  switch (k) {
    case SlotKind::restore: return "restore";
    case SlotKind::shelf: return "shelf";
    case SlotKind::pack_table: return "pack_table";
  }
  return "restore";
}

bool same_text(std::string_view a, std::string_view b) {
  const auto cut = [](std::string_view t) {
    while (!t.empty() && (t.front() == ' ' || t.front() == '\t')) t.remove_prefix(1);
    while (!t.empty() && (t.back() == ' ' || t.back() == '\t')) t.remove_suffix(1);
    return t;
  };
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  a = cut(a);
  b = cut(b);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return low(x) == low(y); });
}

namespace {

// A step that does not apply is passed over: no battery to charge, no macOS to install, a shelf that would only be left.
bool applies(const VisitContext& c, const Visit& v, std::uint32_t index) {
  const std::vector<Step>& steps = recipe_of(c, v).steps;
  const Step& s = steps[index];
  const MacModel& m = model_of(c, v);
  switch (s.kind) {
    case StepKind::charge:
    case StepKind::charge_gate: return !m.desktop;
    case StepKind::install_os: return m.family != "AppleSilicon";
    case StepKind::move: {
      if (s.to != kind_name(SlotKind::shelf)) return true;
      if (m.desktop) return false;
      const bool charges_next = index + 1 < steps.size() && steps[index + 1].kind == StepKind::charge;
      return !charges_next || !goal_reached(c, v, steps[index + 1].goal_percent);
    }
    default: return true;
  }
}

}  // namespace

std::uint32_t next_step(const VisitContext& c, const Visit& v, std::uint32_t from) {
  const auto count = static_cast<std::uint32_t>(recipe_of(c, v).steps.size());
  while (from < count && !applies(c, v, from)) ++from;
  return from;
}

std::optional<std::uint32_t> step_before(const VisitContext& c, const Visit& v, StepKind kind) {
  for (std::uint32_t i = v.step + 1; i-- > 0;) {
    if (recipe_of(c, v).steps[i].kind == kind) return i;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> placing_step(const VisitContext& c, const Visit& v) {
  return std::max(step_before(c, v, StepKind::seat), step_before(c, v, StepKind::move));  // nothing is less than any
}

bool erases(const Recipe& r) {
  return std::any_of(r.steps.begin(), r.steps.end(),
                     [](const Step& s) { return s.kind == StepKind::restore && s.restore_kind != "revive"; });
}

Duration deadline_of(const Step& s) { return s.deadline > Duration::zero() ? s.deadline : Duration{std::chrono::hours{1}}; }

bool restart_point(StepKind k) {
  switch (k) {
    case StepKind::seat:
    case StepKind::identify:
    case StepKind::clear:
    case StepKind::charge_gate:
    case StepKind::dfu:
    case StepKind::restore:
    case StepKind::install_os:
    case StepKind::first_boot: return true;
    default: return false;
  }
}

// ---- charge ---------------------------------------------------------------------------------------------------------

std::optional<OutletInsight> power_of(const VisitContext& c, const Visit& v) {
  const Slot* slot = slot_of(c, v);
  if (slot == nullptr || !slot->outlet) return std::nullopt;
  return insight(c.room, c.power, c.power_senses, *slot->outlet, c.now);
}

namespace {

// Brick 0.90 and charging 0.96 (power facts 2.2 and 2.5a: s >= delivered * 0.9 * 0.96 / C).
double gained(const Visit& v, const MacModel& m, const std::optional<OutletInsight>& power) {
  const bool newer_report = v.percent >= 0 && v.percent_at >= v.seated;
  if (newer_report || !power || m.battery_Wh <= 0) return 0;
  return power->delivered.value() * 0.864 / m.battery_Wh;
}

}  // namespace

double charge_at_least(const Visit& v, const MacModel& m, const std::optional<OutletInsight>& power) {
  return std::min(1.0, (v.percent >= 0 ? v.percent / 100.0 : 0.0) + gained(v, m, power));
}

double charge_estimate(const Visit& v, const MacModel& m, const std::optional<OutletInsight>& power) {
  if (power && power->full) return 1.0;
  return std::min(1.0, (v.percent >= 0 ? v.percent / 100.0 : 0.3) + gained(v, m, power));
}

bool goal_reached(const VisitContext& c, const Visit& v, int goal_percent) {
  const std::optional<OutletInsight> power = power_of(c, v);
  return (power && power->full) || charge_at_least(v, model_of(c, v), power) >= goal_percent / 100.0;
}

int charge_goal(const VisitContext& c, const Visit& v) {
  const std::vector<Step>& steps = recipe_of(c, v).steps;
  for (std::uint32_t i = v.step; i < steps.size(); ++i) {
    const bool over = i == v.step && v.state == StepState::done;
    if (steps[i].kind == StepKind::charge && !over) return steps[i].goal_percent;
  }
  return 0;
}

}  // namespace greenroom::visits
