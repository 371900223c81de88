// The root: which half is asked, in which order, and what both share: numbers of cases and effects, answers by key.
#include "controller/domain/decide.hpp"

#include <algorithm>

#include "controller/domain/power/commands.hpp"

namespace greenroom {
namespace {

bool concerns_power(const Input& in) {
  if (const auto* cmd = std::get_if<Command>(&in)) return is_power_command(cmd->kind);
  return std::holds_alternative<PduIdentified>(in) || std::holds_alternative<PduRead>(in) ||
         std::holds_alternative<PduSilent>(in) || std::holds_alternative<SwitchResult>(in);
}

bool concerns_macs(const Input& in) {
  if (const auto* cmd = std::get_if<Command>(&in)) return !is_power_command(cmd->kind);
  return std::holds_alternative<UsbChanged>(in) || std::holds_alternative<EffectResult>(in);
}

std::uint64_t effect_of(const FactBody& f) {
  if (const auto* e = std::get_if<EffectStarted>(&f)) return e->effect;
  if (const auto* s = std::get_if<SwitchStarted>(&f)) return s->effect;
  return 0;
}

std::uint64_t next_effect_after(std::uint64_t next, const std::vector<FactBody>& facts) {
  for (const FactBody& f : facts) next = std::max(next, effect_of(f) + 1);
  return next;
}

void append(std::vector<FactBody>& to, std::vector<FactBody>&& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  }
}

// One open case for one (subject, reason); numbers in the order of opening.
void number_cases(const VisitState& s, std::vector<FactBody>& facts) {
  std::uint64_t next = s.cases.size() + 1;
  std::vector<std::pair<std::string, std::string>> here;
  std::erase_if(facts, [&](FactBody& f) {
    auto* k = std::get_if<CaseOpened>(&f);
    if (k == nullptr) return false;
    std::pair<std::string, std::string> name{k->subject, k->reason};
    if (s.open_cases.contains(name) || std::find(here.begin(), here.end(), name) != here.end()) return true;
    k->number = next++;
    here.push_back(std::move(name));
    return false;
  });
}

// The electrical half leaves the number of an order that a person gave to the root.
void number_orders(std::uint64_t next, std::vector<FactBody>& facts) {
  for (FactBody& f : facts) {
    auto* order = std::get_if<SwitchStarted>(&f);
    if (order != nullptr && order->effect == 0) order->effect = next++;
  }
}

constexpr std::string_view refused_mark = "refused: ";

// Tells a command that is sent again from another one under a used key: FNV-1a of all that it asks, whoever asks.
std::string digest_of(const Command& cmd) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;  // 0xff stands in no UTF-8 text: two fields never read as one
  };
  for (const std::string_view field :
       {to_string(cmd.kind), std::string_view(cmd.label), std::string_view(cmd.serial), std::string_view(cmd.text)})
    add(field);
  add(std::to_string(cmd.number));
  for (const ExpectedRow& r : cmd.rows) {
    for (const std::string* field : {&r.asset_tag, &r.serial, &r.model, &r.model_number, &r.status, &r.location, &r.notes})
      add(*field);
  }
  return std::to_string(hash);
}

// The answer that a key was given before.
bool answered_before(const VisitState& s, const Command& cmd, Decision& d) {
  const auto taken = cmd.key.empty() ? s.commands.end() : s.commands.find(cmd.key);
  if (taken == s.commands.end()) return false;
  if (!taken->second.digest.empty() && taken->second.digest != digest_of(cmd)) {
    d.refused = true;
    d.answer = "the key \"" + cmd.key + "\" was used for another command, " + taken->second.command +
               "; a new command needs a new key";
    return true;
  }
  d.refused = taken->second.answer.starts_with(refused_mark);
  d.answer = d.refused ? taken->second.answer.substr(refused_mark.size()) : taken->second.answer;
  return true;
}

void answer(const VisitContext& c, const Command& cmd, Decision& d) {
  if (is_power_command(cmd.kind)) {
    const std::string refusal = command_refusal(c.room, c.power, cmd);
    d.refused = !refusal.empty();
    d.answer = d.refused ? refusal : std::string(to_string(cmd.kind)) + " " + cmd.label + ": done";
  }
  if (cmd.key.empty()) return;
  d.facts.push_back(CommandTaken{cmd.key, std::string(to_string(cmd.kind)),
                                 (d.refused ? std::string(refused_mark) : "") + d.answer, digest_of(cmd)});
}

void plan(const VisitContext& c, Planner planner, std::uint64_t next_effect, Decision& d) {
  d.facts = advance_visits(c, next_effect);
  PowerDecision power =
      replan(c.room, c.rules, planner, c.power, c.power_senses, demands(c), next_effect_after(next_effect, d.facts), c.now);
  append(d.facts, std::move(power.facts));
  d.memory = std::move(power.memory);
  d.wake_at = std::min(power.wake_at, next_visit_deadline(c));
}

}  // namespace

RoomState initial_state(const RoomSetup& setup) {
  RoomState s;
  s.power = initial_power(setup.room);
  s.visits = initial_visits(setup.room);
  return s;
}

RoomSenses initial_senses(const RoomSetup& setup, TimePoint now) {
  RoomSenses s;
  s.power = initial_power_senses(setup.room, now);
  s.visits.occupants.resize(setup.room.slots.size());
  return s;
}

Decision decide(const RoomSetup& setup, const RoomState& state, const RoomSenses& senses, const Input& input, TimePoint now,
                WallTime wall) {
  Decision d;
  const VisitContext c{setup.room,  setup.catalogue, setup.rules, state.visits, senses.visits,
                       state.power, senses.power,    now,         wall,         state.lifetime.started};
  const auto* cmd = std::get_if<Command>(&input);
  if (cmd != nullptr && answered_before(state.visits, *cmd, d)) return d;
  if (std::holds_alternative<Replan>(input)) {
    plan(c, setup.planner, state.next_effect, d);
  } else if (concerns_power(input)) {
    d.facts = decide_power(setup.room, setup.rules, state.power, senses.power, input, now);
    number_orders(state.next_effect, d.facts);
  } else if (concerns_macs(input)) {
    VisitDecision v = decide_visits(c, input, state.next_effect);
    d.facts = std::move(v.facts);
    d.answer = std::move(v.answer);
    d.refused = v.refused;
  }
  if (!d.facts.empty()) number_cases(state.visits, d.facts);
  if (cmd != nullptr) answer(c, *cmd, d);
  return d;
}

void apply(const RoomSetup& setup, RoomState& state, const Fact& fact) {
  state.last_seq = fact.seq;
  state.next_effect = std::max(state.next_effect, effect_of(fact.body) + 1);
  state.lifetime.last_fact = fact.at;
  state.lifetime.last_wall = fact.wall;
  if (const auto* start = std::get_if<ServiceStarted>(&fact.body)) {
    state.lifetime.last = {start->program, start->boot, start->boot_time};
    state.lifetime.started = fact.at;
  }
  apply_power(state.power, setup.room, fact);
  apply_visits(state.visits, setup.room, setup.catalogue, fact);
}

void sense(const RoomSetup& setup, RoomSenses& senses, const RoomState& state, const Input& input, TimePoint now) {
  // Another Mac sits there now: what its outlet taught us of the last one is dropped.
  for (std::size_t i = 0; i < state.visits.slots.size(); ++i) {
    const Visit* v = state.visits.visit(state.visits.slots[i].visit);
    const Occupant is{v == nullptr ? 0 : v->id, v == nullptr ? TimePoint{} : v->seated};
    if (is == senses.visits.occupants[i]) continue;
    senses.visits.occupants[i] = is;
    if (is.visit != 0 && setup.room.slots[i].outlet) forget_outlet(senses.power, *setup.room.slots[i].outlet, now);
  }
  sense_power(senses.power, setup.room, state.power, input, now);
  sense_visits(senses.visits, setup.room, state.visits, input, now);
}

}  // namespace greenroom
