// greenroom pdu identify: who answers on a line, and which other dialect would read the same line as soundly.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "config/dialects.hpp"
#include "config/reader/reader.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/pdu/cli_session.hpp"
#include "hw/pdu/greeting.hpp"
#include "hw/serial/line_url.hpp"
#include "hw/serial/open_line.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom pdu identify";
constexpr Duration first_byte_within = std::chrono::seconds{3};
constexpr Duration quiet = std::chrono::milliseconds{500};
constexpr std::size_t longest_greeting = 4096;

struct Found {
  DialectFacts known;
  PduTraits traits;
};

// --- one dialect on the line

// Alone it need only identify itself; beside others a whole reading must be sound too.
Result<Found> examine(const PduOptions& options, Dialect dialect, bool whole) {
  Found found{facts(dialect), {}};
  const PduWork work = [&found, whole](Pdu& pdu, const DialectFacts&, Clock&) -> Task<void> {
    const auto traits = co_await pdu.identify();
    if (!traits) co_return fail(traits.error());
    found.traits = *traits;
    if (!whole) co_return Result<void>{};
    const auto reading = co_await pdu.read(Depth::full);
    if (!reading) co_return fail(reading.error());
    co_return Result<void>{};
  };
  const auto outcome = drive(options, std::move(dialect), verb, work);
  if (!outcome) return fail(outcome.error());
  return found;
}

Task<void> listen(SerialLine& line, Clock& clock, std::string wake, std::string& heard) {
  line.discard_input();
  const auto sent = co_await line.write(std::move(wake));
  if (!sent) co_return fail(sent.error());
  TimePoint until = clock.now() + first_byte_within;
  while (heard.size() < longest_greeting) {
    const auto got = co_await line.read_some(until);
    if (!got && got.error().code == Errc::timeout) break;
    if (!got) co_return fail(got.error());
    heard += *got;
    until = clock.now() + quiet;
  }
  co_return Result<void>{};
}

// What the device says to a line end; no more is said to a device that nobody knows yet.
Result<std::string> greeting(const PduOptions& options, const LineSettings& settings, const std::string& wake) {
  const auto url = parse_line_url(options.line);
  if (!url) return fail(Errc::usage, url.error().message);
  asio::io_context io{1};
  const auto clock = make_system_clock(io.get_executor());
  auto line = open_line(io.get_executor(), *clock, *url, settings, verb);
  if (!line) return fail(line.error());
  std::string heard;
  const auto outcome = run_to_end(io, listen(**line, *clock, wake, heard));
  if (!outcome) return fail(outcome.error());
  return heard;
}

// --- which dialects are worth a try

std::vector<Dialect> shipped() {
  std::vector<Dialect> all;
  for (const std::string& id : known_dialects()) {
    if (auto dialect = dialect_for(verb, id, 0)) all.push_back(std::move(*dialect));
  }
  return all;
}

bool is_cli(const Dialect& d) { return std::holds_alternative<CliDialect>(d); }

// On a serial port each dialect brings its own rate, parity and stop bits, and what is read with those of one is not read
// with another's; where the line says a rate, that is everybody's. Elsewhere the line has none of them.
bool heard_alike(const PduOptions& options, const Dialect& one, const Dialect& other) {
  const auto url = parse_line_url(options.line);
  if (!url || url->kind != LineUrl::Kind::serial) return true;
  const LineSettings& a = facts(one).line;
  const LineSettings& b = facts(other).line;
  return (url->baud != 0 || a.baud == b.baud) && a.bits == b.bits && a.parity == b.parity && a.stop == b.stop;
}

std::vector<Dialect> that_greet(const std::vector<Dialect>& among, std::string_view heard) {
  std::vector<Dialect> matching;
  for (const Dialect& d : among) {
    const auto* cli = std::get_if<CliDialect>(&d);
    if (cli != nullptr && greets_like(*cli, heard)) matching.push_back(d);
  }
  return matching;
}

// Others that may read what this one has just read.
Result<std::vector<Dialect>> like(const PduOptions& options, const Dialect& one) {
  std::vector<Dialect> among;
  for (Dialect& d : shipped()) {
    if (is_cli(d) == is_cli(one) && heard_alike(options, d, one) && facts(d).id != facts(one).id)
      among.push_back(std::move(d));
  }
  const auto* cli = std::get_if<CliDialect>(&one);
  if (cli == nullptr) return among;
  const auto heard = greeting(options, cli->line, cli->wake);
  if (!heard) return fail(heard.error());
  return that_greet(among, *heard);
}

// --- what is told

std::string meters(const PduTraits& t) {
  if (t.meters_outlets && t.meters_banks) return "outlets and banks";
  return t.meters_outlets ? "outlets" : t.meters_banks ? "banks" : "nothing";
}

bool sees_as_much(const PduTraits& a, const PduTraits& b) {
  return a.outlets >= b.outlets && a.meters_outlets >= b.meters_outlets && a.meters_banks >= b.meters_banks;
}
// Which one sees more than each other: a unit does not answer for what it does not have. Nothing: the line does not decide.
const Found* the_one(const std::vector<Found>& all) {
  for (const Found& a : all) {
    const bool most = std::all_of(all.begin(), all.end(), [&a](const Found& b) {
      return &a == &b || (sees_as_much(a.traits, b.traits) && !sees_as_much(b.traits, a.traits));
    });
    if (most) return &a;
  }
  return nullptr;
}

// In what they differ: "outlets (8 or 16), meters (nothing or banks)".
std::string differences(const std::vector<Found>& all) {
  std::set<std::string> outlets;
  std::set<std::string> metered;
  std::set<std::string> banks;
  for (const Found& f : all) {
    outlets.insert(std::to_string(f.traits.outlets));
    metered.insert(meters(f.traits));
    banks.insert(std::to_string(f.known.banks.size()));
  }
  std::vector<std::string> named;
  if (outlets.size() > 1) named.push_back(fmt::format("outlets ({})", fmt::join(outlets, " or ")));
  if (metered.size() > 1) named.push_back(fmt::format("meters ({})", fmt::join(metered, " or ")));
  if (banks.size() > 1) named.push_back(fmt::format("banks ({})", fmt::join(banks, " or ")));
  return fmt::format("{}", fmt::join(named, ", "));
}

std::string verdict(const std::vector<Found>& all) {
  const std::string differ = differences(all);
  const std::string where = differ.empty() ? "They differ in nothing that the line shows" : "They differ in " + differ;
  if (const Found* one = the_one(all)) {
    return fmt::format("{}; {} sees most, and a unit does not answer for what it does not have: take --dialect {}", where,
                       one->known.id, one->known.id);
  }
  return where + "; the line does not decide: read the plate of the unit, then name its dialect";
}

nlohmann::ordered_json as_json(const Found& f) {
  nlohmann::ordered_json json;
  json["dialect"] = f.known.id;
  json["model"] = f.traits.model;
  json["identity"] = f.traits.identity;
  json["outlets"] = f.traits.outlets;
  json["meters_outlets"] = f.traits.meters_outlets;
  json["meters_banks"] = f.traits.meters_banks;
  json["boots_all_off"] = f.traits.boots_all_off;
  json["boot_policy"] = to_string(f.known.boot);
  return json;
}

std::string as_text(const Found& f) {
  return fmt::format(
      "{}\n{}: {} outlet(s); meters {}; comes back from an outage {}\n", f.traits.identity, f.known.id, f.traits.outlets,
      meters(f.traits),
      f.traits.boots_all_off ? "all off (read back)" : fmt::format("{} (as delivered)", to_string(f.known.boot)));
}

// The first is the one that was asked for, or the best. Exit code 0: nothing contradicts it.
int tell(const PduOptions& options, const std::vector<Found>& all) {
  const Found* one = the_one(all);
  const bool proven = one == &all.front();
  std::string text;
  if (options.json) {
    nlohmann::ordered_json json;
    json["line"] = options.line;
    json.update(as_json(all.front()));
    json["proven"] = proven;
    json["also"] = nlohmann::ordered_json::array();
    for (std::size_t i = 1; i < all.size(); ++i) json["also"].push_back(as_json(all[i]));
    text = json_line(json);
  } else {
    text = as_text(all.front());
    if (all.size() > 1) text += "\nOther dialects read this line as soundly:\n";
    for (std::size_t i = 1; i < all.size(); ++i) text += as_text(all[i]);
    if (all.size() > 1 && proven) text += verdict(all) + "\n";
  }
  if (const auto put = put_out(text); !put) return concluded(verb, put);
  if (proven) return 0;
  std::fprintf(stderr, "%s: %s: %s is not proven, %zu other dialect(s) read this line as soundly. %s\n", verb,
               options.line.c_str(), all.front().known.id.c_str(), all.size() - 1, verdict(all).c_str());
  return 1;
}

// --- with a dialect, and without

int identify_as(const PduOptions& options) {
  const auto dialect = dialect_for(verb, options.dialect, options.outlets);
  if (!dialect) return 2;
  auto found = examine(options, *dialect, /*whole=*/false);
  if (!found) return concluded(verb, fail(found.error()));
  std::vector<Found> all{std::move(*found)};
  auto others = like(options, *dialect);
  if (!others) return concluded(verb, fail(others.error()));
  for (Dialect& other : *others) {
    auto also = examine(options, std::move(other), /*whole=*/true);
    if (!also && also.error().code == Errc::cancelled) return concluded(verb, fail(also.error()));
    if (also) all.push_back(std::move(*also));
  }
  return tell(options, all);
}

// No device greets in other than ASCII.
bool is_noise(std::string_view heard) {
  return std::any_of(heard.begin(), heard.end(), [](unsigned char c) { return c >= 0x80; });
}

// Those of one rate, parity and stop bits that may be it: by their greeting, else whoever has none.
Result<std::vector<Dialect>> worth_a_try(const PduOptions& options, const std::vector<Dialect>& among, std::string& seen) {
  const LineSettings settings = facts(among.front()).line;
  for (const char* wake : {"\r", "\n"}) {
    const auto heard = greeting(options, settings, wake);
    if (!heard) return fail(heard.error());
    std::vector<Dialect> matching = that_greet(among, *heard);
    if (!heard->empty())
      seen = fmt::format("{}{}", greenroom::quoted(*heard), is_noise(*heard) ? ", noise as of another rate" : "");
    if (!matching.empty()) return matching;
  }
  std::vector<Dialect> rest;
  std::copy_if(among.begin(), among.end(), std::back_inserter(rest), [](const Dialect& d) { return !is_cli(d); });
  return rest;
}

int identify_any(const PduOptions& options) {
  std::vector<std::vector<Dialect>> by_settings;
  for (Dialect& d : shipped()) {
    const auto same = std::find_if(by_settings.begin(), by_settings.end(), [&options, &d](const std::vector<Dialect>& g) {
      return heard_alike(options, g.front(), d);
    });
    if (same == by_settings.end()) by_settings.push_back({std::move(d)});
    else same->push_back(std::move(d));
  }
  std::vector<Found> all;
  std::string seen;
  std::string why;
  for (const auto& among : by_settings) {
    auto candidates = worth_a_try(options, among, seen);
    if (!candidates) return concluded(verb, fail(candidates.error()));
    for (Dialect& d : *candidates) {
      std::fprintf(stderr, "%s: trying %s\n", verb, facts(d).id.c_str());
      auto found = examine(options, std::move(d), /*whole=*/true);
      if (!found && found.error().code == Errc::cancelled) return concluded(verb, fail(found.error()));
      if (!found && found.error().message.find(kLoginRefused) != std::string::npos)
        return concluded(verb, fail(found.error().within(options.line + ": no other dialect is tried, as some devices lock "
                                                                        "after a few wrong passwords")));
      if (found) all.push_back(std::move(*found));
      else why += "\n  " + found.error().message;
    }
    if (!all.empty()) break;
  }
  if (all.empty()) {
    const Error none(Errc::protocol,
                     fmt::format("{}: no dialect reads this line; {}. Is it powered, is the cable right, is "
                                 "the rate right (serial:...?baud=)? docs/adding-a-pdu.md adds a device{}",
                                 options.line, seen.empty() ? "not a byte was heard" : "heard " + seen, why));
    return concluded(verb, fail(none));
  }
  if (const Found* one = the_one(all))
    std::rotate(all.begin(), all.begin() + (one - all.data()), all.begin() + (one - all.data()) + 1);
  return tell(options, all);
}

}  // namespace

int pdu_identify(const std::vector<std::string>& arguments) {
  PduOptions options;
  CLI::App app{"Who answers on a line, what it can do, and which other dialect reads it as soundly.", verb};
  add_pdu_options(app, options, /*without_dialect=*/true);
  if (const auto code = parsed(app, arguments)) return *code;
  if (options.dialect.empty() && options.outlets > 0) {
    std::fprintf(stderr, "%s: --outlets goes with --dialect\n", verb);
    return 2;
  }
  return options.dialect.empty() ? identify_any(options) : identify_as(options);
}

}  // namespace greenroom::cli
