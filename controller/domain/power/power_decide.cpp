// Power inputs become facts: what was sensed, what an order came to, who switched without us, which circuit is gone.
#include <algorithm>

#include "controller/domain/power/commands.hpp"
#include "controller/domain/power/power.hpp"
#include "controller/domain/power/views.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

constexpr Duration foreign_window = 10min;  // two foreign switches within it: the line is read-only (R7)
constexpr Duration case_time = 4h;          // facilities' own; counted by people, watched by the case list
constexpr int failures_for_a_case = 3;

struct Deciding {
  const Room& room;
  const RuleSet& rules;
  const PowerState& state;
  const PowerSenses& senses;
  TimePoint now;
  std::vector<FactBody> facts;

  void raise(const std::string& subject, std::string reason, std::string words, std::string next) {
    CaseOpened c;
    c.subject = subject;
    c.reason = std::move(reason);
    c.words = std::move(words);
    c.next = std::move(next);
    c.owner = "facilities";
    c.deadline = now + case_time;
    facts.emplace_back(std::move(c));
  }

  void sensed(std::uint32_t o, Sensed s) {
    if (state.outlets[o].sensed == s) return;
    facts.emplace_back(OutletSensed{room.outlets[o].name, std::string(to_string(s))});
    if (s == Sensed::on) return;
    if (s == Sensed::off && state.outlets[o].granted && !state.outlets[o].order) {
      facts.emplace_back(GrantEnded{room.outlets[o].name, "reads off"});
    }
  }

  void operator()(const PduIdentified& i);
  void operator()(const PduRead& r);
  void operator()(const PduSilent& s);
  void operator()(const SwitchResult& r);
  void operator()(const Command& c) {
    for (FactBody& f : command_facts(room, state, c, now)) facts.push_back(std::move(f));
  }
  template <class Other>
  void operator()(const Other&) {}

  void lose(std::uint32_t pdu, const std::string& why);
  void lose_circuits(std::uint32_t pdu);
  void find_circuits_again(std::uint32_t pdu, const PduRead& r);
  void foreign(std::uint32_t o, bool to_on, int& already);
  bool flipped(const OutletSample& s, TimePoint began) const;
  bool restarted(const PduRead& r) const;
};

void Deciding::operator()(const PduIdentified& i) {
  if (i.pdu.value >= room.pdus.size()) return;
  const PduRecord& p = state.pdus[i.pdu.value];
  const std::string& name = room.pdus[i.pdu.value].name;
  if (p.known && p.identity == i.identity && p.boots_all_off == i.boots_all_off) return;
  facts.emplace_back(PduKnown{name, i.model, i.identity, i.boots_all_off});
  if (p.identity.empty() || p.identity == i.identity) return;
  // Another device answers: nothing that was proven of the old one holds (R13).
  for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
    if (room.outlets[o].pdu != i.pdu || !state.outlets[o].proven) continue;
    facts.emplace_back(MapRevoked{room.outlets[o].name, "another device answers on this line: " + i.identity});
  }
  raise(name, "pdu_replaced", name + " was " + p.identity + " and is now " + i.identity,
        "Check the cabling of " + name + ", then prove the map of its outlets.");
}

// Did it change to what we neither ordered nor may have ordered?
bool Deciding::flipped(const OutletSample& s, TimePoint began) const {
  const OutletRecord& was = state.outlets[s.outlet.value];
  const bool to_on = s.state == Sensed::on;
  if (!to_on && s.state != Sensed::off) return false;
  if (was.sensed != (to_on ? Sensed::off : Sensed::on) || began < was.sensed_at) return false;
  const bool ours = (was.order && was.order->to_on == to_on) || (was.doubt && *was.doubt == to_on);
  return !ours;
}

// A finger switches one outlet at a time. A device that restarted changes many at once, or any while it was silent.
bool Deciding::restarted(const PduRead& r) const {
  int changed = 0, cut = 0, on = 0;
  for (const OutletSample& s : r.outlets) {
    if (s.outlet.value >= room.outlets.size()) continue;
    if (s.state == Sensed::on) ++on;
    if (!flipped(s, r.began)) continue;
    ++changed;
    if (s.state == Sensed::off) ++cut;
  }
  const PduSense& p = senses.pdus[r.pdu.value];
  const bool after_silence = p.may_have_restarted && p.first_read == r.began;
  return changed >= 3 || (cut >= 2 && on == 0) || (after_silence && changed >= 1);
}

void Deciding::operator()(const PduRead& r) {
  if (r.pdu.value >= room.pdus.size() || !state.pdus[r.pdu.value].known) return;
  if (!r.states) return;  // how much flows is judged when the room is planned again
  if (restarted(r)) {
    lose(r.pdu.value, "its outlets changed by themselves: it lost power or restarted");
    return;
  }
  int seen = 0;
  for (const OutletSample& s : r.outlets) {
    const std::uint32_t o = s.outlet.value;
    if (o >= room.outlets.size()) continue;
    const OutletRecord& was = state.outlets[o];
    if (r.began < was.sensed_at && was.sensed != Sensed::unknown) continue;  // older than the read-back
    const bool not_ours = flipped(s, r.began);
    sensed(o, s.state);
    if (not_ours && rules.holds(Rule::r7)) foreign(o, s.state == Sensed::on, seen);
  }
  find_circuits_again(r.pdu.value, r);
}

void Deciding::foreign(std::uint32_t o, bool to_on, int& already) {
  const Outlet& outlet = room.outlets[o];
  const PduRecord& p = state.pdus[outlet.pdu.value];
  const std::string& pdu = room.pdus[outlet.pdu.value].name;
  facts.emplace_back(ForeignSwitch{outlet.name, to_on ? "on" : "off"});
  if (!to_on) {
    raise(outlet.name, "foreign_off", outlet.name + " was switched off, and not by us.",
          "Find out who switched it off. Clear the lock of " + outlet.name + " when it may be closed again.");
  }
  const bool second = already > 0 || (p.last_foreign != long_ago && now - p.last_foreign <= foreign_window);
  if (second && !p.read_only && already < 2) {
    facts.emplace_back(LineReadOnly{pdu, "two switches within ten minutes that were not ours", false});
    raise(pdu, "line_read_only",
          "Somebody else switches outlets of " + pdu + ". Nothing is ordered there until this is cleared.",
          "Find who or what switches " + pdu + ", then clear its read-only mark.");
    already = 2;
    return;
  }
  already = std::max(already, 1);
}

void Deciding::operator()(const PduSilent& s) {
  if (s.pdu.value >= room.pdus.size() || !state.pdus[s.pdu.value].known) return;
  const TimePoint last = senses.pdus[s.pdu.value].last_read;
  const bool stale = last < now - fresh_for(room.pdus[s.pdu.value]);
  if (s.gone || stale) lose(s.pdu.value, s.why);
}

void Deciding::lose(std::uint32_t pdu, const std::string& why) {
  facts.emplace_back(PduLost{room.pdus[pdu].name, why});
  lose_circuits(pdu);
}

// A breaker all of whose PDUs are silent has no power, as far as can be known: with siblings alive it tripped and needs
// a person; with all gone the whole room lost power. A line that only was quiet shows so when it returns.
void Deciding::lose_circuits(std::uint32_t pdu) {
  const auto gone = [&](std::uint32_t p) { return p == pdu || (!state.pdus[p].known && state.pdus[p].lost_at != long_ago); };
  for (std::uint32_t c = room.pdus[pdu].circuit.value; c != no_circuit; c = senses.tree.parent[c]) {
    if (room.circuits[c].kind != CircuitKind::breaker || state.circuits[c].lost) continue;
    int here = 0, alive_elsewhere = 0;
    bool all = true;
    for (std::uint32_t p = 0; p < room.pdus.size(); ++p) {
      std::uint32_t up = room.pdus[p].circuit.value;
      while (up != no_circuit && up != c) up = senses.tree.parent[up];
      if (up == c) ++here, all = all && gone(p);
      else if (!gone(p)) ++alive_elsewhere;
    }
    if (!all || here == 0) return;
    if (here == 1 && alive_elsewhere > 0) return;  // one line of one PDU: judged when it returns
    facts.emplace_back(CircuitLost{room.circuits[c].name, "every PDU on it stopped answering", alive_elsewhere > 0});
    if (alive_elsewhere > 0) {
      raise(room.circuits[c].name, "branch_tripped",
            room.circuits[c].name + " has no power; other branches have. Its breaker may have tripped.",
            "Look at the breaker and at what hangs on it. Restore the circuit here when it may be energised again.");
    }
  }
}

// The first states after a return. What still reads on never lost power. What lost power comes back in steps (R8),
// after a person's word where a branch tripped.
void Deciding::find_circuits_again(std::uint32_t pdu, const PduRead& r) {
  for (std::uint32_t c = room.pdus[pdu].circuit.value; c != no_circuit; c = senses.tree.parent[c]) {
    const CircuitRecord& record = state.circuits[c];
    if (!record.lost) continue;
    bool kept = false, all_back = true;
    for (const OutletSample& s : r.outlets) {
      if (s.outlet.value >= room.outlets.size()) continue;
      kept = kept || (s.state == Sensed::on && state.outlets[s.outlet.value].ordered == std::optional(true));
    }
    for (std::uint32_t p = 0; p < room.pdus.size(); ++p) {
      std::uint32_t up = room.pdus[p].circuit.value;
      while (up != no_circuit && up != c) up = senses.tree.parent[up];
      if (up == c && (!state.pdus[p].known || senses.pdus[p].first_read == never)) all_back = false;
    }
    const bool boots_off = room.pdus[pdu].power_on == PowerOnPolicy::all_off || state.pdus[pdu].boots_all_off;
    if (record.needs_person ? (kept && boots_off) : all_back) facts.emplace_back(CircuitRestored{room.circuits[c].name});
  }
}

void Deciding::operator()(const SwitchResult& r) {
  if (r.outlet.value >= room.outlets.size()) return;
  const std::uint32_t o = r.outlet.value;
  const Outlet& outlet = room.outlets[o];
  const OutletRecord& was = state.outlets[o];
  const Sensed target = r.to_on ? Sensed::on : Sensed::off;
  Sensed read_back = r.read_back;
  // The mutant of R7 calls a switch done that nobody read back.
  if (!rules.holds(Rule::r7) && r.sent && read_back == Sensed::unknown) read_back = target;
  const bool in_doubt = r.sent && (read_back == Sensed::unknown || read_back == Sensed::pending);
  facts.emplace_back(SwitchEnded{r.effect, outlet.name, std::string(to_string(target)), std::string(to_string(read_back)),
                                 r.error, in_doubt});
  if (read_back != Sensed::unknown) sensed(o, read_back);
  const bool off_now = read_back == Sensed::off || (!r.sent && was.sensed == Sensed::off);
  if (off_now && was.granted) facts.emplace_back(GrantEnded{outlet.name, r.to_on ? "was not closed" : "opened"});
  const int failures = r.to_on ? was.failed_closes : was.failed_opens;
  const bool failed =
      read_back != target && (read_back == Sensed::on || read_back == Sensed::off || read_back == Sensed::fault);
  if (!failed || failures + 1 != failures_for_a_case) return;
  raise(
      outlet.name, r.to_on ? "outlet_does_not_close" : "outlet_stuck_on",
      outlet.name + " was ordered " + std::string(to_string(target)) + " three times and reads " +
          std::string(to_string(read_back)) + ".",
      r.to_on
          ? "Move the Mac to another place and have the outlet repaired. Clear the lock of " + outlet.name + " to try again."
          : "Unplug what hangs on " + outlet.name + " and have the outlet repaired. It counts as on until it reads off.");
}

}  // namespace

std::vector<FactBody> decide_power(const Room& room, const RuleSet& rules, const PowerState& state,
                                   const PowerSenses& senses, const Input& input, TimePoint now) {
  Deciding d{room, rules, state, senses, now, {}};
  std::visit([&d](const auto& i) { d(i); }, input);
  return std::move(d.facts);
}

std::vector<FactBody> commission(const Room& room) {
  std::vector<FactBody> facts;
  for (const Outlet& o : room.outlets) {
    if (o.slot) facts.emplace_back(MapProven{o.name, room.slots[o.slot->value].name, "commissioned"});
  }
  return facts;
}

Result<void> may_open(const Room& room, const RuleSet& rules, const PowerState& state, OutletId o, bool confirmed) {
  if (o.value >= room.outlets.size()) return fail(Errc::usage, "no such outlet; name one of the room file");
  const Outlet& outlet = room.outlets[o.value];
  const OutletRecord& r = state.outlets[o.value];
  if (rules.holds(Rule::r1) && r.lease && !confirmed) {
    return fail(Errc::refused, outlet.name + " is protected: visit " + std::to_string(*r.lease) +
                                   " must not lose power; a person may order exactly this and confirm it");
  }
  if (state.pdus[outlet.pdu.value].read_only && rules.holds(Rule::r7)) {
    return fail(Errc::refused,
                room.pdus[outlet.pdu.value].name + " is read-only: somebody else switches there; clear that first");
  }
  if (!confirmed && !map_proven(room, rules, state, o) && pdu_has_protected(room, state, outlet.pdu)) {
    return fail(Errc::refused, outlet.name + " may feed a protected Mac: its map is not proven; prove it first");
  }
  return {};
}

}  // namespace greenroom
