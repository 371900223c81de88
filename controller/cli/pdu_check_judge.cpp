#include "controller/cli/pdu_check_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace greenroom::cli {
namespace {

const OutletReading* outlet_of(const PduReading& r, OutletNumber n) {
  const auto at = std::find_if(r.outlets.begin(), r.outlets.end(), [n](const OutletReading& o) { return o.number == n; });
  return at == r.outlets.end() ? nullptr : &*at;
}

OutletState opposite(OutletState s) { return s == OutletState::on ? OutletState::off : OutletState::on; }
const char* word(OutletState s) {
  return s == OutletState::on ? "on" : s == OutletState::off ? "off" : "neither on nor off";
}

std::optional<Volts> volts_of(const Toggle& t) {
  for (const auto* reading : {&t.found, &t.switched}) {
    if (!*reading) continue;
    if (const auto* o = outlet_of(**reading, t.outlet); o != nullptr && o->voltage && o->voltage->milli > 0)
      return o->voltage;
    for (const BankReading& b : (*reading)->banks)
      if (b.voltage && b.voltage->milli > 0) return b.voltage;
  }
  return std::nullopt;
}

// A bank that the dialect hangs on other outlets cannot show this one.
bool may_show(const MeterStep& s, OutletNumber n, const DialectFacts& d) {
  if (s.outlet) return *s.outlet == n;
  const auto bank = std::find_if(d.banks.begin(), d.banks.end(), [&s](const Bank& b) { return b.id == s.bank; });
  return bank == d.banks.end() || (bank->first == 0 && bank->last == 0) || (n >= bank->first && n <= bank->last);
}

Amps magnitude(Amps a) { return Amps::from_milli(std::llabs(a.milli)); }
Amps error_of(Amps a, const DialectFacts& d) { return a.share_up(d.meter_error_per_mille, 1000); }

std::string told(const MeterStep& s) { return fmt::format("{} by {:.3f} A", s.meter, s.step().value()); }

std::string others(const std::vector<MeterStep>& steps, OutletNumber n, const DialectFacts& d) {
  std::string text;
  for (const MeterStep& s : steps)
    if (!may_show(s, n, d) && moved(s, d)) text += (text.empty() ? "" : ", ") + told(s);
  return text;
}

}  // namespace

std::string_view to_string(Verdict v) {
  switch (v) {
    case Verdict::good: return "good";
    case Verdict::bad: return "bad";
    case Verdict::open: return "open";
    case Verdict::person: break;
  }
  return "a person";
}

bool moved(const MeterStep& s, const DialectFacts& d) {
  return magnitude(s.step()) > d.meter_floor + error_of(std::max(magnitude(s.on), magnitude(s.off)), d);
}

std::vector<MeterStep> meter_steps(const Toggle& t, const DialectFacts& d) {
  std::vector<MeterStep> steps;
  if (!t.found || !t.switched || !t.there) return steps;
  const bool on = *t.there == OutletState::on;
  const PduReading& with = on ? *t.switched : *t.found;
  const PduReading& without = on ? *t.found : *t.switched;
  for (const OutletReading& o : with.outlets) {
    const auto* off = outlet_of(without, o.number);
    if (o.current && off != nullptr && off->current)
      steps.push_back({"outlet " + d.name_of(o.number), o.number, {}, *o.current, *off->current});
  }
  for (const BankReading& b : with.banks) {
    const auto off = std::find_if(without.banks.begin(), without.banks.end(),
                                  [&b](const BankReading& other) { return other.bank == b.bank; });
    if (b.current && off != without.banks.end() && off->current)
      steps.push_back({"bank " + b.bank, std::nullopt, b.bank, *b.current, *off->current});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const MeterStep& a, const MeterStep& b) { return magnitude(a.step()) > magnitude(b.step()); });
  return steps;
}

std::optional<MeterStep> own_step(const Toggle& t, const DialectFacts& d) {
  for (MeterStep& s : meter_steps(t, d))
    if (may_show(s, t.outlet, d)) return std::move(s);
  return std::nullopt;
}

StepBound step_bound(Watts watts, Volts volts, const DialectFacts& d) {
  StepBound b;
  b.expected = Amps::of(watts.value() / volts.value());
  b.off_by = error_of(b.expected, d) + d.meter_floor;
  b.visible = b.expected > d.meter_floor;
  return b;
}

CheckItem judge_identity(const PduTraits& traits, const DialectFacts& d, const std::optional<PduReading>& reading) {
  CheckItem item{"identity", Verdict::good, fmt::format("{}; talks as {}", traits.identity, d.name)};
  if (!reading) {
    item.verdict = Verdict::bad;
    item.words += "; but its outlets could not be read";
  } else if (reading->outlets.size() != d.outlets()) {
    item.verdict = Verdict::bad;
    item.words += fmt::format("; but it tells {} outlet(s), not {}", reading->outlets.size(), d.outlets());
  }
  return item;
}

CheckItem judge_power_on(const PduTraits& traits, const DialectFacts& d, const OutageNotes& notes) {
  CheckItem item{"power-on policy", Verdict::good, {}};
  const bool seen_off = notes.came_back == BootPolicy::off;
  if (d.count == 0) {
    item.words = "a meter switches nothing";
  } else if (traits.boots_all_off && notes.came_back && !seen_off) {
    item.verdict = Verdict::bad;
    item.words = fmt::format("read back as all off, but a person saw it come back {}", to_string(*notes.came_back));
  } else if (traits.boots_all_off || seen_off) {
    item.words = fmt::format("all off ({})", traits.boots_all_off ? "read back" : "a person cut the mains and saw it");
  } else if (notes.came_back) {
    item.verdict = Verdict::bad;
    item.words = fmt::format(
        "comes back {} (a person cut the mains and saw it): set it to all off, or keep the installed nameplate of each "
        "breaker "
        "within its rating",
        to_string(*notes.came_back));
  } else {
    item.verdict = Verdict::person;
    item.words = fmt::format(
        "cannot be read here; as delivered it comes back {}. With nothing plugged in that may not lose power: switch one "
        "outlet on and one off, cut the mains of the PDU for 10 s, and look at both when it has come back; then "
        "--after-outage off, previous or on",
        to_string(d.boot));
  }
  return item;
}

CheckItem judge_latching(const OutageNotes& notes) {
  if (!notes.held)
    return {"latching", Verdict::person,
            "no dialect can read it. While the mains of the PDU are cut, its contacts hold (latching) or open; look at the "
            "maker's setting or measure through an outlet; then --in-outage held or open"};
  return {"latching", Verdict::good,
          *notes.held
              ? "contacts hold while the PDU has no power (a person saw it): start-up state and sequence do not apply"
              : "contacts open while the PDU has no power (a person saw it)"};
}

CheckItem judge_switching(const Toggle& t, const DialectFacts& d) {
  CheckItem item{"switching " + d.name_of(t.outlet), Verdict::good, {}};
  const auto* found = t.found ? outlet_of(*t.found, t.outlet) : nullptr;
  if (!t.left_as_found) {
    item.verdict = Verdict::bad;
    item.words = fmt::format("NOT LEFT AS IT WAS FOUND ({}): see to it by hand. {}",
                             found == nullptr ? "it could not be read" : word(found->state), t.trouble);
    return item;
  }
  if (!t.trouble.empty() || found == nullptr || !t.there || !t.back) {
    item.verdict = t.trouble.empty() ? Verdict::open : Verdict::bad;
    item.words = !t.trouble.empty() ? t.trouble
                 : t.back           ? "the test was ended before it was read back; it was put back"
                                    : "it was not switched";
    return item;
  }
  const OutletState to = opposite(found->state);
  const auto* switched = t.switched ? outlet_of(*t.switched, t.outlet) : nullptr;
  if (*t.there != to) {
    item.verdict = Verdict::bad;
    item.words = fmt::format("was ordered {} and read {}: locked, held by an overload, or a relay that sticks", word(to),
                             word(*t.there));
  } else if (switched != nullptr && switched->state != to) {
    item.verdict = Verdict::bad;
    item.words = fmt::format("did not stay {}: it read {} once its meter had settled", word(to), word(switched->state));
  } else {
    item.words = fmt::format("{} and back to {}, each read back", word(to), word(found->state));
  }
  return item;
}

CheckItem judge_metering(const Toggle& t, const DialectFacts& d, const std::optional<KnownLoad>& load) {
  CheckItem item{"metering " + d.name_of(t.outlet), Verdict::open, {}};
  const auto steps = meter_steps(t, d);
  const auto own = own_step(t, d);
  if (!own) {
    item.words = d.meters_outlets || d.meters_banks ? "no meter was read with the outlet on and off" : "it meters nothing";
    return item;
  }
  const std::string elsewhere = others(steps, t.outlet, d);
  const std::string rest = elsewhere.empty() ? "" : "; meanwhile also " + elsewhere;
  if (!moved(*own, d) && !elsewhere.empty()) {
    item.verdict = Verdict::bad;
    item.words = fmt::format("{} did not move, and another meter did: {}. Is this another outlet than its number says?",
                             own->meter, elsewhere);
    return item;
  }
  if (!load) {
    item.words = moved(*own, d) ? fmt::format("moved {}{}; with --load W the size is judged too", told(*own), rest)
                                : fmt::format("{} did not move: nothing draws there, or less than it shows", own->meter);
    return item;
  }
  const auto volts = load->volts ? load->volts : volts_of(t);
  if (!volts) {
    item.words = fmt::format("moved {}{}; no meter tells the voltage: give --volts V", told(*own), rest);
    return item;
  }
  const StepBound bound = step_bound(load->watts, *volts, d);
  if (!bound.visible) {
    item.words =
        fmt::format("{:.0f} W draw {:.3f} A at {:.0f} V; this meter shows nothing below {:.3f} A: take a larger load",
                    load->watts.value(), bound.expected.value(), volts->value(), d.meter_floor.value());
    return item;
  }
  item.verdict = bound.fits(own->step()) ? Verdict::good : Verdict::bad;
  item.words = fmt::format("moved {}; {:.0f} W at {:.0f} V are {:.3f} A, give or take {:.3f} A{}", told(*own),
                           load->watts.value(), volts->value(), bound.expected.value(), bound.off_by.value(), rest);
  return item;
}

std::optional<Duration> median(std::vector<Duration> all) {
  if (all.empty()) return std::nullopt;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

}  // namespace greenroom::cli
