// greenroom mac rehearse: one sacrificial Mac of a model, once, before a room depends on that model.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "config/macs.hpp"
#include "config/room.hpp"
#include "controller/cli/mac_rehearse_walk.hpp"
#include "controller/cli/mac_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/rehearsal_sheet.hpp"
#include "controller/cli/room_pdus.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/typed_lines.hpp"
#include "controller/cli/usb_host.hpp"
#include "controller/simulate/load_dialect.hpp"
#include "firmware-bridge/job_files.hpp"
#include "hw/base/file_lock.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom mac rehearse";

// The room's gate opens within 1 s of the serial number, and all of the engine's own waits in a whole restore add up to 26 s
// (idevicerestore 1.0.0, seen): what a gate let through would have shown by then. The engine gives up after 180 s.
constexpr double shut_for_s = 60, shut_least_s = 30, shut_most_s = 150;

struct Rehearsal {
  RestoreOptions o;
  std::string data;
  double shut_for = shut_for_s;
};

// The outlet of the slot, where its PDU meters outlets.
struct Metered {
  PduConfig pdu;
  Dialect dialect;
  std::vector<PduLogin> logins;
  OutletNumber outlet;
  std::string name;
};

Result<std::optional<Metered>> meter_of(const Rehearsal& r) {
  const RoomFile file = load_room(r.o.mac.room);
  if (!file.room) return fail(Errc::bad_config, r.o.mac.room + " is wrong");
  const Room& room = *file.room;
  const auto slot =
      std::find_if(room.slots.begin(), room.slots.end(), [&](const Slot& s) { return s.name == r.o.mac.slot; });
  if (slot == room.slots.end() || !slot->outlet) return std::nullopt;
  const Outlet& outlet = room.outlets[slot->outlet->value];
  const PduConfig& pdu = room.pdus[outlet.pdu.value];
  auto dialect = sim::load_dialect(room, outlet.pdu);
  if (!dialect) return fail(dialect.error().within("PDU " + pdu.name));
  if (!facts(*dialect).meters_outlets) return std::nullopt;
  auto logins = pdu_logins(room, r.data);
  if (!logins) return fail(logins.error());
  return Metered{pdu, std::move(*dialect), std::move(*logins), outlet.number, outlet.name};
}

// Read before the Mac is touched: an outlet that is off would measure the battery's silence.
Task<void> reads_on(Pdu& pdu, const Metered& meter) {
  if (const auto who = co_await pdu.identify(); !who) co_return fail(who.error().within("PDU " + meter.pdu.name));
  const auto reading = co_await pdu.read(Depth::full);
  if (!reading) co_return fail(reading.error().within("PDU " + meter.pdu.name));
  for (const OutletReading& o : reading->outlets)
    if (o.number == meter.outlet && o.state == OutletState::on) co_return Result<void>{};
  co_return fail(Errc::refused,
                 fmt::format("outlet {} does not read on, and its draw is to be measured: close it (greenroom pdu set), or "
                             "take a slot without an outlet",
                             meter.name));
}

Result<void> take_note(ChipBoard board, RehearsalSheet& sheet) {
  const std::uint32_t both = static_cast<std::uint32_t>(board.chip) << 8 | board.board;
  for (const MacModel& m : load_macs().models) {
    if (std::find(m.chip_boards.begin(), m.chip_boards.end(), both) == m.chip_boards.end()) continue;
    sheet.product_type = m.product_type;
    sheet.model = m.name;
    return {};
  }
  return fail(Errc::refused, fmt::format("no model is known with chip {:04X} and board {:02X}: a room restores none such",
                                         board.chip, board.board));
}

// Of the image that the first run was given.
std::string build_of(const RestoreOptions& o, JobId id) {
  const auto text = read_whole(fmt::format("{}/{}/job.json", o.jobs, static_cast<std::uint64_t>(id)));
  const auto record = text && *text ? parse_job(**text) : Result<JobRecord>(fail(Errc::storage, "none"));
  const auto folder = read_firmware_folder(o.engine.firmware);
  if (!record || record->command.empty() || !folder) return {};
  const std::string name = std::filesystem::path(record->command.back()).filename().string();
  for (const FirmwareFile& f : folder->files)
    if (f.name == name && f.manifest) return f.manifest->build;
  return {};
}

Result<void> concluded_by(const Rehearsal& r, const RehearsalSheet& sheet, const RehearsalSeen& seen) {
  const auto kept = keep_sheet(r.data, sheet, seen);
  const auto put = put_out(r.o.mac.json ? sheet_json(sheet, seen) : sheet_text(sheet, seen));
  if (!kept) return fail(kept.error());
  if (!put) return put;
  const auto points = judge_rehearsal(seen);
  if (const PointItem* bad = first_failed(points))
    return fail(Errc::refused, fmt::format("{}: {}; {}; {}", to_string(bad->point), bad->words, bad->remedy, sheet.mac));
  std::fprintf(stderr, "kept as %s; a service takes it up when it starts\n", kept->c_str());
  return {};
}

Task<void> rehearse(const Rehearsal& r, const std::optional<Metered>& meter, const MacAtHand& mac) {
  RehearsalSeen seen(mac.port.path, mac.serial.text(), seconds_of(r.shut_for));
  const RehearsalWatch watch(mac.table, mac.clock, seen);
  RealEngines engines(mac.executor, mac.clock, mac.options.engine, {},
                      [&mac](const PortPath& path) { return mac.table.at(path); });
  TypedLines lines(mac.executor);
  if (auto opened = lines.open(); !opened) co_return opened;
  RehearsalSheet sheet;
  RehearsalPorts ports(mac, engines);
  ports.say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  ports.ask = [&lines, &ports](const std::string& question) {
    tcflush(STDIN_FILENO, TCIFLUSH);  // nothing counts that was typed before it was asked
    lines.forget();
    ports.say(question);
    return lines.next();
  };
  ports.known = [&sheet](ChipBoard board) { return take_note(board, sheet); };
  std::unique_ptr<Pdu> pdu;
  if (meter) {
    auto opened = open_pdu(meter->pdu, meter->dialect, meter->logins, mac.executor, mac.clock, verb);
    if (!opened) co_return fail(opened.error().within("PDU " + meter->pdu.name));
    pdu = std::move(*opened);
    if (auto on = co_await reads_on(*pdu, *meter); !on) co_return on;
    seen.meter_lag = facts(meter->dialect).meter_lag;
    ports.meter.emplace(*pdu, meter->outlet, *seen.meter_lag);
  }
  const auto first = co_await may_begin(mac, engines);
  if (!first) co_return fail(first.error());
  sheet.made_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  sheet.by = whoever_asks();
  sheet.host = host_name();
  sheet.directory = r.o.jobs;
  AskedProgram engine(mac.executor, mac.clock, r.o.engine.engine, "--version");
  if (const auto printed = co_await engine.answer()) {
    if (const auto version = parse_engine_version(*printed)) sheet.engine = version->text;
  }
  sheet.mac = co_await walk_rehearsal(ports, watch, seen, first->id);
  sheet.build = build_of(r.o, first->id);
  co_return concluded_by(r, sheet, seen);
}

Result<void> make_directories(const Rehearsal& r) {
  for (const std::string& path : {r.data, rehearsals_folder(r.data), r.o.jobs})
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail(system_error(path + " cannot be made"));
  return {};
}

void add_options(CLI::App& app, Rehearsal& r) {
  const char* data = std::getenv("GREENROOM_DATA");
  r.data = data != nullptr ? data : "/var/lib/greenroom";
  app.add_option("--room", r.o.mac.room, "room file")->required();
  app.add_option("--slot", r.o.mac.slot, "the slot in which the Mac stands")->required();
  app.add_option("--data", r.data, "the room's data, in which the sheet is kept; without it $GREENROOM_DATA")
      ->capture_default_str();
  app.add_flag("--json", r.o.mac.json, "the sheet as one JSON value on one line");
  app.add_option("--shut-for", r.shut_for, "seconds for which the gate stays shut beside the Mac's restore OS")
      ->check(finite_number(shut_least_s, shut_most_s))
      ->capture_default_str();
  add_dfu_options(app, r.o.mac, 300);
  add_restore_options(app, r.o);
}

}  // namespace

int mac_rehearse(const std::vector<std::string>& arguments) {
  Rehearsal r;
  r.o.kind = RestoreKind::erase;
  r.o.does = "rehearse: erase and restore";
  CLI::App app{
      "ERASES a sacrificial Mac, once for each model, and proves on it what the room will rely on: what it shows on USB, "
      "that a "
      "shut gate leaves its data as they are, that it is put back, and that an erase is proven. Asks for your look at the "
      "Mac "
      "between the two runs. Prints the sheet and keeps it in DATA; exit code 0 when all of it passed.",
      verb};
  add_options(app, r);
  if (const auto code = parsed(app, arguments)) return *code;
  anchor(r.o.engine);
  r.data = std::filesystem::absolute(r.data).lexically_normal().string();
  r.o.jobs = rehearsals_folder(r.data) + "/runs";
  const auto port = mac_port(r.o.mac);
  if (!port) return refused(verb, port.error());
  const auto meter = meter_of(r);
  if (!meter) return refused(verb, meter.error());
  std::fprintf(stderr, "A rehearsal ERASES the Mac in slot %s. Take one that may be lost.\n", r.o.mac.slot.c_str());
  const auto serial = typed_serial(r.o, "It is a sacrificial Mac, and all that is on it will be lost.");
  if (!serial) return refused(verb, serial.error());
  if (const auto made = make_directories(r); !made) return refused(verb, made.error());
  const auto lock = FileLock::take(r.data + "/lock", r.data, verb, "end the service first");
  if (!lock) return refused(verb, lock.error());
  return with_mac_at_hand(r.o, *port, *serial, verb,
                          [&r, &meter](MacAtHand mac) -> Task<void> { co_return co_await rehearse(r, *meter, mac); });
}

}  // namespace greenroom::cli
