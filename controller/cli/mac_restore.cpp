// greenroom mac restore | revive: one Mac at one port, by the engine and behind the gate that a room uses.
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "config/macs.hpp"
#include "controller/cli/mac_port.hpp"
#include "controller/cli/mac_restore_gate.hpp"
#include "controller/cli/mac_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/readiness.hpp"
#include "controller/cli/real_engines.hpp"
#include "controller/cli/usb_host.hpp"
#include "firmware-bridge/child_program.hpp"
#include "firmware-bridge/job_files.hpp"
#include "hw/async/task_group.hpp"
#include "hw/usb/libusb_bus.hpp"
#include "hw/usb/usb_sysfs.hpp"

namespace greenroom::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration put_back_time = std::chrono::seconds{120};
constexpr Duration shows_recovery = std::chrono::seconds{60};  // a Mac whose engine was ended restarts by itself

constexpr Duration doctor_time = std::chrono::seconds{60};
constexpr std::uint16_t t2_chip = 0x8012;

struct RestoreOptions {
  MacOptions mac;
  EngineOptions engine;
  std::string serial, build, jobs{"/var/lib/greenroom/mac-jobs"};
  bool no_hosts{};
  RestoreKind kind{};
};

struct Outside {
  Outside(asio::any_io_executor e, UsbBus& b, UsbTable& t, Clock& c, bool& o)
      : executor(std::move(e)), bus(b), table(t), clock(c), engine_owns(o) {}
  asio::any_io_executor executor;
  UsbBus& bus;
  UsbTable& table;
  Clock& clock;
  bool& engine_owns;  // the port: nothing of ours is sent there
};

// A line that says who ordered what, durable before the Mac is touched (rules.md R4: a label starts work; this is the
// person's word in place of a batch).
Result<void> record_approval(const RestoreOptions& o, const PortPath& port, const SerialNumber& serial, JobId job) {
  Json line;
  line["at"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  line["by"] = whoever_asks();
  line["does"] = o.kind == RestoreKind::revive ? "revive" : "erase and restore";
  line["serial_number"] = serial.text();
  line["port"] = port.text();
  line["build"] = o.build.empty() ? "newest" : o.build;
  line["job"] = static_cast<std::uint64_t>(job);
  const std::string path = o.jobs + "/approvals.jsonl";
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return fail(system_error(path + " cannot be written"));
  return sync(path);
}

Result<SerialNumber> typed_serial(const RestoreOptions& o) {
  std::string text = o.serial;
  if (text.empty() && isatty(STDIN_FILENO) != 0) {
    std::fprintf(stderr, "%s Type the Mac's serial number to go on:\n> ",
                 o.kind == RestoreKind::revive ? "A revive may erase what is on the Mac." : "This erases the Mac.");
    std::getline(std::cin, text);
  }
  auto serial = SerialNumber::parse(text);
  if (!serial) return fail(Errc::usage, "type the serial number of the Mac that is to be restored: --serial C02...");
  return serial;
}

// A serial that is shown before DFU permits nothing, and can refuse (rules.md R4).
Result<void> shows_no_other(const UsbTable& table, const PortPath& path, const SerialNumber& typed) {
  const auto row = mac_at(table, path, load_macs().models);
  if (!row || row->serial_number.empty() || row->serial_number == typed.text()) return {};
  return fail(Errc::refused, fmt::format("the Mac at {} says that its serial number is {}, and {} was typed", path.text(),
                                         row->serial_number, typed.text()));
}

// In DFU, with an ECID of its own: by what the engine knows it.
Task<RestoreOrder> into_dfu(const RestoreOptions& o, const MacPort& port, SerialNumber serial, Outside& out,
                            const char* verb) {
  const MacsFile macs = load_macs();
  std::optional<UsbRow> before;
  if (auto row = mac_at(out.table, port.path, macs.models)) before = std::move(*row);
  UsbMacActions actions(out.bus, out.table, out.clock, dfu_means(port, before, macs.models, out.executor, out.clock, verb));
  const auto arrived = co_await actions.enter_dfu(port.path, out.clock.now() + seconds_of(o.mac.within_s));
  if (!arrived) co_return fail(arrived.error());
  if (const auto known = co_await learn_kis(out.bus, out.table, out.clock, port.path); !known) co_return fail(known.error());
  const auto row = mac_at(out.table, port.path, macs.models);
  if (!row) co_return fail(row.error());
  if (row->mode == MacMode::port_dfu || !row->ecid || !row->chip_board)
    co_return fail(Errc::refused, fmt::format("the Mac at {} shows {} and does not say its ECID; a room restores such a Mac",
                                              port.path.text(), to_string(*row->mode)));
  RestoreOrder order{port.path, std::move(serial), *row->ecid, *row->chip_board};
  co_return order;
}

// What became of one run.
struct Run {
  JobId id{};
  bool permitted{};
  std::string refused;
  Readiness machine;  // as it was seen last
  std::string after;  // where a Mac that was not restored stands now
};

asio::awaitable<void> keep_gate(const RestoreOrder& order, Outside& out, ProcessEngine& engine, Run& run) {
  UsbTable::Predicate speaks = names_itself;
  const auto seen = co_await out.table.wait_for(order.path, std::move(speaks), never);
  if (!seen) co_return;
  auto why = not_the_one(order, *seen);
  if (!why) why = another_in_the_way(out.table.places(), order.path);
  if (!why) why = not_ready(run.machine, out.clock.now());
  if (!why) {
    const auto opened = co_await engine.permit(run.id);
    run.permitted = opened.has_value();
    if (!opened && opened.error().code != Errc::cancelled) why = opened.error().message;
  }
  if (!why) co_return;
  run.refused = *why;
  if (const auto stopped = co_await engine.stop(run.id); !stopped) run.refused += "; " + stopped.error().message;
}

std::vector<std::string> doctor_words(const RestoreOptions& o) {
  std::vector<std::string> words{"/proc/self/exe", "doctor", "--needs",  "--json",
                                 "--data",         o.jobs,   "--folder", o.engine.firmware};
  if (o.no_hosts) words.emplace_back("--no-hosts");
  return words;
}

// Hosts, firmware, disk and clock, before the Mac is touched.
Task<void> machine_ready(const RestoreOptions& o, Outside& out) {
  std::vector<std::string> words = doctor_words(o);
  const auto ended = co_await run_program(out.executor, out.clock, std::move(words), out.clock.now() + doctor_time);
  if (!ended && ended.error().code == Errc::cancelled) co_return fail(ended.error());
  const Result<std::string> answer = ended.map([](const ProgramEnd& end) { return end.output; });
  if (auto lack = not_ready(readiness_after({}, answer, out.clock.now()), out.clock.now()))
    co_return fail(Errc::refused, std::move(*lack));
  co_return Result<void>{};
}

std::string by_hand(const PortPath& path, const char* when) {
  return fmt::format("put it back by hand{}: greenroom mac put-back --port {}", when, path.text());
}

// A Mac that was refused, or whose run failed, is put back as soon as it shows recovery (rules.md R4). What became of it.
Task<std::string> put_back(const MacPort& port, Outside& out, const char* verb) {
  out.engine_owns = false;
  UsbTable::Predicate idle = [](const UsbSighting& s) {
    const auto mode = mode_by_id(s);
    return mode == MacMode::recovery || mode == MacMode::dfu || mode == MacMode::kis;
  };
  const auto there = co_await out.table.wait_for(port.path, std::move(idle), out.clock.now() + shows_recovery);
  if (!there) co_return by_hand(port.path, " once it shows recovery or DFU");
  if (mode_by_id(*there) != MacMode::recovery) co_return "it stands in DFU; " + by_hand(port.path, "");
  const MacsFile macs = load_macs();
  UsbMacActions actions(out.bus, out.table, out.clock, dfu_means(port, {}, macs.models, out.executor, out.clock, verb));
  const auto left = co_await actions.put_back(port.path, out.clock.now() + put_back_time);
  if (!left) co_return fmt::format("it could not be put back: {}; {}", left.error().message, by_hand(port.path, ""));
  co_return std::string("it was put back");
}

std::string words_of(const RestoreOrder& order, const Run& run, const RestoreOutcome& outcome, bool json) {
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
  object["mac"] = run.after;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void tell_progress(const RestoreProgress& now) {
  std::fprintf(stderr, "%s, %d %%\n", std::string(to_string(now.stage)).c_str(), now.percent);
}

// Until the engine has ended. Fails when it cannot be followed that far.
Task<RestoreOutcome> attend(const RestoreOptions& o, const RestoreOrder& order, Outside& out, ProcessEngine& engine,
                            Run& run) {
  TaskGroup gate(out.executor);
  gate.spawn(ask_readiness(out.executor, out.clock, doctor_words(o), [&run](const Readiness& seen) { run.machine = seen; }));
  gate.spawn(keep_gate(order, out, engine, run));
  ProgressSink sink = tell_progress;
  auto came = co_await engine.attach(run.id, std::move(sink));
  gate.cancel();
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (gate.size() > 0) static_cast<void>(co_await out.clock.sleep_until(out.clock.now()));  // one turn of the loop each
  if (const auto written = engine.permitted(run.id)) run.permitted = *written;  // also by a permit that was cut off
  if (!came && !run.permitted) static_cast<void>(co_await engine.stop(run.id));
  co_return came;
}

Task<void> follow(const RestoreOptions& o, const MacPort& port, const RestoreOrder& order, Outside& out,
                  ProcessEngine& engine, Run& run, const char* verb) {
  const auto came = co_await attend(o, order, out, engine, run);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const std::string log = fmt::format("{}/{}", o.jobs, static_cast<std::uint64_t>(run.id));
  if (!came && run.permitted)
    co_return fail(came.error().code,
                   fmt::format("not followed to its end: the engine goes on by itself, and {} keeps what it "
                               "says; until it has ended this machine's USB is its own",
                               log));
  const RestoreOutcome outcome = came.value_or(RestoreOutcome{});
  if (!outcome.completed) {
    auto back = co_await put_back(port, out, verb);
    run.after = back ? std::move(*back) : back.error().message;
  }
  if (!came) co_return fail(came.error().code, fmt::format("{}; {}", came.error().message, run.after));
  if (const auto put = put_out(words_of(order, run, outcome, o.mac.json)); !put) co_return put;
  const bool proven = o.kind == RestoreKind::revive || outcome.evidence.erased == Erased::confirmed;
  if (outcome.completed && proven) co_return Result<void>{};
  if (outcome.completed)
    co_return fail(Errc::protocol,
                   "the engine says that all is well, and the Mac never said that it was erased: unconfirmed");
  if (!run.refused.empty()) co_return fail(Errc::refused, fmt::format("{}; {}", run.refused, run.after));
  co_return fail(Errc::protocol,
                 fmt::format("{}; {}; {}; its words are in {}", outcome.cause, outcome.remedy, run.after, log));
}

// From a Mac in DFU to what became of it.
Task<void> run_engine(const RestoreOptions& o, const MacPort& port, const RestoreOrder& order, Outside& out,
                      RealEngines& engines, JobId id, const char* verb) {
  Run run;
  run.id = id;
  EngineProgram program([&engines](const RestoreJob& job) { return engines.command(job); },
                        {"/proc/self/exe", "gate", "--hold", engine_lock_file()}, o.engine.usbmuxd_socket);
  ProcessEngine engine(out.executor, out.clock, o.jobs, std::move(program));
  const std::string newest = order.chip_board.chip == t2_chip ? "bridgeos" : "macos";
  RestoreJob job(id, order.path, order.ecid, o.kind, o.build.empty() ? newest : o.build);
  out.engine_owns = true;
  const auto started = co_await engine.start(std::move(job));
  if (started) co_return co_await follow(o, port, order, out, engine, run, verb);
  out.engine_owns = false;
  co_return fail(started.error().code,
                 fmt::format("{}; it stands in DFU; {}", started.error().message, by_hand(port.path, "")));
}

Task<void> restore(const RestoreOptions& o, const MacPort& port, const SerialNumber& serial, Outside out, const char* verb) {
  if (const auto known = co_await usb_settled(out.table, out.clock); !known) co_return known;
  if (const auto why = another_in_the_way(out.table.places(), port.path)) co_return fail(Errc::refused, *why);
  if (auto fits = shows_no_other(out.table, port.path, serial); !fits) co_return fits;
  // What every Mac's run would fail by is found before this one is touched.
  RealEngines engines(out.executor, out.clock, o.engine, {}, [&out](const PortPath& path) { return out.table.at(path); });
  if (const auto ready = co_await engines.ready(); !ready) co_return ready;
  if (const auto ready = co_await machine_ready(o, out); !ready) co_return ready;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(out.clock.wall().time_since_epoch());
  const JobId id{static_cast<std::uint64_t>(ms.count())};
  if (const auto kept = record_approval(o, port.path, serial, id); !kept) co_return kept;
  const auto order = co_await into_dfu(o, port, serial, out, verb);
  if (!order) co_return fail(order.error());
  co_return co_await run_engine(o, port, *order, out, engines, id, verb);
}

int run(const char* verb, RestoreKind kind, const char* words, const std::vector<std::string>& arguments) {
  RestoreOptions o;
  o.kind = kind;
  CLI::App app{words, verb};
  add_mac_options(app, o.mac);
  add_dfu_options(app, o.mac, 300);
  app.add_option("--serial", o.serial, "the Mac's serial number, typed by whoever answers for it; asked for at a terminal");
  app.add_option("--build", o.build, "one build or version of the folder; without it the newest that is no beta");
  app.add_option("--jobs", o.jobs, "directory of the run's files and of approvals.jsonl; made when missing")
      ->capture_default_str();
  app.add_flag("--no-hosts", o.no_hosts, "Apple's hosts are not asked before it starts and at the gate");
  add_engine_options(app, o.engine, "--folder");
  if (const auto code = parsed(app, arguments)) return *code;
  anchor(o.engine);
  const auto port = mac_port(o.mac);
  if (!port) return refused(verb, port.error());
  const auto serial = typed_serial(o);
  if (!serial) return refused(verb, serial.error());
  const auto lock = take_usb(verb, "wait until it ends; a Mac of a room's batch is restored by its service");
  if (!lock) return refused(verb, lock.error());
  o.jobs = std::filesystem::absolute(o.jobs).lexically_normal().string();
  std::error_code error;
  std::filesystem::create_directories(o.jobs, error);
  if (error)
    return refused(verb,
                   Error(Errc::storage, fmt::format("{} cannot be made: {}; name another --jobs", o.jobs, error.message())));
  bool engine_owns = false;
  return with_bus(
      verb,
      [&](asio::any_io_executor executor, Clock& clock) {
        LibusbOptions options;
        options.host = host_name();
        options.owner = [&engine_owns, own = port->path, sysfs = options.sysfs](const PortPath& path) -> std::string {
          if (path == own) return engine_owns ? "the engine" : "";
          return claimed(sysfs, path) ? "another program" : "";
        };
        return make_libusb_bus(std::move(executor), clock, std::move(options));
      },
      [&](UsbBus& bus, UsbTable& table, Clock& clock) -> Task<void> {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        auto done = co_await restore(o, *port, *serial, Outside(executor, bus, table, clock, engine_owns), verb);
        if (!done && done.error().code == Errc::cancelled) co_return fail(Errc::refused, done.error().message);
        co_return done;
      });
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
