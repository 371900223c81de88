// greenroom simulate: campaigns on virtual time, for whoever wants to see the rules hold, and fail when one is switched off.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "controller/cli/options.hpp"
#include "controller/cli/simulate_charging.hpp"
#include "controller/cli/verbs.hpp"
#include "controller/simulate/wrong_mac/campaign.hpp"
#include "controller/simulate/wrong_mac/history.hpp"

namespace greenroom::cli {
namespace {

namespace wrong_mac = sim::wrong_mac;

struct SimulateOptions {
  std::uint64_t histories{1000}, seed{1}, processes{std::max(1U, std::thread::hardware_concurrency())};
  std::string without;
  bool clauses{}, replay{}, json{};
};

constexpr std::uint64_t seeds_a_clause = 1000;

double seconds_now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::string every_clause() {
  std::string names;
  for (const ClauseName& c : clause_names) names.append(names.empty() ? "" : " ").append(c.name);
  return names;
}

std::optional<RuleSet> rules_without(const std::string& name) {
  if (name.empty()) return RuleSet::all();
  const auto* clause =
      std::find_if(clause_names.begin(), clause_names.end(), [&](const ClauseName& c) { return c.name == name; });
  return clause == clause_names.end() ? std::nullopt : std::optional(RuleSet::all().without(clause->clause));
}

int replay(const SimulateOptions& options, RuleSet rules) {
  const auto lived =
      wrong_mac::live(options.seed, rules, [](const std::string& line) { std::printf("%s\n", line.c_str()); });
  std::printf("seed %llu: %zu wrong erasures, %zu false certificates, %llu of %llu undisturbed Macs erased\n",
              static_cast<unsigned long long>(options.seed), lived.wrong_erasures.size(), lived.false_certificates.size(),
              static_cast<unsigned long long>(lived.undisturbed_erased), static_cast<unsigned long long>(lived.undisturbed));
  return lived.clean() ? 0 : 1;
}

void print_text(const wrong_mac::Sums& sums, const std::vector<wrong_mac::Caught>& caught, double seconds) {
  fmt::print("histories                    {}\nseconds                      {:.1f}\n", sums.histories, seconds);
  fmt::print("Macs erased that should be   {}\n", sums.erased_right);
  fmt::print("wrong erasures               {}\nfalse certificates           {}\n", sums.wrong_erasures,
             sums.false_certificates);
  fmt::print("undisturbed and erased       {} of {} ({:.4f} %)\n", sums.undisturbed_erased, sums.undisturbed,
             100 * sums.share());
  for (const std::string& words : sums.first) fmt::print("{}\n", words);
  for (const auto& c : caught) {
    if (c.seed) fmt::print("without {:<12} seed {}: {}\n", c.clause, *c.seed, c.words);
    else
      fmt::print("without {:<12} nothing went wrong in {} histories: the campaign does not see that clause\n", c.clause,
                 seeds_a_clause);
  }
}

void print_json(const wrong_mac::Sums& sums, const std::vector<wrong_mac::Caught>& caught, double seconds) {
  nlohmann::json out{{"histories", sums.histories},
                     {"seconds", seconds},
                     {"erased_right", sums.erased_right},
                     {"wrong_erasures", sums.wrong_erasures},
                     {"false_certificates", sums.false_certificates},
                     {"undisturbed", sums.undisturbed},
                     {"undisturbed_erased", sums.undisturbed_erased},
                     {"controller_kills", sums.kills},
                     {"first", sums.first}};
  nlohmann::json seeds = nlohmann::json::object();
  for (const auto& c : caught) seeds[std::string(c.clause)] = c.seed ? nlohmann::json(*c.seed) : nlohmann::json();
  if (!caught.empty()) out["caught"] = std::move(seeds);
  fmt::print("{}\n", out.dump());
}

int campaign(const SimulateOptions& options, RuleSet rules) {
  const double began = seconds_now();
  double told = began;
  const auto sums = wrong_mac::run_campaign(
      {options.seed, options.histories, rules, static_cast<unsigned>(options.processes)}, [&](std::uint64_t done) {
        if (seconds_now() < told + 10) return;
        told = seconds_now();
        fmt::print(stderr, "{} of {} histories\n", done, options.histories);
      });
  if (!sums) {
    fmt::print(stderr, "greenroom simulate: {}\n", sums.error().message);
    return 1;
  }
  const auto caught =
      options.clauses ? wrong_mac::catch_each_clause(options.seed, seeds_a_clause) : std::vector<wrong_mac::Caught>{};
  const double seconds = seconds_now() - began;
  if (options.json) print_json(*sums, caught, seconds);
  else print_text(*sums, caught, seconds);
  const bool all = std::all_of(caught.begin(), caught.end(), [](const auto& c) { return c.seed.has_value(); });
  return std::fflush(stdout) == 0 && sums->clean() && all ? 0 : 1;
}

}  // namespace

int simulate(const std::vector<std::string>& arguments) {
  SimulateOptions options;
  CLI::App app{"Campaigns on virtual time.", "greenroom simulate"};
  app.require_subcommand(1);
  auto* wrong = app.add_subcommand(
      "wrong-mac", "Macs swapped, relabelled, cloned and revoked under greedy engines: is ever a wrong one erased?");
  wrong->add_option("--histories", options.histories, "how many")->check(whole_number(1))->capture_default_str();
  wrong->add_option("--seed", options.seed, "of the first; each next one has the next seed")
      ->check(whole_number())
      ->capture_default_str();
  wrong->add_option("--processes", options.processes, "side by side")->check(whole_number(1, 256))->capture_default_str();
  wrong->add_option("--without", options.without, "switch off one clause: " + every_clause());
  wrong->add_flag("--clauses", options.clauses,
                  "then switch off each clause in turn, until it is caught, for 1000 seeds at most");
  wrong->add_flag("--replay", options.replay, "the one history of --seed, line by line");
  wrong->add_flag("--json", options.json, "one line of JSON");
  ChargingOptions charging;
  const auto* charge = add_charging(app, charging);
  if (const auto code = parsed(app, arguments)) return *code;
  if (charge->parsed()) return simulate_charging(charging);
  const auto rules = rules_without(options.without);
  if (!rules) {
    fmt::print(stderr, "greenroom simulate: there is no clause \"{}\" to switch off; there are {}\n", options.without,
               every_clause());
    return 2;
  }
  return options.replay ? replay(options, *rules) : campaign(options, *rules);
}

}  // namespace greenroom::cli
