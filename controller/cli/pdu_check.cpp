// greenroom pdu check: the commissioning test of one PDU, before a room depends on it.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_check_sheet.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom pdu check";
constexpr const char* words = "switch everything";

struct CheckOptions {
  PduOptions pdu;
  std::vector<std::string> outlets;
  double watts{}, volts{};
  int reads{5};
  bool look{}, confirmed{};
  std::string after_outage, in_outage;
};

// One line of standard input, or nothing at its end.
std::optional<std::string> line_of_input() {
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

bool confirmed(const CheckOptions& o, const DialectFacts& d, const std::vector<OutletNumber>& outlets) {
  std::string names;
  for (const OutletNumber n : outlets) names += " " + d.name_of(n);
  std::fprintf(stderr,
               "%s: on %s (%s) these outlets are switched and switched back, one after the other:%s\n"
               "Whatever hangs on one that is on loses its power for some seconds; what hangs on one that is off starts.\n"
               "Which outlets must not open, only a room knows: none is protected here.\n",
               verb, o.pdu.line.c_str(), d.name.c_str(), names.c_str());
  if (o.confirmed) return true;
  std::fprintf(stderr, "To go on, type: %s\n> ", words);
  if (line_of_input() == words) return true;
  std::fprintf(stderr,
               "%s: not confirmed; nothing was opened or switched. Type \"%s\", or give --yes-switch-everything; "
               "--look switches nothing\n",
               verb, words);
  return false;
}

std::optional<BootPolicy> boot_policy(const std::string& word) {
  for (const auto policy : {BootPolicy::off, BootPolicy::previous, BootPolicy::on})
    if (word == to_string(policy)) return policy;
  return std::nullopt;
}

OutageNotes notes_of(const CheckOptions& o) {
  OutageNotes notes;
  notes.came_back = boot_policy(o.after_outage);
  if (!o.in_outage.empty()) notes.held = o.in_outage == "held";
  return notes;
}

volatile std::sig_atomic_t told_to_end = 0;
extern "C" void note_signal(int) { told_to_end = 1; }

// While it lives, a signal that asks to end ends the wait for an answer, and not the program: the sheet is printed after it.
class Questions {
 public:
  Questions() {
    sigset_t held;
    sigemptyset(&held);
    struct sigaction note {};
    note.sa_handler = note_signal;
    for (const int signal : ending_signals()) {
      sigaddset(&held, signal);
      sigaction(signal, &note, nullptr);
    }
    sigprocmask(SIG_BLOCK, &held, &before_);
  }
  ~Questions() {
    sigprocmask(SIG_SETMASK, &before_, nullptr);  // one that came meanwhile is noted, and ends nothing
    for (const int signal : ending_signals()) std::signal(signal, SIG_DFL);
  }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  // Nothing typed, no more input, or told to end: empty.
  [[nodiscard]] std::string answer(const std::string& question) const {
    if (told_to_end != 0) return {};
    std::fprintf(stderr, "%s", question.c_str());
    pollfd input{STDIN_FILENO, POLLIN, 0};
    // Signals come in here alone: none is missed before the wait.
    const bool typed = ppoll(&input, 1, nullptr, &before_) > 0 && told_to_end == 0;
    if (typed) return line_of_input().value_or("");
    std::fputs("\n", stderr);
    return {};
  }

 private:
  sigset_t before_{};
};

// What only a person can see is asked of one, where one is there.
void ask(OutageNotes& notes, const CheckWalk& walk) {
  if (isatty(STDIN_FILENO) == 0 || walk.cancelled) return;
  const Questions questions;
  if (!notes.came_back && !walk.traits.boots_all_off)
    notes.came_back =
        boot_policy(questions.answer("Mains of the PDU cut and put back, with nothing on it that may lose power: how did "
                                     "its outlets come back? off, previous, on, or Enter for not tried\n> "));
  if (!notes.held) {
    const auto held = questions.answer("And while it had no power, its contacts: held, open, or Enter for not seen\n> ");
    if (held == "held" || held == "open") notes.held = held == "held";
  }
}

void add_options(CLI::App& app, CheckOptions& o) {
  add_pdu_options(app, o.pdu);
  app.add_option("--outlet", o.outlets, "these outlets are switched; all of them where it is not given");
  app.add_option("--load", o.watts, "watts of the known load (a heater, a lamp) in each outlet that is switched")
      ->check(finite_number(1.0, 5000.0));
  app.add_option("--volts", o.volts, "of the mains, where no meter of the PDU tells them")
      ->check(finite_number(80.0, 480.0));
  app.add_option("--reads", o.reads, "readings of each depth, for the round trips")
      ->check(whole_number(1, 100))
      ->capture_default_str();
  auto* look = app.add_flag("--look", o.look, "switches nothing");
  app.add_flag("--yes-switch-everything", o.confirmed, "says yes to the question that is asked otherwise")->excludes(look);
  app.add_option("--after-outage", o.after_outage, "as a person saw it: off, previous or on")
      ->check(CLI::IsMember({"off", "previous", "on"}));
  app.add_option("--in-outage", o.in_outage, "as a person saw it: held or open")->check(CLI::IsMember({"held", "open"}));
}

Result<std::vector<OutletNumber>> chosen(const CheckOptions& o, const DialectFacts& d) {
  std::vector<OutletNumber> all;
  for (const std::string& name : o.outlets) {
    const auto n = outlet_named(d, name);
    if (!n) return fail(n.error());
    if (std::find(all.begin(), all.end(), *n) == all.end()) all.push_back(*n);
  }
  if (o.look) return std::vector<OutletNumber>{};
  if (o.outlets.empty() && d.count > 0)
    for (unsigned n = d.first; n <= d.last(); ++n) all.push_back(static_cast<OutletNumber>(n));
  return all;
}

Task<void> check(const CheckOptions& o, std::vector<OutletNumber> outlets, Pdu& pdu, const DialectFacts& known, Clock& clock,
                 std::optional<CheckSheet>& sheet) {
  CheckPlan plan;
  plan.outlets = std::move(outlets);
  plan.reads = o.reads;
  plan.say = [](const std::string& line) { std::fprintf(stderr, "%s: %s\n", verb, line.c_str()); };
  auto walk = co_await walk_pdu(pdu, known, clock, std::move(plan));
  if (!walk) co_return fail(walk.error());
  sheet.emplace();
  sheet->line = o.pdu.line;
  const auto wall = std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch());
  sheet->made_at = fmt::format("{:%Y-%m-%dT%H:%MZ}", fmt::gmtime(static_cast<std::time_t>(wall.count())));
  sheet->walk = std::move(*walk);
  co_return Result<void>{};
}

}  // namespace

int pdu_check(const std::vector<std::string>& arguments) {
  CheckOptions o;
  CLI::App app{
      "The commissioning test of a PDU: who it is, how it comes back, its round trips, and whether each outlet "
      "switches, stays, and moves the right meter. Prints a sheet; exit code 1 when something on it is bad.",
      verb};
  add_options(app, o);
  if (const auto code = parsed(app, arguments)) return *code;
  auto dialect = dialect_for(verb, o.pdu.dialect, o.pdu.outlets);
  if (!dialect) return 2;
  const DialectFacts known = facts(*dialect);
  const auto outlets = chosen(o, known);
  if (!outlets) {
    std::fprintf(stderr, "%s: %s\n", verb, outlets.error().message.c_str());
    return 2;
  }
  if (!outlets->empty() && !confirmed(o, known, *outlets)) return 2;
  std::optional<CheckSheet> sheet;
  const int code = with_pdu(o.pdu, std::move(*dialect), verb, [&](Pdu& pdu, const DialectFacts& d, Clock& clock) {
    return check(o, *outlets, pdu, d, clock, sheet);
  });
  if (!sheet) return code;
  OutageNotes notes = notes_of(o);
  ask(notes, sheet->walk);
  std::optional<KnownLoad> load;
  if (o.watts > 0) load = KnownLoad{Watts::of(o.watts), o.volts > 0 ? std::optional(Volts::of(o.volts)) : std::nullopt};
  sheet->items = judge(sheet->walk, known, notes, load);
  if (const auto put = put_out(o.pdu.json ? sheet_json(*sheet, known) + "\n" : sheet_text(*sheet, known)); !put)
    return concluded(verb, put);
  return any_bad(sheet->items) || sheet->walk.cancelled ? 1 : code;
}

}  // namespace greenroom::cli
