// greenroom model: the simulated world as its own process.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>

#include "config/csv.hpp"
#include "config/embedded.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/verbs.hpp"
#include "controller/simulate/world_process.hpp"

namespace greenroom::cli {
namespace {

struct ModelOptions {
  std::string room{"config/examples/returns-room.toml"}, batch;
  sim::WorldProcessOptions world;
  bool json{};
};

int run(const ModelOptions& options) {
  auto setup = load_setup(options.room);
  if (!setup) return 2;
  const std::string list = options.batch.empty() ? "config/examples/returns.csv" : options.batch;
  const auto text = read_data(list);
  if (!text) {
    std::fprintf(stderr, "greenroom model: %s\n", text.error().message.c_str());
    return 2;
  }
  BatchFile batch = read_batch(*text, list);
  if (complain(batch.complaints)) return 2;
  if (options.batch.empty()) batch.rows = sim::rows_for(*setup, batch.rows, Random(options.world.seed));
  const auto sums = sim::run_world(std::move(*setup), std::move(batch.rows), options.world);
  if (!sums) {
    std::fprintf(stderr, "greenroom model: %s\n", sums.error().message.c_str());
    return sums.error().code == Errc::usage ? 2 : 1;
  }
  if (options.json) std::printf("%s\n", sums->c_str());
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int model(const std::vector<std::string>& arguments) {
  ModelOptions options;
  CLI::App app{"A simulated world for a service in another process: PDUs, Macs, batteries, breakers, and people.",
               "greenroom model"};
  app.add_option("--room", options.room, "room file, the one that the service runs")->capture_default_str();
  app.add_option("--socket", options.world.socket, "where services and engines reach the world")->required();
  app.add_option("--speed", options.world.speed, "times real time; the service must be given the same")
      ->capture_default_str();
  app.add_option("--batch", options.batch, "list of Macs (CSV); without it the example list, or one that fills the room");
  app.add_option("--seed", options.world.seed, "draws everything that is random")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_faults(app, options.world.faults);
  app.add_option("--crew", options.world.crew, "model people work in the world, for the service with this data directory");
  app.add_option("--technicians", options.world.technicians, "how many, with --crew")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--events", options.world.events, "write what really happens to this file, one line of JSON each");
  app.add_flag("--json", options.json, "at the end, print the sums of what happened as one line of JSON");
  if (const auto code = parsed(app, arguments)) return *code;
  if (!std::isfinite(options.world.speed) || options.world.speed <= 0) {
    std::fprintf(stderr, "greenroom model: --speed takes a number above 0\n");
    return 2;
  }
  return run(options);
}

}  // namespace greenroom::cli
