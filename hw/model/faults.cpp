#include "hw/model/faults.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::model {
namespace {

constexpr std::array<std::string_view, fault_kinds> names = {
    "reply_lost",      "reply_late",      "reply_garbled",   "reply_doubled",   "request_lost",
    "pdu_reboot",      "pdu_boots_on",    "line_unplugged",  "relay_welded",    "relay_stuck_off",
    "meter_frozen",    "meter_drift",     "meter_disagrees", "outlets_swapped", "mac_unplugged",
    "macs_swapped",    "mac_mislabelled", "engine_hang",     "engine_fail",     "engine_false_success",
    "restoring_surge", "wake_up",         "heater",          "foreign_on",      "foreign_off",
    "blackout",        "controller_kill", "clock_jump",      "person_break",    "person_mistake"};

constexpr Duration seconds(int n) { return std::chrono::seconds{n}; }
constexpr Duration minutes(int n) { return std::chrono::minutes{n}; }

}  // namespace

std::string_view to_string(FaultKind k) { return names[static_cast<std::size_t>(k)]; }

FaultEnvelope FaultEnvelope::none() { return {}; }

FaultEnvelope FaultEnvelope::some() {
  using enum FaultKind;
  FaultEnvelope e;
  e[reply_lost] = {0, 0.002, 0, {}, {}};
  e[request_lost] = {0, 0.001, 0, {}, {}};
  e[reply_late] = {0, 0.001, 0, seconds(3), seconds(8)};
  e[reply_garbled] = {0, 0.002, 0, {}, {}};
  e[reply_doubled] = {0, 0.001, 0, {}, {}};
  e[mac_unplugged] = {0.2, 0, 4, {}, {}};
  e[engine_fail] = {0, 0.04, 4, {}, {}};
  e[engine_hang] = {0, 0.02, 2, {}, {}};
  e[wake_up] = {4, 0, 0, minutes(2), minutes(2)};
  e[person_break] = {0.5, 0, 0, minutes(10), minutes(45)};
  e[person_mistake] = {0, 0.01, 0, {}, {}};
  return e;
}

FaultEnvelope FaultEnvelope::all() {
  using enum FaultKind;
  FaultEnvelope e = some();
  e[pdu_reboot] = {0.06, 0, 2, {}, {}};
  e[pdu_boots_on] = {0.03, 0, 1, {}, {}};
  e[line_unplugged] = {0.4, 0, 4, minutes(2), minutes(12)};
  e[relay_welded] = {0.06, 0, 2, minutes(30), minutes(240)};
  e[relay_stuck_off] = {0.06, 0, 2, minutes(10), minutes(60)};
  e[meter_frozen] = {0.1, 0, 3, minutes(5), minutes(20)};
  e[meter_drift] = {0.1, 0, 3, minutes(60), minutes(240)};
  e[meter_disagrees] = {0.1, 0, 3, minutes(10), minutes(60)};
  e[outlets_swapped] = {0, 0.6, 1, {}, {}};
  e[macs_swapped] = {0.1, 0, 2, {}, {}};
  e[mac_mislabelled] = {0, 0.03, 2, {}, {}};
  e[engine_false_success] = {0, 0.03, 2, {}, {}};
  e[restoring_surge] = {0.15, 0, 3, minutes(5), minutes(20)};
  e[wake_up] = {12, 0, 0, minutes(2), minutes(2)};
  e[heater] = {0.15, 0, 3, minutes(3), minutes(15)};
  e[foreign_on] = {0.1, 0, 3, {}, {}};
  e[foreign_off] = {0.1, 0, 3, {}, {}};
  e[blackout] = {0.04, 0, 1, minutes(1), minutes(10)};
  e[controller_kill] = {0.3, 0, 4, seconds(5), minutes(10)};
  e[clock_jump] = {0.2, 0, 3, minutes(-90), minutes(90)};
  return e;
}

std::string FaultEnvelope::describe() const {
  std::string text;
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    const FaultRate& r = rates[i];
    if (r.per_hour <= 0.0 && r.per_draw <= 0.0) continue;
    text += fmt::format("{:<22}", names[i]);
    if (r.per_hour > 0.0) text += fmt::format("{:g} an hour", r.per_hour);
    if (r.per_draw > 0.0) text += fmt::format("{}{:g} % of occasions", r.per_hour > 0.0 ? ", " : "", r.per_draw * 100.0);
    if (r.most > 0) text += fmt::format(", at most {}", r.most);
    if (r.longest > Duration{}) text += fmt::format(", {:g} to {:g} s", in_seconds(r.shortest), in_seconds(r.longest));
    const auto kind = static_cast<FaultKind>(i);
    if (kind == FaultKind::heater) text += fmt::format(", up to {:g} A and the circuit's own bound", heater.value());
    if (kind == FaultKind::meter_drift) text += fmt::format(", up to {:g} % of the value", drift * 100.0);
    if (kind == FaultKind::meter_disagrees) text += fmt::format(", up to {:g} % low", disagree * 100.0);
    if (kind == FaultKind::wake_up) text += fmt::format(", more than {} at once are injected current", surge_k);
    text += '\n';
  }
  return text;
}

FaultDice::FaultDice(const FaultEnvelope& envelope, const Random& random)
    : envelope_(envelope), line_(random.stream("fault/line")) {
  dice_.reserve(fault_kinds);
  for (std::size_t i = 0; i < fault_kinds; ++i) dice_.push_back(random.stream(fmt::format("fault/{}", names[i])));
}

bool FaultDice::bounded(FaultKind k) const {
  const FaultRate& rate = envelope_[k];
  return rate.most > 0 && counts_[static_cast<std::size_t>(k)] >= rate.most;
}

LineFault FaultDice::next_reply(Duration& late_by) {
  using enum FaultKind;
  // One draw decides among the kinds, so that at most one strikes a reply and the stream moves by one a reply.
  double at = line_.uniform();
  constexpr std::array<std::pair<FaultKind, LineFault>, 5> kinds = {{{reply_lost, LineFault::lost},
                                                                     {reply_late, LineFault::late},
                                                                     {reply_garbled, LineFault::garbled},
                                                                     {reply_doubled, LineFault::doubled},
                                                                     {request_lost, LineFault::request_lost}}};
  for (const auto& [kind, fault] : kinds) {
    at -= envelope_[kind].per_draw;
    if (at >= 0.0) continue;
    if (bounded(kind)) return LineFault::none;
    if (fault == LineFault::late) late_by = lasts(kind);
    count(kind);
    return fault;
  }
  return LineFault::none;
}

EngineFault FaultDice::next_engine() {
  using enum FaultKind;
  EngineFault fault;
  if (strikes(engine_hang)) fault.kind = EngineFault::Kind::hang;
  else if (strikes(engine_fail)) fault.kind = EngineFault::Kind::fail;
  else if (strikes(engine_false_success)) fault.kind = EngineFault::Kind::false_success;
  if (fault.kind != EngineFault::Kind::none) fault.at = dice(engine_fail).uniform();
  return fault;
}

bool FaultDice::strikes(FaultKind k) {
  if (envelope_[k].per_draw <= 0.0) return false;
  const bool hit = dice(k).chance(envelope_[k].per_draw);
  if (!hit || bounded(k)) return false;
  count(k);
  return true;
}

std::optional<Duration> FaultDice::next_gap(FaultKind k) {
  const FaultRate& rate = envelope_[k];
  if (rate.per_hour <= 0.0 || bounded(k)) return std::nullopt;
  return seconds_of(dice(k).exponential(3600.0 / rate.per_hour));
}

Duration FaultDice::lasts(FaultKind k) {
  const FaultRate& rate = envelope_[k];
  return seconds_of(dice(k).uniform(in_seconds(rate.shortest), in_seconds(rate.longest)));
}

std::uint64_t FaultDice::pick(FaultKind k, std::uint64_t n) { return dice(k).below(n); }
double FaultDice::amount(FaultKind k, double low, double high) { return dice(k).uniform(low, high); }

}  // namespace greenroom::model
