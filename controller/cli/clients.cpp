// greenroom status | slots | slot | circuits | pdus | power | cases | chores | watch: what a running room says.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "controller/cli/client.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/screen.hpp"
#include "controller/cli/screens.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

using Screen = std::string (*)(const std::string& body);

int show(const ClientOptions& options, const char* verb, std::string path, Screen screen) {
  const auto answer = ask_service(options, ApiRequest("GET", std::move(path)));
  return tell(options, verb, answer, [screen](const std::string& body) {
    const std::string lines = screen(body);
    std::fwrite(lines.data(), 1, lines.size(), stdout);
  });
}

// A verb that takes nothing but --data and --json.
int listing(const std::vector<std::string>& arguments, const char* verb, const char* help, const char* path, Screen screen) {
  ClientOptions options;
  CLI::App app{help, std::string("greenroom ") + verb};
  add_client_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  return show(options, verb, path, screen);
}

}  // namespace

int status(const std::vector<std::string>& arguments) {
  return listing(arguments, "status", "How a room stands: service, alarms, Macs, slots, cases.", "/api/v1/status",
                 status_screen);
}

int slots(const std::vector<std::string>& arguments) {
  return listing(arguments, "slots", "Every slot: its Mac, its step, and what it waits for.", "/api/v1/slots", slots_screen);
}

int slot(const std::vector<std::string>& arguments) {
  ClientOptions options;
  std::string name;
  CLI::App app{"One slot: all that is known of it.", "greenroom slot"};
  app.add_option("SLOT", name, "the slot's name, as on its label")->required();
  add_client_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  return show(options, "slot", "/api/v1/slots/" + escaped_part(name), slot_screen);
}

int circuits(const std::vector<std::string>& arguments) {
  return listing(arguments, "circuits", "Every circuit: what it carries and is promised, against its limits.",
                 "/api/v1/circuits", circuits_screen);
}

int pdus(const std::vector<std::string>& arguments) {
  return listing(arguments, "pdus", "Every PDU: whether it answers, who it is, and who else switches it.", "/api/v1/pdus",
                 pdus_screen);
}

int power(const std::vector<std::string>& arguments) {
  return listing(arguments, "power", "What facilities must see to: trips, lock-outs, unproven outlets, silent PDUs.",
                 "/api/v1/power", power_screen);
}

int chores(const std::vector<std::string>& arguments) {
  return listing(arguments, "chores", "What people should do now, most urgent first.", "/api/v1/chores", chores_screen);
}

int cases(const std::vector<std::string>& arguments) {
  ClientOptions options;
  bool all{};
  CLI::App app{"What went wrong and who sees to it.", "greenroom cases"};
  app.add_flag("--all", all, "closed ones as well");
  add_client_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  return show(options, "cases", all ? "/api/v1/cases?all=1" : "/api/v1/cases", cases_screen);
}

int watch(const std::vector<std::string>& arguments) {
  ClientOptions options;
  std::uint64_t from = 0;
  CLI::App app{"Every fact as it becomes durable, one a line, until the service ends.", "greenroom watch"};
  auto* first = app.add_option("--from", from, "begin with this fact; 1: all of them")->check(whole_number(1));
  add_client_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  std::signal(SIGPIPE, SIG_IGN);  // who reads may have had enough: no failure
  const std::string path = "/api/v1/watch" + (first->count() > 0 ? "?from=" + std::to_string(from) : std::string());
  std::size_t seen = 0;
  const auto ended = watch_service(options, ApiRequest("GET", path), [&options, &seen](const std::string& fact) {
    ++seen;
    const std::string line = (options.json ? fact : fact_line(fact)) + "\n";
    return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  });
  if (ended) return 0;  // who reads has enough
  std::fprintf(stderr, "greenroom watch: %s%s\n", plain(ended.error().message).c_str(),
               seen > 0 ? "; to go on there: --from the last number plus one" : "");
  return ended.error().code == Errc::usage ? 2 : 1;
}

}  // namespace greenroom::cli
