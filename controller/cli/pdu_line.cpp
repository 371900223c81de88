#include "controller/cli/pdu_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "config/dialects.hpp"
#include "config/reader/file.hpp"
#include "controller/cli/options.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "hw/serial/line_url.hpp"
#include "hw/serial/open_line.hpp"

namespace greenroom::cli {
namespace {

void complain(const char* verb, const std::string& message) { std::fprintf(stderr, "%s: %s\n", verb, message.c_str()); }

// The password is never an argument: every account of the machine can read those of a running program.
Result<Credentials> credentials(const PduOptions& options) {
  Credentials c;
  c.user = options.user;
  if (!options.password_file.empty()) {
    auto text = read_file(options.password_file, 1);
    if (!text) return fail(text.error().within(options.password_file));
    c.password = text->substr(0, text->find_first_of("\r\n"));
  } else if (const char* set = std::getenv("GREENROOM_PDU_PASSWORD")) {
    c.password = set;
  }
  return c;
}

asio::awaitable<void> run(Task<void> task, Result<void>& outcome, bool& done) {
  outcome = co_await std::move(task);
  done = true;
}

void put(nlohmann::ordered_json& json, const char* key, std::int64_t milli, bool known) {
  if (known) json[key] = static_cast<double>(milli) / 1000.0;
}

template <class Reading>
void put_figures(nlohmann::ordered_json& json, const Reading& r) {
  put(json, "current_A", r.current ? r.current->milli : 0, r.current.has_value());
  put(json, "power_W", r.power ? r.power->milli : 0, r.power.has_value());
  put(json, "voltage_V", r.voltage ? r.voltage->milli : 0, r.voltage.has_value());
  put(json, "apparent_VA", r.apparent ? r.apparent->milli : 0, r.apparent.has_value());
}

template <class Reading>
std::string figures_text(const Reading& r) {
  std::string text;
  if (r.current) text += fmt::format("  {:7.3f} A", r.current->value());
  if (r.power) text += fmt::format("  {:8.1f} W", r.power->value());
  if (r.voltage) text += fmt::format("  {:6.1f} V", r.voltage->value());
  if (r.apparent) text += fmt::format("  {:8.1f} VA", r.apparent->value());
  return text;
}

}  // namespace

std::vector<int> ending_signals() {
  std::vector<int> all{SIGINT, SIGTERM, SIGQUIT};
  struct sigaction hang_up {};
  if (sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) all.push_back(SIGHUP);
  return all;
}

Result<void> run_to_end(asio::io_context& io, Task<void> work) {
  Result<void> outcome;
  bool done = false;
  bool told_to_end = false;
  TaskGroup tasks(io.get_executor());
  asio::signal_set ends(io);
  for (const int signal : ending_signals()) ends.add(signal);
  ends.async_wait([&tasks, &told_to_end](boost::system::error_code error, int) {
    if (error) return;
    told_to_end = true;
    tasks.cancel();
  });
  tasks.spawn(run(std::move(work), outcome, done));
  while (!done) io.run_one();
  ends.cancel();
  while (tasks.size() > 0) io.run_one();
  if (told_to_end && !outcome && outcome.error().code == Errc::cancelled)
    return fail(Errc::cancelled, "ended by a signal before it was done");
  return outcome;
}

std::string_view to_string(OutletState state) {
  switch (state) {
    case OutletState::off: return "off";
    case OutletState::on: return "on";
    case OutletState::pending: return "pending";
    case OutletState::fault: return "fault";
    case OutletState::unknown: break;
  }
  return "unknown";
}

void add_pdu_options(CLI::App& app, PduOptions& options, bool without_dialect) {
  app.add_option("--line", options.line,
                 "serial:/dev/serial/by-id/..., tcp:HOST:PORT or pty:/PATH, each with ?baud=9600 or without")
      ->required();
  app.add_option("--dialect", options.dialect,
                 fmt::format("a name of `greenroom pdu dialects`, or the path of a file of your own{}",
                             without_dialect ? "; without it all of them are tried" : ""))
      ->required(!without_dialect);
  app.add_option("--outlets", options.outlets, "how many outlets it has, where the dialect's number is not right")
      ->check(whole_number(1, 999));
  app.add_option("--user", options.user, "who logs in, if the device asks");
  app.add_option("--password-file", options.password_file,
                 "its first line is the password; or set GREENROOM_PDU_PASSWORD in the environment");
  app.add_flag("--json", options.json, "one JSON value on one line");
}

std::optional<Dialect> dialect_for(const char* verb, const std::string& name, std::uint16_t outlets) {
  PduConfig config;
  config.dialect = name;
  const auto source = dialect_text(config);
  if (!source) {
    if (name.find('/') != std::string::npos) {
      complain(verb, source.error().message);
      return std::nullopt;
    }
    const auto known = known_dialects();
    const auto guess = nearest(name, known);
    complain(verb, fmt::format("{}{}; there are: {}", source.error().message, guess ? "; did you mean " + *guess + "?" : "",
                               fmt::join(known, ", ")));
    return std::nullopt;
  }
  auto dialect = parse_dialect(source->text, source->file);
  if (!dialect) {
    for (const Complaint& c : dialect.error()) std::fprintf(stderr, "%s\n", greenroom::to_string(c).c_str());
    complain(verb, fmt::format("{}: {} mistake(s); nothing was opened", source->file, dialect.error().size()));
    return std::nullopt;
  }
  if (outlets > 0) {
    if (const auto fits = facts(*dialect).resize(outlets); !fits) {
      complain(verb, "--outlets: " + fits.error().message);
      return std::nullopt;
    }
  }
  return std::move(*dialect);
}

// A line tells its own name, which stands here with the dialect.
std::string told(const PduOptions& options, const DialectFacts& known, const Error& error) {
  std::string why = error.message;
  const std::string itself = options.line.substr(0, options.line.find('?')) + ": ";
  if (why.compare(0, itself.size(), itself) == 0) why.erase(0, itself.size());
  return fmt::format("{} ({}): {}", options.line, known.id, why);
}

Result<void> drive(const PduOptions& options, Dialect dialect, const char* verb, const PduWork& work) {
  const auto url = parse_line_url(options.line);
  if (!url) return fail(Errc::usage, url.error().message);
  auto login = credentials(options);
  if (!login) return fail(Errc::usage, "--password-file: " + login.error().message);
  asio::io_context io{1};
  const auto clock = make_system_clock(io.get_executor());
  if (url->baud > 0) facts(dialect).line.baud = url->baud;
  const DialectFacts known = facts(dialect);
  auto line = open_line(io.get_executor(), *clock, *url, known.line, verb);
  if (!line) return fail(line.error().code == Errc::bad_config ? Errc::usage : line.error().code, line.error().message);
  const auto pdu = make_pdu(std::move(dialect), std::move(*line), *clock, std::move(*login));
  const auto outcome = run_to_end(io, work(*pdu, known, *clock));
  if (outcome) return outcome;
  return fail(outcome.error().code, told(options, known, outcome.error()));
}

int concluded(const char* verb, const Result<void>& outcome) {
  if (outcome) return 0;
  complain(verb, outcome.error().message);
  return outcome.error().code == Errc::usage ? 2 : 1;
}

int with_pdu(const PduOptions& options, const char* verb, const PduWork& work) {
  auto dialect = dialect_for(verb, options.dialect, options.outlets);
  if (!dialect) return 2;
  return with_pdu(options, std::move(*dialect), verb, work);
}

int with_pdu(const PduOptions& options, Dialect dialect, const char* verb, const PduWork& work) {
  return concluded(verb, drive(options, std::move(dialect), verb, work));
}

Result<OutletNumber> outlet_named(const DialectFacts& known, const std::string& text) {
  if (known.count == 0) return fail(Errc::usage, known.name + " is a meter and has no outlets");
  for (std::size_t i = 0; i < known.names.size() && i < known.outlets(); ++i) {
    if (known.names[i] == text) return static_cast<OutletNumber>(known.first + i);
  }
  OutletNumber n{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, n);
  if (error == std::errc{} && stop == end && known.has(n)) return n;
  return fail(Errc::usage, fmt::format("there is no outlet \"{}\"; {} has {} to {}", text, known.name,
                                       known.name_of(known.first), known.name_of(known.last())));
}

std::string reading_json(const PduOptions& options, const DialectFacts& known, const PduReading& reading, TimePoint now) {
  nlohmann::ordered_json json;
  json["line"] = options.line;
  json["dialect"] = known.id;
  json["outlets"] = nlohmann::ordered_json::array();
  for (const OutletReading& outlet : reading.outlets) {
    nlohmann::ordered_json o;
    o["id"] = outlet.number;
    if (!known.names.empty()) o["name"] = known.name_of(outlet.number);
    o["state"] = to_string(outlet.state);
    if (outlet.commanded) o["commanded"] = *outlet.commanded == Switch::on ? "on" : "off";
    put_figures(o, outlet);
    json["outlets"].push_back(std::move(o));
  }
  json["banks"] = nlohmann::ordered_json::array();
  for (const BankReading& bank : reading.banks) {
    nlohmann::ordered_json b;
    b["id"] = bank.bank;
    put_figures(b, bank);
    json["banks"].push_back(std::move(b));
  }
  // Since the request's first byte went out: no sample in it is older.
  json["age_ms"] = (now - reading.began) / std::chrono::milliseconds{1};
  return json_line(json);
}

std::string reading_text(const DialectFacts& known, const PduReading& reading, TimePoint now) {
  std::string text;
  for (const BankReading& bank : reading.banks) text += fmt::format("bank {:<6}{}\n", bank.bank, figures_text(bank));
  for (const OutletReading& outlet : reading.outlets) {
    text += fmt::format("{:>6}  {:<8}", known.name_of(outlet.number), to_string(outlet.state));
    if (outlet.commanded && (*outlet.commanded == Switch::on) != (outlet.state == OutletState::on))
      text += fmt::format("(told {})  ", *outlet.commanded == Switch::on ? "on" : "off");
    text += figures_text(outlet) + "\n";
  }
  text +=
      fmt::format("{} outlet(s) of {}, {:.1f} s old\n", reading.outlets.size(), known.name, in_seconds(now - reading.began));
  return text;
}

}  // namespace greenroom::cli
