#include "controller/cli/service.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <thread>

#include "config/credentials.hpp"
#include "controller/api/http_server.hpp"
#include "controller/api/local_server.hpp"
#include "controller/api/token.hpp"
#include "controller/bench/bench.hpp"
#include "controller/cli/absent.hpp"
#include "controller/cli/readiness.hpp"
#include "controller/cli/rehearsal_sheet.hpp"
#include "controller/cli/room_usb.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/usb_host.hpp"
#include "controller/journal/sqlite_journal.hpp"
#include "controller/simulate/load_dialect.hpp"
#include "controller/simulate/remote_world.hpp"
#include "firmware-bridge/process_engine.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/base/file_lock.hpp"
#include "hw/base/log.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "hw/serial/open_line.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::cli {
namespace {

const std::string program = "greenroom 0.1.0";
const std::string no_model = "it is a model's, and this service runs without --model";

// For its user alone: the journal names people and serial numbers.
Result<void> make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Errc::storage, fmt::format("{} cannot be made: {}; make the folder that it stands in, or name another --data",
                                         path, std::strerror(errno)));
}

// A port that is not there yet, or is another's for now, is asked for again at each poll, and the room says why it waits.
Result<std::unique_ptr<SerialLine>> line_of(const PduConfig& pdu, const LineSettings& settings,
                                            asio::any_io_executor executor, Clock& clock,
                                            std::optional<sim::RemoteWorld>& world) {
  const auto url = parse_line_url(pdu.line);
  if (!url) return fail(url.error());
  if (url->kind != LineUrl::Kind::model) return late_line(std::move(executor), clock, *url, settings, "greenroom serve");
  if (!world) return fail(Errc::device_gone, no_model);
  return world->line(url->path);
}

Result<void> fits_speed(const Room& room, const ServiceOptions& options) {
  if (options.speed == 1) return {};
  if (!options.model) return fail(Errc::usage, "--speed is for a room of models: it needs --model PATH");
  for (const PduConfig& pdu : room.pdus) {
    const auto url = parse_line_url(pdu.line);
    if (url && url->kind == LineUrl::Kind::model) continue;
    return fail(Errc::usage,
                fmt::format("--speed: pdu {} is on {}, and a real line runs at real time alone", pdu.name, pdu.line));
  }
  return {};
}

EngineCommand engine_command(const std::optional<std::string>& world, double speed, const RestoreJob& job) {
  static constexpr const char* kinds[] = {"--erase", "--revive", "--erase-only"};
  std::vector<std::string> words{"/proc/self/exe",
                                 "model-engine",
                                 "--world",
                                 world.value_or(""),
                                 "--ecid",
                                 std::to_string(static_cast<std::uint64_t>(job.ecid)),
                                 "--effect",
                                 std::to_string(static_cast<std::uint64_t>(job.id)),
                                 "--speed",
                                 fmt::format("{}", speed),
                                 kinds[static_cast<std::size_t>(job.kind)]};
  return EngineCommand(std::move(words));
}

// The room's time goes on where the journal left it. A simulated room's wall clock is the world's; while no world answers
// it goes on from the journal too.
Result<std::unique_ptr<Clock>> room_clock(asio::any_io_executor executor, const ServiceOptions& options,
                                          const Incarnation& process, const Lifetime& before) {
  std::optional<sim::WorldHello> hello;
  if (options.model) {
    auto asked = sim::RemoteWorld::ask(*options.model, options.speed);
    // A room's first day is the world's: who starts both at once may have started us first.
    for (int again = 0; before.last.program.empty() && !asked && asked.error().code == Errc::device_gone && again < 50;
         ++again) {
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
      asked = sim::RemoteWorld::ask(*options.model, options.speed);
    }
    if (!asked && asked.error().code == Errc::refused) return fail(asked.error());
    if (asked) hello = *asked;
    else log::warn(asked.error().message);
  }
  if (options.speed == 1) return make_system_clock(executor, resume_at(before, process, system_wall()));
  const bool first = before.last.program.empty();
  const TimePoint begin = resume_at(before, process, before.last_wall, options.speed);
  WallTime wall = first ? system_wall() : before.last_wall + (begin - before.last_fact);
  if (hello) wall = hello->wall + seconds_of(in_seconds(boot_time() - hello->boot) * options.speed);
  return make_scaled_clock(executor, options.speed, wall, begin);
}

// Engines run as their slots' users where that is set up, and in a usbmuxd of the job's own (rules.md R9). The users by
// port; without the fence there is none, and the room restores one Mac at a time.
std::map<std::string, EngineUser> fenced_users(Room& room, const EngineOptions& options) {
  std::map<std::string, EngineUser> users;
  const auto host = host_here(room);
  if (!host) return users;
  Fence fence = find_fence(room, *host);
  if (!options.usbmuxd_socket.empty()) fence.missing = "all jobs share the usbmuxd at " + options.usbmuxd_socket;
  room.fenced = fence.missing.empty();
  if (!room.fenced) {
    log::warn("no fence: one restore at a time on this machine: " + fence.missing);
    return users;
  }
  for (const Slot& slot : room.slots) {
    if (const auto user = fence.users.find(slot.name); user != fence.users.end())
      users.emplace(slot.data_port, user->second);
  }
  return users;
}

// Macs of a model that nobody rehearsed on this machine are restored one at a time.
void take_rehearsals(Room& room, std::span<const MacModel> models, const std::string& data) {
  Rehearsed found = read_rehearsals(data, models);
  for (const std::string& trouble : found.troubles) log::warn("its model counts as not rehearsed: " + trouble);
  room.rehearsed = std::move(found.product_types);
}

}  // namespace

struct Service::Parts {
  Parts(asio::any_io_executor executor, RoomSetup&& s, std::vector<Dialect>&& dialects, std::vector<PduLogin> logins,
        ServiceOptions&& o, FileLock&& l, std::unique_ptr<SqliteJournal> j, std::unique_ptr<Clock> c);
  void start(FoldedState, const Incarnation&);
  void ask_for_readiness(asio::any_io_executor);
  Result<void> take_port(asio::any_io_executor);
  RoomView view();
  asio::awaitable<void> empty_ports();
  EngineProgram engine_program();

  ServiceOptions options;
  FileLock lock;
  std::unique_ptr<SqliteJournal> journal;
  std::unique_ptr<Clock> clock;  // the room's
  std::unique_ptr<Clock> real;
  std::optional<sim::RemoteWorld> world;
  std::vector<std::unique_ptr<Pdu>> pdus;
  std::unique_ptr<UsbBus> bus;  // the world's
  std::optional<RoomUsb> usb;   // or this machine's
  std::optional<UsbTable> table;
  std::unique_ptr<MacActions> macs;
  std::optional<RealEngines> engines;  // of a room without a model
  ProcessEngine engine;
  Health health;
  std::unique_ptr<Bench> bench;
  std::unique_ptr<LocalServer> server;
  std::unique_ptr<HttpServer> http;  // with a port alone
  unsigned port{};
  TaskGroup tasks;
};

Service::Parts::Parts(asio::any_io_executor executor, RoomSetup&& setup, std::vector<Dialect>&& dialects,
                      std::vector<PduLogin> logins, ServiceOptions&& o, FileLock&& l, std::unique_ptr<SqliteJournal> j,
                      std::unique_ptr<Clock> c)
    : options(std::move(o)),
      lock(std::move(l)),
      journal(std::move(j)),
      clock(std::move(c)),
      real(make_system_clock(executor)),
      engine(executor, *real, options.data + "/jobs", engine_program()),
      tasks(executor) {
  if (options.model) {
    world.emplace(executor, *clock, *options.model, options.speed);
    bus = world->bus();
    table.emplace(*bus, *clock);
    macs = world->mac_actions(*table);
  } else if (auto opened = open_room_usb(executor, *clock, setup.room, [this](const PortPath& path) {
               return bench ? engine_at(*bench, path) : std::string();
             })) {
    usb = std::move(*opened);
    table.emplace(*usb->bus, *clock);
    macs = std::make_unique<UsbMacActions>(*usb->bus, *table, *clock,
                                           room_dfu_means(setup.room, options.dfu_vias, executor, *clock));
  } else {
    if (opened.error().code != Errc::usage) log::warn(opened.error().message);
    macs = std::make_unique<AbsentMacs>(opened.error().message);
  }
  if (!options.model) {
    take_rehearsals(setup.room, setup.catalogue.models, options.data);
    engines.emplace(executor, *real, options.engines, fenced_users(setup.room, options.engines),
                    [this](const PortPath& path) { return table ? table->at(path) : std::nullopt; });
  }
  BenchPorts ports{*clock, *journal, {}, engine, engine, *macs};
  for (const PduConfig& pdu : setup.room.pdus) {
    Dialect& dialect = dialects[pdus.size()];
    auto line = line_of(pdu, facts(dialect).line, executor, *clock, world);
    health.lines.push_back(line ? "" : line.error().message);
    if (!line) line = std::make_unique<AbsentLine>(health.lines.back());
    Credentials login;
    for (const PduLogin& known : logins) {
      if (known.pdu == pdu.name) login = Credentials(known.user, known.password);
    }
    pdus.push_back(make_pdu(std::move(dialect), std::move(*line), *clock, std::move(login)));
    ports.pdus.push_back(pdus.back().get());
  }
  bench = std::make_unique<Bench>(executor, std::move(setup), std::move(ports));
  server = std::make_unique<LocalServer>(executor, *real, *bench, [this] { return view(); });
  health.program = program;
  health.data = options.data;
  health.room_file = options.room;
  health.pid = getpid();
  health.started = clock->wall();
  health.speed = options.speed;
}

// The gate is started by path: what /proc/self/exe names is the version that wrote the job's record.
EngineProgram Service::Parts::engine_program() {
  const std::vector<std::string> gate{"/proc/self/exe", "gate"};
  if (!options.model)
    return {[this](const RestoreJob& job) { return engines->command(job); }, gate, options.engines.usbmuxd_socket};
  EngineProgram::PureCommand command = [this](const RestoreJob& job) {
    return engine_command(options.model, options.speed, job);
  };
  return {std::move(command), gate, *options.model};
}

void Service::Parts::start(FoldedState folded, const Incarnation& process) {
  bench->on_fact = [this](const Fact&) { server->notify(); };
  if (table) {
    table->on_change([this](const PortPath& path, const UsbSighting* sighting) {
      bench->usb_changed(path, sighting ? std::optional(*sighting) : std::nullopt);
      if (usb && sighting != nullptr) tasks.spawn(name_mac(*usb->bus, *table, *clock, path));
    });
    tasks.spawn(table->run());
  }
  bench->start(std::move(folded), process);
  if (usb) tasks.spawn(empty_ports());
  if (http) http->start();
}

// A bus says who is there. What stood there when another process looked, and has left since, is gone as well.
asio::awaitable<void> Service::Parts::empty_ports() {
  if (!co_await usb_settled(*table, *clock)) co_return;
  for (const Slot& slot : bench->setup().room.slots) {
    const auto path = PortPath::parse(slot.data_port);
    if (path && !table->at(*path)) bench->usb_changed(*path, std::nullopt);
  }
}

// Of a simulated world's restores this machine's network says nothing.
void Service::Parts::ask_for_readiness(asio::any_io_executor executor) {
  if (!usb) return;
  std::vector<std::string> doctor{"/proc/self/exe", "doctor",     "--needs",  "--json",
                                  "--data",         options.data, "--folder", options.engines.firmware};
  for (const std::string& host : options.hosts) doctor.insert(doctor.end(), {"--host", host});
  if (options.no_hosts) doctor.emplace_back("--no-hosts");
  tasks.spawn(ask_readiness(std::move(executor), *clock, std::move(doctor),
                            [this](const Readiness& seen) { bench->readiness_changed(seen); }));
  tasks.spawn(engines->tell_means(bench->setup().catalogue, [this](const RestoreMeans& m) { bench->means_changed(m); }));
}

Result<void> Service::Parts::take_port(asio::any_io_executor executor) {
  if (!options.port) return {};
  auto token = token_of(options.data);
  if (!token) return fail(token.error());
  http = std::make_unique<HttpServer>(
      executor, *real, *bench, [this] { return std::optional(view()); }, std::move(*token));
  const auto listening = http->listen(*options.port);
  if (!listening) return fail(listening.error());
  port = *listening;
  return {};
}

RoomView Service::Parts::view() {
  health.chain = journal->chain();
  health.durable = journal->last();
  health.journal_trouble = bench->journal_trouble() ? bench->journal_trouble()->message : "";
  return {bench->setup(), bench->state(), bench->senses(), *journal, health, clock->now(), clock->wall()};
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(asio::any_io_executor executor, RoomSetup setup, ServiceOptions options) {
  if (auto fits = fits_speed(setup.room, options); !fits) return fail(fits.error());
  if (auto made = make_directory(options.data); !made) return fail(made.error());
  std::vector<Dialect> dialects;
  for (std::uint32_t i = 0; i < setup.room.pdus.size(); ++i) {
    auto dialect = sim::load_dialect(setup.room, PduId{i});
    if (!dialect) return fail(dialect.error().within("pdu " + setup.room.pdus[i].name));
    dialects.push_back(std::move(*dialect));
  }
  std::vector<std::string> names;
  for (const PduConfig& pdu : setup.room.pdus) names.push_back(pdu.name);
  auto logins = load_credentials(options.data + "/credentials.toml", names);
  if (!logins) return fail(logins.error());
  auto lock = FileLock::take(options.data + "/lock", options.data, "greenroom serve", "use another --data");
  if (!lock) return fail(lock.error());
  if (auto made = make_directory(options.data + "/jobs"); !made) return fail(made.error());
  auto journal = SqliteJournal::open(executor, options.data + "/journal.db");
  if (!journal) return fail(journal.error());
  auto folded = fold(**journal, setup, fingerprint_of(setup));
  if (!folded) return fail(folded.error().within(options.data + "/journal.db"));

  const Incarnation process{program, boot_id(), boot_time()};
  auto clock = room_clock(executor, options, process, folded->state.lifetime);
  if (!clock) return fail(clock.error());
  auto parts = std::make_unique<Parts>(executor, std::move(setup), std::move(dialects), std::move(*logins),
                                       std::move(options), std::move(*lock), std::move(*journal), std::move(*clock));
  if (auto taken = parts->take_port(executor); !taken) return fail(taken.error());
  if (auto listening = parts->server->start(parts->options.data); !listening) return fail(listening.error());
  parts->ask_for_readiness(executor);
  parts->start(std::move(*folded), process);
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

void Service::stop() {
  parts_->server->stop();
  if (parts_->http) parts_->http->stop();
  parts_->bench->stop();
  parts_->tasks.cancel();
}

bool Service::idle() const {
  return parts_->bench->idle() && parts_->tasks.size() == 0 && parts_->server->idle() &&
         (!parts_->http || parts_->http->idle());
}

std::optional<std::string> Service::address() const {
  if (!parts_->http) return std::nullopt;
  return fmt::format("http://127.0.0.1:{}/", parts_->port);
}

}  // namespace greenroom::cli
