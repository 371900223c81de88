// greenroom mac restore | revive: one Mac at one port, by the engine and behind the gate that a room uses.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "controller/cli/mac_engine_run.hpp"
#include "controller/cli/mac_verbs.hpp"
#include "controller/cli/options.hpp"

namespace greenroom::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string words_of(const RestoreOrder& order, const EngineRun& run, const RestoreOutcome& outcome,
                     const std::string& after, bool json) {
  if (!json)
    return fmt::format("{} at {}: {}; erased: {}{}\n", order.serial.text(), order.path.text(),
                       outcome.completed ? "restored" : "not restored", to_string(outcome.evidence.erased),
                       outcome.evidence.checkpoint.empty() ? "" : " (" + outcome.evidence.checkpoint + ")");
  Json object;
  object["port_path"] = order.path.text();
  object["serial_number"] = order.serial.text();
  object["ecid"] = fmt::format("0x{:016X}", static_cast<std::uint64_t>(order.ecid));
  object["job"] = static_cast<std::uint64_t>(run.id);
  object["permitted"] = run.permitted;
  object["completed"] = outcome.completed;
  object["erased"] = to_string(outcome.evidence.erased);
  object["checkpoint"] = outcome.evidence.checkpoint;
  object["cause"] = run.refused.empty() ? outcome.cause : run.refused;
  object["remedy"] = run.refused.empty() ? outcome.remedy : "";
  object["mac"] = after;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void tell_progress(const RestoreProgress& now) {
  std::fprintf(stderr, "%s, %d %%\n", std::string(to_string(now.stage)).c_str(), now.percent);
}

Task<void> follow(const MacAtHand& mac, const RestoreOrder& order, ProcessEngine& engine, EngineRun& run) {
  const RestoreOptions& o = mac.options;
  ProgressSink sink = tell_progress;
  auto gate = keep_gate(order, mac, engine, run);
  const auto came = co_await attend(mac, engine, run, std::move(gate), std::move(sink));
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const std::string log = fmt::format("{}/{}", o.jobs, static_cast<std::uint64_t>(run.id));
  if (!came && run.permitted)
    co_return fail(came.error().code,
                   fmt::format("not followed to its end: the engine goes on by itself, and {} keeps what it "
                               "says; until it has ended this machine's USB is its own",
                               log));
  const RestoreOutcome outcome = came.value_or(RestoreOutcome{});
  std::string after;  // where a Mac that was not restored stands now
  if (!outcome.completed) {
    if (!came && came.error().code == Errc::cancelled)
      std::fprintf(stderr, "the Mac is put back; a second signal leaves it as it stands\n");
    auto back = co_await put_back(mac);
    after = back ? std::move(*back) : back.error().message;
  }
  if (!came) co_return fail(came.error().code, fmt::format("{}; {}", came.error().message, after));
  if (const auto put = put_out(words_of(order, run, outcome, after, o.mac.json)); !put) co_return put;
  const bool proven = o.kind == RestoreKind::revive || outcome.evidence.erased == Erased::confirmed;
  if (outcome.completed && proven) co_return Result<void>{};
  if (outcome.completed)
    co_return fail(Errc::protocol,
                   "the engine says that all is well, and the Mac never said that it was erased: unconfirmed");
  if (!run.refused.empty()) co_return fail(Errc::refused, fmt::format("{}; {}", run.refused, after));
  co_return fail(Errc::protocol, fmt::format("{}; {}; {}; its words are in {}", outcome.cause, outcome.remedy, after, log));
}

Task<void> restore(MacAtHand mac) {
  RealEngines engines(mac.executor, mac.clock, mac.options.engine, {},
                      [&mac](const PortPath& path) { return mac.table.at(path); });
  auto run = co_await may_begin(mac, engines);
  if (!run) co_return fail(run.error());
  const auto order = co_await into_dfu(mac);
  if (!order) co_return fail(order.error());
  const auto engine = engine_for(mac, engines);
  const auto started = co_await start_engine(mac, *engine, *order, run->id);
  if (started) co_return co_await follow(mac, *order, *engine, *run);
  co_return fail(started.error().code,
                 fmt::format("{}; it stands in DFU; {}", started.error().message, by_hand(mac.port.path, "")));
}

int run(const char* verb, RestoreKind kind, const char* words, const std::vector<std::string>& arguments) {
  const bool revives = kind == RestoreKind::revive;
  RestoreOptions o;
  o.kind = kind;
  o.does = revives ? "revive" : "erase and restore";
  o.jobs = "/var/lib/greenroom/mac-jobs";
  CLI::App app{words, verb};
  add_mac_options(app, o.mac);
  add_dfu_options(app, o.mac, 300);
  add_restore_options(app, o);
  app.add_option("--jobs", o.jobs, "directory of the run's files and of approvals.jsonl; made when missing")
      ->capture_default_str();
  if (const auto code = parsed(app, arguments)) return *code;
  anchor(o.engine);
  o.jobs = std::filesystem::absolute(o.jobs).lexically_normal().string();
  const auto port = mac_port(o.mac);
  if (!port) return refused(verb, port.error());
  const auto serial = typed_serial(o, revives ? "A revive may erase what is on the Mac." : "This erases the Mac.");
  if (!serial) return refused(verb, serial.error());
  return with_mac_at_hand(o, *port, *serial, verb, restore);
}

}  // namespace

int mac_restore(const std::vector<std::string>& arguments) {
  return run("greenroom mac restore", RestoreKind::erase,
             "ERASES the Mac at a port and restores it. The Mac itself must say the serial number that you typed before "
             "anything in it is changed; else it is put back. Exit code 0 only when it said that it was erased.",
             arguments);
}

int mac_revive(const std::vector<std::string>& arguments) {
  return run("greenroom mac revive", RestoreKind::revive,
             "Restores the system of the Mac at a port and keeps the data where it can. It may erase them: the same serial "
             "number is asked for, and the same gate kept.",
             arguments);
}

}  // namespace greenroom::cli
