// greenroom demo: a simulated room works through a batch, from one command.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "config/csv.hpp"
#include "config/embedded.hpp"
#include "controller/cli/demo_page.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/verbs.hpp"
#include "controller/simulate/world.hpp"

namespace greenroom::cli {
namespace {

struct DemoOptions {
  std::string speed{"60"}, planner{"planned"}, report, without, journal;
  std::string room{"config/examples/returns-room.toml"}, batch{"config/examples/returns.csv"};
  std::uint64_t seed{1}, kills{};
  sim::FaultLevel faults{sim::FaultLevel::none};
  std::optional<unsigned> port;
  bool until_done{}, json{};
};

const std::map<std::string, Planner> planners{{"planned", Planner::planned},
                                              {"all-on", Planner::all_on},
                                              {"nameplate", Planner::nameplate},
                                              {"timer", Planner::timer},
                                              {"strip-add", Planner::strip_add},
                                              {"greedy", Planner::greedy},
                                              {"lowest-charge", Planner::lowest_charge},
                                              {"edf", Planner::edf},
                                              {"llf", Planner::llf}};

std::string clock_text(Duration d) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(d).count();
  char text[32];
  std::snprintf(text, sizeof text, "%lld h %02lld min", static_cast<long long>(minutes / 60),
                static_cast<long long>(minutes % 60));
  return text;
}

void tell(const sim::Progress& p) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  std::fprintf(stderr, "%s%s  packed %llu, in cases %llu, working %llu of %llu  branch %.1f A  %s%s", terminal ? "\r" : "",
               clock_text(p.now.time_since_epoch()).c_str(), static_cast<unsigned long long>(p.counts.packed),
               static_cast<unsigned long long>(p.counts.cases), static_cast<unsigned long long>(p.counts.working),
               static_cast<unsigned long long>(p.counts.rows), p.branch.value(),
               p.left ? ("about " + clock_text(*p.left) + " to go").c_str() : "no estimate yet", terminal ? "\033[K" : "\n");
  std::fflush(stderr);
}

double rounded(double x) { return std::round(x * 1000.0) / 1000.0; }

nlohmann::json to_json(const sim::WorldResult& r) {
  return {{"slots", r.slots},
          {"macs", r.macs},
          {"packed", r.packed},
          {"cases", r.cases},
          {"stranded", r.stranded},
          {"trips", r.trips},
          {"fault_trips", r.fault_trips},
          {"protected_opens", r.protected_opens},
          {"fault_opens", r.fault_opens},
          {"wrong_mac", r.wrong_mac},
          {"unerased_released", r.unerased_released},
          {"hard_limit_amp_seconds", rounded(r.hard_limit_amp_seconds)},
          {"fault_amp_seconds", rounded(r.fault_amp_seconds)},
          {"soft_over_seconds", rounded(r.soft_over_seconds)},
          {"waits_by_circuit", r.waits_by_circuit},
          {"violations", r.violations},
          {"first_violations", r.first_violations},
          {"faults", r.faults},
          {"open_cases", r.open_cases},
          {"makespan_s", rounded(r.makespan_s)},
          {"bound_s", rounded(r.bound_s)},
          {"makespan_over_bound", r.bound_s > 0 ? rounded(r.makespan_s / r.bound_s) : 0.0},
          {"virtual_s", rounded(r.virtual_s)},
          {"wall_s", rounded(r.wall_s)},
          {"seed", r.seed},
          {"kills", r.kills},
          {"facts", r.facts},
          {"chain", r.chain}};
}

// A number that is the whole of the text; nothing otherwise. "inf", "nan" and "-1" are no numbers here.
template <class T>
std::optional<T> whole_number(const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(static_cast<double>(value))) return std::nullopt;
  return value;
}

// "R4": the rule to switch off, for proving that the judge would notice. Only rules that have a switch.
std::optional<RuleSet> rules_without(const std::string& name) {
  if (name.empty()) return RuleSet::all();
  const auto number = name.starts_with('R') ? whole_number<int>(name.substr(1)) : std::nullopt;
  const std::array<int, 8> with_a_switch{1, 2, 3, 4, 7, 8, 12, 13};
  if (!number || std::find(with_a_switch.begin(), with_a_switch.end(), *number) == with_a_switch.end()) return std::nullopt;
  return RuleSet::all().without(static_cast<Rule>(*number));
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code none;
  return a == b || std::filesystem::equivalent(a, b, none);  // false when either does not exist yet
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return true;
  std::fprintf(stderr, "greenroom demo: %s could not be written; name a folder that exists and has space\n", path.c_str());
  return false;
}

// Asked before the run, so that an hour's work is not lost to a folder that does not exist.
bool can_write(const std::string& path) {
  if (path.empty() || std::ofstream(path, std::ios::binary | std::ios::app)) return true;
  std::fprintf(stderr, "greenroom demo: %s cannot be written; name a folder that exists and has space\n", path.c_str());
  return false;
}

// No output may name an input or another output: it would be lost.
bool keeps_apart(const DemoOptions& options) {
  const std::array<std::pair<const char*, const std::string*>, 4> named{{{"--room", &options.room},
                                                                         {"--batch", &options.batch},
                                                                         {"--report", &options.report},
                                                                         {"--journal", &options.journal}}};
  for (std::size_t output = 2; output < named.size(); ++output) {
    for (std::size_t other = 0; other < output; ++other) {
      if (named[output].second->empty() || !same_file(*named[output].second, *named[other].second)) continue;
      std::fprintf(stderr, "greenroom demo: %s and %s name one file, %s; name another for the output\n", named[other].first,
                   named[output].first, named[output].second->c_str());
      return false;
    }
  }
  return true;
}

// Every kind of place that a recipe sends Macs to must exist, or they wait for ever.
bool has_places(const RoomSetup& setup) {
  const auto has = [&](const std::string& kind) {
    return std::any_of(setup.room.slots.begin(), setup.room.slots.end(), [&](const Slot& slot) {
      const char* name = slot.kind == SlotKind::restore ? "restore" : slot.kind == SlotKind::shelf ? "shelf" : "pack_table";
      return kind == name;
    });
  };
  for (const Recipe& recipe : setup.catalogue.recipes) {
    for (const Step& step : recipe.steps) {
      if (step.to.empty() || has(step.to)) continue;
      std::fprintf(stderr,
                   "greenroom demo: recipe %s sends Macs to a %s, and the room has none; add a [[slot]] of that kind\n",
                   recipe.id.c_str(), step.to.c_str());
      return false;
    }
  }
  return true;
}

Health health_of(const DemoOptions& options, std::optional<double> speed) {
  Health health;
  health.program = "greenroom 0.1.0";
  health.room_file = options.room;
  health.pid = getpid();
  health.started = sim::opening;
  health.speed = speed.value_or(0);
  return health;
}

int run(const DemoOptions& options, const RuleSet& rules, std::optional<double> speed) {
  if (!keeps_apart(options)) return 2;
  auto setup = load_setup(options.room);
  if (!setup) return 2;
  setup->planner = planners.at(options.planner);
  setup->rules = rules;
  const auto text = read_data(options.batch);
  if (!text) {
    std::fprintf(stderr, "greenroom demo: %s\n", text.error().message.c_str());
    return 2;
  }
  BatchFile batch = read_batch(*text, options.batch);
  if (complain(batch.complaints) || !has_places(*setup)) return 2;
  if (!can_write(options.report) || !can_write(options.journal)) return 2;

  sim::WorldOptions world_options;
  world_options.seed = options.seed;
  world_options.faults = options.faults;
  world_options.speed = speed;
  world_options.until_done = options.until_done;
  world_options.kills = options.kills;
  world_options.sample = !options.report.empty();
  sim::World world(std::move(*setup), std::move(batch.rows), world_options);
  std::unique_ptr<DemoPage> page;
  if (speed || options.port) {
    auto opened = DemoPage::open(world, options.port, health_of(options, speed));
    if (!opened) {
      std::fprintf(stderr, "greenroom demo: %s\n", opened.error().message.c_str());
      return 1;
    }
    page = std::move(*opened);
    std::fprintf(stderr, "greenroom demo: the room is at %s\n", page->address().c_str());
  }
  const auto result = world.run(tell);
  if (isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\n");
  if (!result) {
    std::fprintf(stderr, "greenroom demo: %s\n", result.error().message.c_str());
    return result.error().code == Errc::usage ? 2 : 1;
  }
  if (!options.json) {
    if (options.faults != sim::FaultLevel::none)
      std::fprintf(stderr, "faults that could strike:\n%s", result->envelope.c_str());
    for (const std::string& open : result->open_cases) std::fprintf(stderr, "case: %s\n", open.c_str());
  }
  for (const std::string& violation : result->first_violations) std::fprintf(stderr, "violation: %s\n", violation.c_str());
  bool written = options.report.empty() || write_file(options.report, world.report());
  if (!options.journal.empty()) {
    std::string lines;
    for (const std::string& line : world.journal_lines()) lines += line + "\n";
    written = write_file(options.journal, lines) && written;
  }
  std::printf("%s\n", to_json(*result).dump().c_str());
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "greenroom demo: the result could not be written to stdout\n");
    return 1;
  }
  return written && result->clean() ? 0 : 1;
}

}  // namespace

int demo(const std::vector<std::string>& arguments) {
  DemoOptions options;
  CLI::App app{"A simulated room works through a batch of returned Macs, on virtual time.", "greenroom demo"};
  app.add_option("--speed", options.speed, "times real time, or max: as fast as it goes, and no page without --port")
      ->capture_default_str();
  app.add_option("--port", options.port, "show the page on this port of 127.0.0.1; 0: any free one")
      ->check(CLI::Range(0U, 65535U));
  app.add_flag("--until-done", options.until_done,
               "end when every Mac is packed or in an owned case (72 virtual hours at most)");
  app.add_flag("--json", options.json, "leave out what is told beside the JSON line: the envelope and the cases");
  std::string seed{"1"};  // read below: CLI11 would take 2^64 for 2^64 - 1
  app.add_option("--seed", seed, "draws everything that is random")->capture_default_str();
  add_faults(app, options.faults);
  app.add_option("--planner", options.planner,
                 "planned, or for comparison all-on, nameplate, timer, strip-add, greedy, lowest-charge, edf, llf")
      ->check(CLI::IsMember({"planned", "all-on", "nameplate", "timer"}))
      ->capture_default_str();
  app.add_option("--report", options.report, "write load, limits and a Gantt of slots and outlets as an HTML page");
  app.add_option("--journal", options.journal, "write every fact, one line of JSON each");
  app.add_option("--room", options.room, "room file")->capture_default_str();
  app.add_option("--batch", options.batch, "list of Macs (CSV)")->capture_default_str();
  app.add_option("--kills", options.kills, "destroy the controller so often, at seeded points between any two of its steps")
      ->check(whole_number());
  app.add_option("--without", options.without, "switch off one of R1 R2 R3 R4 R7 R8 R12 R13, to see that the judge notices");
  if (const auto code = parsed(app, arguments)) return *code;
  if (const auto number = whole_number<std::uint64_t>(seed)) {
    options.seed = *number;
  } else {
    std::fprintf(stderr, "greenroom demo: --seed takes a whole number from 0 to %llu; not \"%s\"\n",
                 static_cast<unsigned long long>(std::numeric_limits<std::uint64_t>::max()), seed.c_str());
    return 2;
  }
  std::optional<double> speed;
  if (options.speed != "max") {
    speed = whole_number<double>(options.speed);
    if (!speed || *speed <= 0) {
      std::fprintf(stderr, "greenroom demo: --speed takes a number above 0, or max; not \"%s\"\n", options.speed.c_str());
      return 2;
    }
  }
  const auto rules = rules_without(options.without);
  if (!rules) {
    std::fprintf(stderr, "greenroom demo: --without takes one of R1 R2 R3 R4 R7 R8 R12 R13; not \"%s\"\n",
                 options.without.c_str());
    return 2;
  }
  return run(options, *rules, speed);
}

}  // namespace greenroom::cli
