#include "controller/cli/simulate_charging.hpp"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>

#include "controller/cli/options.hpp"
#include "controller/simulate/charging/sums_up.hpp"

namespace greenroom::cli {
namespace {

namespace charging = sim::charging;

struct Seeds {
  std::uint64_t first{}, last{};
};
constexpr std::uint64_t most_seeds = 100'000;

std::optional<Seeds> seeds_of(std::string_view text) {
  Seeds s;
  const auto read = [](std::string_view word, std::uint64_t& to) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
    return error == std::errc{} && end == word.data() + word.size() && to <= json_keeps;
  };
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  if (!read(text.substr(0, dots), s.first) || !read(text.substr(dots + 2), s.last)) return std::nullopt;
  if (s.last < s.first || s.last - s.first >= most_seeds) return std::nullopt;
  return s;
}

double seconds_now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::string every_suite() {
  std::string names;
  for (const charging::Suite s : charging::suites) names.append(names.empty() ? "" : " ").append(to_string(s));
  return names;
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return true;
  fmt::print(stderr, "greenroom simulate charging: {} cannot be written: name a file in a folder that can\n", path);
  return false;
}

class Eta {
 public:
  void operator()(double share) {
    if (!terminal_ || seconds_now() < told_ + 0.2) return;
    told_ = seconds_now();
    const double spent = told_ - began_, left = share > 0.005 ? spent / share - spent : 0.0;
    if (share > 0.005) fmt::print(stderr, "\r{:5.1f} %  {:.0f} s, about {:.0f} s to go   ", 100 * share, spent, left);
    else fmt::print(stderr, "\r{:5.1f} %  {:.0f} s", 100 * share, spent);
  }
  void end() const {
    if (terminal_) fmt::print(stderr, "\r{:60}\r", "");
  }
  [[nodiscard]] double spent() const { return seconds_now() - began_; }

 private:
  bool terminal_{isatty(STDERR_FILENO) == 1};
  double began_{seconds_now()}, told_{};
};

}  // namespace

CLI::App* add_charging(CLI::App& simulate, ChargingOptions& options) {
  options.processes = std::max(1U, std::thread::hardware_concurrency());
  auto* app = simulate.add_subcommand(
      "charging", "Cells of charging Macs on limited circuits: how near the bound, and is every limit kept?");
  app->add_option("--suite", options.suite, "which cells: " + every_suite())->capture_default_str();
  app->add_option("--seeds", options.seeds, "A..B, of each cell")->capture_default_str();
  app->add_option("--processes", options.processes, "side by side")->check(whole_number(1, 256))->capture_default_str();
  app->add_option("--csv", options.csv, "every run, a line each");
  app->add_option("--report", options.report, "an HTML page with pictures");
  app->add_flag("--json", options.json, "one line of JSON");
  return app;
}

int simulate_charging(const ChargingOptions& options) {
  const auto suite = charging::suite_named(options.suite);
  if (!suite) {
    fmt::print(stderr, "greenroom simulate charging: there is no suite \"{}\"; there are {}\n", options.suite,
               every_suite());
    return 2;
  }
  const auto seeds = seeds_of(options.seeds);
  if (!seeds) {
    fmt::print(stderr,
               "greenroom simulate charging: \"{}\" are no seeds: give A..B, the first and the last, at most {} of them\n",
               options.seeds, most_seeds);
    return 2;
  }
  Eta eta;
  const auto tasks = charging::tasks_of(*suite, seeds->first, seeds->last);
  const auto outcomes =
      charging::perform_all(tasks, static_cast<unsigned>(options.processes), [&](double share) { eta(share); });
  eta.end();
  charging::Summary summary = charging::sum_up(*suite, tasks, outcomes);
  summary.wall_s = eta.spent();
  bool written = true;
  if (!options.csv.empty()) written = write_file(options.csv, as_csv(tasks, outcomes));
  if (!options.report.empty()) written = write_file(options.report, as_html(summary, tasks, outcomes)) && written;
  const auto put = put_out(options.json ? as_json(summary) + "\n" : as_text(summary));
  return put && written && summary.clean() ? 0 : 1;
}

}  // namespace greenroom::cli
