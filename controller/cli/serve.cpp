// greenroom serve: one room, for months. systemd starts it, watches it and ends it; so can a terminal.
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "controller/cli/firmware_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/service.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/verbs.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/base/log.hpp"

namespace greenroom::cli {
namespace {

// A service that turns its loop tells systemd so, at half the time that it asked for (sd_watchdog_enabled(3)).
asio::awaitable<void> watchdog(Clock& real) {
  std::uint64_t every_us = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &every_us) <= 0) co_return;
  const Duration period{static_cast<std::int64_t>(every_us / 2)};
  while (true) {
    sd_notify(0, "WATCHDOG=1");
    if (const auto slept = co_await real.sleep_until(real.now() + period); !slept) co_return;
  }
}

// A thousand pages are a thousand descriptors; the usual soft limit is 1,024 (systemd.exec(5), LimitNOFILE).
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
  setrlimit(RLIMIT_NOFILE, &limit);
}

int serve_room(ServiceOptions options) {
  auto setup = load_setup(options.room, &options.dfu_vias);
  if (!setup) return 2;
  asio::io_context io{1};
  auto service = Service::start(io.get_executor(), std::move(*setup), options);
  if (!service) {
    std::fprintf(stderr, "greenroom serve: %s\n", service.error().message.c_str());
    return service.error().code == Errc::usage ? 2 : 1;
  }
  const auto real = make_system_clock(io.get_executor());
  TaskGroup tasks(io.get_executor());
  tasks.spawn(watchdog(*real));
  bool ending = false;
  asio::signal_set ends(io, SIGTERM, SIGINT);
  ends.async_wait([&](boost::system::error_code error, int) { ending = !error; });
  std::fprintf(stderr, "greenroom serve: %s runs on %s\n", options.room.c_str(), options.data.c_str());
  if (const auto address = (*service)->address())
    std::fprintf(stderr, "greenroom serve: the page is at %s\n", address->c_str());
  sd_notify(0, "READY=1");
  while (!ending) io.run_one();
  sd_notify(0, "STOPPING=1");
  std::fprintf(stderr, "greenroom serve: ends; outlets and engines stay as they are\n");
  tasks.cancel();
  (*service)->stop();
  while (!(*service)->idle() || tasks.size() > 0) io.run_one();
  return 0;
}

}  // namespace

int serve(const std::vector<std::string>& arguments) {
  ServiceOptions options;
  std::string model;
  CLI::App app{"Runs one room: journals, decides, switches and restores until it is told to end.", "greenroom serve"};
  app.add_option("--room", options.room, "room file")->required();
  app.add_option("--data", options.data, "directory of the journal, jobs and socket; made when missing")->required();
  app.add_option("--model", model, "socket of a simulated world (greenroom model), for model: lines and its Macs");
  add_engine_options(app, options.engines, "--firmware");
  app.add_option("--speed", options.speed, "times real time, as the world's; only where every line is a model's")
      ->capture_default_str();
  app.add_option("--port", options.port, "opens the page and the API on this port of 127.0.0.1; 0: any free one")
      ->check(CLI::Range(0U, 65535U));
  app.add_option("--host", options.hosts, "HOST or HOST:PORT, asked before a restore instead of Apple's; several times");
  app.add_flag("--no-hosts", options.no_hosts, "Apple's hosts are not asked before a restore; the engine will tell");
  if (const auto code = parsed(app, arguments)) return *code;
  if (!std::isfinite(options.speed) || options.speed <= 0) {
    std::fprintf(stderr, "greenroom serve: --speed takes a number above 0\n");
    return 2;
  }
  if (options.data.empty()) {
    std::fprintf(stderr, "greenroom serve: --data takes a directory\n");
    return 2;
  }
  // A job runs in a directory of its own: what it is told of the world must not depend on ours.
  options.data = std::filesystem::absolute(options.data).lexically_normal().string();
  anchor(options.engines);
  if (!model.empty()) options.model = std::filesystem::absolute(model).lexically_normal().string();
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_files();
  umask(077);  // journals and jobs name people and serial numbers
  return serve_room(options);
}

}  // namespace greenroom::cli
