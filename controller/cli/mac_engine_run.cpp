#include "controller/cli/mac_engine_run.hpp"

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
#include "controller/cli/options.hpp"
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

// A line that says who ordered what, durable before the Mac is touched (rules.md R4: a label starts work; this is the
// person's word in place of a batch).
Result<void> record_approval(const MacAtHand& mac, JobId job) {
  const RestoreOptions& o = mac.options;
  Json line;
  line["at"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  line["by"] = whoever_asks();
  line["does"] = o.does;
  line["serial_number"] = mac.serial.text();
  line["port"] = mac.port.path.text();
  line["build"] = o.build.empty() ? "newest" : o.build;
  line["job"] = static_cast<std::uint64_t>(job);
  const std::string path = o.jobs + "/approvals.jsonl";
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return fail(system_error(path + " cannot be written"));
  return sync(path);
}

// A serial that is shown before DFU permits nothing, and can refuse (rules.md R4).
Result<void> shows_no_other(const MacAtHand& mac) {
  const PortPath& path = mac.port.path;
  const auto row = mac_at(mac.table, path, load_macs().models);
  if (!row || row->serial_number.empty() || row->serial_number == mac.serial.text()) return {};
  return fail(Errc::refused, fmt::format("the Mac at {} says that its serial number is {}, and {} was typed", path.text(),
                                         row->serial_number, mac.serial.text()));
}

std::vector<std::string> doctor_words(const RestoreOptions& o) {
  std::vector<std::string> words{"/proc/self/exe", "doctor", "--needs",  "--json",
                                 "--data",         o.jobs,   "--folder", o.engine.firmware};
  if (o.no_hosts) words.emplace_back("--no-hosts");
  return words;
}

}  // namespace

void add_restore_options(CLI::App& app, RestoreOptions& o) {
  app.add_option("--serial", o.serial, "the Mac's serial number, typed by whoever answers for it; asked for at a terminal");
  app.add_option("--build", o.build, "one build or version of the folder; without it the newest that is no beta");
  app.add_flag("--no-hosts", o.no_hosts, "Apple's hosts are not asked before it starts and at the gate");
  add_engine_options(app, o.engine, "--folder");
}

Result<SerialNumber> typed_serial(const RestoreOptions& o, const char* question) {
  std::string text = o.serial;
  if (text.empty() && isatty(STDIN_FILENO) != 0) {
    std::fprintf(stderr, "%s Type the Mac's serial number to go on:\n> ", question);
    std::getline(std::cin, text);
  }
  auto serial = SerialNumber::parse(text);
  if (!serial) return fail(Errc::usage, "type the serial number of the Mac that is to be restored: --serial C02...");
  return serial;
}

int with_mac_at_hand(const RestoreOptions& o, const MacPort& port, const SerialNumber& serial, const char* verb,
                     const std::function<Task<void>(MacAtHand)>& work) {
  const auto lock = take_usb(verb, "wait until it ends; a Mac of a room's batch is restored by its service");
  if (!lock) return refused(verb, lock.error());
  std::error_code error;
  std::filesystem::create_directories(o.jobs, error);
  if (error) return refused(verb, Error(Errc::storage, fmt::format("{} cannot be made: {}", o.jobs, error.message())));
  bool engine_owns = false;
  return with_bus(
      verb,
      [&](asio::any_io_executor executor, Clock& clock) {
        LibusbOptions options;
        options.host = host_name();
        options.owner = [&engine_owns, own = port.path, sysfs = options.sysfs](const PortPath& path) -> std::string {
          if (path == own) return engine_owns ? "the engine" : "";
          return claimed(sysfs, path) ? "another program" : "";
        };
        return make_libusb_bus(std::move(executor), clock, std::move(options));
      },
      [&](UsbBus& bus, UsbTable& table, Clock& clock) -> Task<void> {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        MacAtHand mac(o, port, serial, verb, executor, bus, table, clock, engine_owns);
        auto done = co_await work(std::move(mac));
        if (!done && done.error().code == Errc::cancelled) co_return fail(Errc::refused, done.error().message);
        co_return done;
      });
}

Task<Readiness> machine_ready(const MacAtHand& mac) {
  std::vector<std::string> words = doctor_words(mac.options);
  const auto ended = co_await run_program(mac.executor, mac.clock, std::move(words), mac.clock.now() + doctor_time);
  if (!ended && ended.error().code == Errc::cancelled) co_return fail(ended.error());
  const Result<std::string> answer = ended.map([](const ProgramEnd& end) { return end.output; });
  Readiness seen = readiness_after({}, answer, mac.clock.now());
  if (auto lack = not_ready(seen, mac.clock.now())) co_return fail(Errc::refused, std::move(*lack));
  co_return seen;
}

Task<EngineRun> may_begin(const MacAtHand& mac, RealEngines& engines) {
  if (const auto known = co_await usb_settled(mac.table, mac.clock); !known) co_return fail(known.error());
  if (const auto why = another_in_the_way(mac.table.places(), mac.port.path)) co_return fail(Errc::refused, *why);
  if (auto fits = shows_no_other(mac); !fits) co_return fail(fits.error());
  if (const auto ready = co_await engines.ready(); !ready) co_return fail(ready.error());
  auto machine = co_await machine_ready(mac);
  if (!machine) co_return fail(machine.error());
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(mac.clock.wall().time_since_epoch());
  EngineRun run;
  run.id = JobId{static_cast<std::uint64_t>(ms.count())};
  run.machine = std::move(*machine);
  if (const auto kept = record_approval(mac, run.id); !kept) co_return fail(kept.error());
  co_return run;
}

UsbMacActions actions_at(const MacAtHand& mac) {
  const MacsFile macs = load_macs();
  std::optional<UsbRow> shown;
  if (auto row = mac_at(mac.table, mac.port.path, macs.models)) shown = std::move(*row);
  return {mac.bus, mac.table, mac.clock, dfu_means(mac.port, shown, macs.models, mac.executor, mac.clock, mac.verb)};
}

Task<RestoreOrder> into_dfu(const MacAtHand& mac) {
  const PortPath& path = mac.port.path;
  UsbMacActions actions = actions_at(mac);
  const auto arrived = co_await actions.enter_dfu(path, mac.clock.now() + seconds_of(mac.options.mac.within_s));
  if (!arrived) co_return fail(arrived.error());
  if (const auto known = co_await learn_kis(mac.bus, mac.table, mac.clock, path); !known) co_return fail(known.error());
  const auto row = mac_at(mac.table, path, load_macs().models);
  if (!row) co_return fail(row.error());
  if (row->mode == MacMode::port_dfu || !row->ecid || !row->chip_board)
    co_return fail(Errc::refused, fmt::format("the Mac at {} shows {} and does not say its ECID; a room restores such a Mac",
                                              path.text(), to_string(*row->mode)));
  RestoreOrder order{path, mac.serial, *row->ecid, *row->chip_board};
  co_return order;
}

std::unique_ptr<ProcessEngine> engine_for(const MacAtHand& mac, RealEngines& engines) {
  EngineProgram program([&engines](const RestoreJob& job) { return engines.command(job); },
                        {"/proc/self/exe", "gate", "--hold", engine_lock_file()}, mac.options.engine.usbmuxd_socket);
  return std::make_unique<ProcessEngine>(mac.executor, mac.clock, mac.options.jobs, std::move(program));
}

Task<void> start_engine(const MacAtHand& mac, ProcessEngine& engine, const RestoreOrder& order, JobId id) {
  const RestoreOptions& o = mac.options;
  const std::string newest = order.chip_board.chip == t2_chip ? "bridgeos" : "macos";
  RestoreJob job(id, order.path, order.ecid, o.kind, o.build.empty() ? newest : o.build);
  mac.engine_owns = true;
  const auto started = co_await engine.start(std::move(job));
  if (started) co_return Result<void>{};
  // A gate that is on its way up would start its engine without us: also where a signal came meanwhile. Nothing to stop is
  // well.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  static_cast<void>(co_await engine.stop(id));
  mac.engine_owns = false;
  co_return fail(started.error());
}

asio::awaitable<void> keep_gate(const RestoreOrder& order, const MacAtHand& mac, ProcessEngine& engine, EngineRun& run) {
  UsbTable::Predicate speaks = names_itself;
  const auto seen = co_await mac.table.wait_for(order.path, std::move(speaks), never);
  if (!seen) co_return;
  auto why = not_the_one(order, *seen);
  if (!why) why = another_in_the_way(mac.table.places(), order.path);
  if (!why) why = not_ready(run.machine, mac.clock.now());
  if (!why) {
    const auto opened = co_await engine.permit(run.id);
    run.permitted = opened.has_value();
    if (!opened && opened.error().code != Errc::cancelled) why = opened.error().message;
  }
  if (!why) co_return;
  run.refused = *why;
  if (const auto stopped = co_await engine.stop(run.id); !stopped) run.refused += "; " + stopped.error().message;
}

Task<RestoreOutcome> attend(const MacAtHand& mac, ProcessEngine& engine, EngineRun& run, asio::awaitable<void> gate,
                            ProgressSink sink) {
  TaskGroup beside(mac.executor);
  beside.spawn(ask_readiness(mac.executor, mac.clock, doctor_words(mac.options),
                             [&run](const Readiness& seen) { run.machine = seen; }));
  beside.spawn(std::move(gate));
  auto came = co_await engine.attach(run.id, std::move(sink));
  beside.cancel();
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (beside.size() > 0) static_cast<void>(co_await mac.clock.sleep_until(mac.clock.now()));  // one turn of the loop each
  if (const auto written = engine.permitted(run.id)) run.permitted = *written;  // also by a permit that was cut off
  if (!came && !run.permitted) static_cast<void>(co_await engine.stop(run.id));
  co_return came;
}

std::string by_hand(const PortPath& path, const char* when) {
  return fmt::format("put it back by hand{}: greenroom mac put-back --port {}", when, path.text());
}

Task<std::string> put_back(const MacAtHand& mac) {
  const PortPath& path = mac.port.path;
  mac.engine_owns = false;
  UsbTable::Predicate idle = [](const UsbSighting& s) {
    const auto mode = mode_by_id(s);
    return mode == MacMode::recovery || mode == MacMode::dfu || mode == MacMode::kis;
  };
  const auto there = co_await mac.table.wait_for(path, std::move(idle), mac.clock.now() + shows_recovery);
  if (!there) co_return by_hand(path, " once it shows recovery or DFU");
  if (mode_by_id(*there) != MacMode::recovery) co_return "it stands in DFU; " + by_hand(path, "");
  UsbMacActions actions = actions_at(mac);
  const auto left = co_await actions.put_back(path, mac.clock.now() + put_back_time);
  if (!left) co_return fmt::format("it could not be put back: {}; {}", left.error().message, by_hand(path, ""));
  co_return std::string("it was put back");
}

}  // namespace greenroom::cli
