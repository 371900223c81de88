// greenroom room map: one known Mac is carried from slot to slot, and what the room file says is proven there.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "config/macs.hpp"
#include "controller/cli/client.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/room_map_walk.hpp"
#include "controller/cli/room_pdus.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/typed_lines.hpp"
#include "controller/cli/usb_host.hpp"
#include "controller/cli/usb_rows.hpp"
#include "controller/cli/verbs.hpp"
#include "controller/journal/fold.hpp"
#include "controller/journal/sqlite_journal.hpp"
#include "controller/simulate/load_dialect.hpp"
#include "hw/base/file_lock.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom room map";

struct MapOptions {
  std::string room, mac;
  ClientOptions client;  // DATA: its lock-outs and its logins
};

// Who is carried, by what it shows: a booted Mac its serial number, one in DFU its ECID.
struct KnownMac {
  std::optional<SerialNumber> serial;
  std::optional<Ecid> ecid;
};
Result<KnownMac> known_mac(const std::string& text) {
  KnownMac mac;
  if (text.starts_with("0x")) {
    std::uint64_t ecid = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 2, end, ecid, 16);
    if (error != std::errc{} || stop != end) return fail(Errc::usage, "--mac: an ECID is 0x and up to 16 hex digits");
    mac.ecid = Ecid{ecid};
    return mac;
  }
  auto serial = SerialNumber::parse(text);
  if (!serial) return fail(Errc::usage, "--mac: " + serial.error().message + "; or an ECID as 0x000C60A800010001");
  mac.serial = std::move(*serial);
  return mac;
}

struct RoomPdus {
  std::vector<Dialect> dialects;
  std::vector<PduLogin> logins;
};
Result<RoomPdus> pdus_of(const Room& room, const MapOptions& options) {
  RoomPdus all;
  for (std::uint32_t i = 0; i < room.pdus.size(); ++i) {
    auto dialect = sim::load_dialect(room, PduId{i});
    if (!dialect) return fail(dialect.error().within("PDU " + room.pdus[i].name));
    all.dialects.push_back(std::move(*dialect));
  }
  auto logins = pdu_logins(room, options.client.data);
  if (!logins) return fail(logins.error());
  all.logins = std::move(*logins);
  return all;
}

UsbTable::Predicate shown_by(const KnownMac& mac, const std::vector<MacModel>& models) {
  return [&mac, &models](const UsbSighting& s) {
    const UsbRow row = row_of(s, models);
    if (!row.mode) return false;
    if (mac.ecid) return row.ecid == mac.ecid;
    const auto serial = SerialNumber::parse(row.serial_number);
    return serial && *serial == *mac.serial;
  };
}

// By outlet, whether a person locked it out or what feeds it, as the room's journal has it. A room that never ran has none.
Result<std::vector<bool>> locked_out(const MapOptions& options, const RoomSetup& setup) {
  std::vector<bool> locked(setup.room.outlets.size());
  const std::string db = options.client.data + "/journal.db";
  if (!std::filesystem::exists(db)) {
    std::fprintf(stderr, "%s: there is no %s: lock-outs are not known; see that nobody works at an outlet\n", verb,
                 db.c_str());
    return locked;
  }
  const auto lock = FileLock::take(options.client.data + "/lock", options.client.data, verb, "end the service first");
  if (!lock) return fail(lock.error());
  asio::io_context io{1};
  const auto journal = SqliteJournal::open(io.get_executor(), db);
  if (!journal) return fail(journal.error());
  const auto folded = fold(**journal, setup, fingerprint_of(setup));
  if (!folded) return fail(folded.error().within(db));
  const PowerState& power = folded->state.power;
  for (std::size_t o = 0; o < locked.size(); ++o) {
    const Outlet& outlet = setup.room.outlets[o];
    locked[o] = power.outlets[o].locked || power.pdus[outlet.pdu.value].locked;
    for (std::optional<CircuitId> c = outlet.circuit; c; c = setup.room.circuits[c->value].parent)
      if (power.circuits[c->value].locked) locked[o] = true;
  }
  return locked;
}

Task<void> map_room(const KnownMac& mac, const Room& room, const std::vector<bool>& locked, RoomPdus& known, UsbTable& usb,
                    Clock& clock, std::vector<MapSeen>& seen) {
  const auto executor = co_await asio::this_coro::executor;
  TypedLines lines(executor);
  if (auto opened = lines.open(); !opened) co_return opened;
  const MacsFile macs = load_macs();
  std::vector<std::unique_ptr<Pdu>> pdus;
  MapPorts ports(room, host_name(), usb, clock);
  for (std::size_t i = 0; i < room.pdus.size(); ++i) {
    ports.dialects.push_back(facts(known.dialects[i]));
    auto pdu = open_pdu(room.pdus[i], std::move(known.dialects[i]), known.logins, executor, clock, verb);
    if (!pdu) co_return fail(pdu.error().within("PDU " + room.pdus[i].name));
    pdus.push_back(std::move(*pdu));
    ports.pdus.push_back(pdus.back().get());
  }
  ports.known_mac = shown_by(mac, macs.models);
  ports.is_mac = [&macs](const UsbSighting& s) { return row_of(s, macs.models).mode.has_value(); };
  ports.locked = locked;
  ports.next_line = [&lines] { return lines.next(); };
  ports.say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  co_return co_await walk_room(ports, seen);
}

MapSheet sheet_of(const MapOptions& options, const Room& room, const std::vector<DialectFacts>& dialects,
                  const std::vector<MapSeen>& seen) {
  MapSheet sheet;
  sheet.room = room.name;
  sheet.mac = options.mac;
  sheet.made_at = fmt::format("{:%Y-%m-%dT%H:%MZ}", fmt::gmtime(std::time(nullptr)));
  for (std::uint32_t i = 0; i < room.slots.size(); ++i) {
    const Slot& slot = room.slots[i];
    const auto at = std::find_if(seen.begin(), seen.end(), [i](const MapSeen& s) { return s.slot.value == i; });
    if (at == seen.end()) {
      if (slot.outlet || !slot.data_port.empty()) sheet.not_seen.push_back(slot.name);
      continue;
    }
    const DialectFacts* dialect = slot.outlet ? &dialects[room.outlets[slot.outlet->value].pdu.value] : nullptr;
    sheet.items.push_back(judge_map(room, host_name(), dialect, *at));
  }
  return sheet;
}

}  // namespace

int room_map(const std::vector<std::string>& arguments) {
  MapOptions options;
  CLI::App app{
      "Proves which outlet and which USB port is which slot's, before a room depends on it. Carry one Mac, charged below "
      "80 %, from slot to slot, and scan each label: the Mac must show itself at the slot's port, and draw from the slot's "
      "outlet when that is closed. Outlets that are on are not touched; each that is closed is opened again. Prints a "
      "sheet; "
      "exit code 0 when all that was visited is proven.",
      verb};
  app.add_option("--room", options.room, "room file")->required();
  app.add_option("--mac", options.mac, "the Mac's serial number; of one in DFU its ECID, 0x...")->required();
  add_client_options(app, options.client);
  if (const auto code = parsed(app, arguments)) return *code;
  const auto mac = known_mac(options.mac);
  if (!mac) return concluded(verb, fail(mac.error()));
  const auto setup = load_setup(options.room);
  if (!setup) return 1;
  const Room& room = setup->room;
  const auto locked = locked_out(options, *setup);
  if (!locked) return concluded(verb, fail(locked.error()));
  auto pdus = pdus_of(room, options);
  if (!pdus) return concluded(verb, fail(pdus.error()));
  std::vector<DialectFacts> dialects;
  for (const Dialect& d : pdus->dialects) dialects.push_back(facts(d));
  std::vector<MapSeen> seen;
  bool ended = false;
  const int code = with_usb(verb, [&](UsbBus&, UsbTable& usb, Clock& clock) -> Task<void> {
    auto walked = co_await map_room(*mac, room, *locked, *pdus, usb, clock, seen);
    ended = walked.has_value();
    co_return walked;
  });
  if (!ended && code == 0)
    std::fprintf(stderr, "%s: ended by a signal before it was done; what it had closed is open again\n", verb);
  const MapSheet sheet = sheet_of(options, room, dialects, seen);
  const auto put = put_out(options.client.json ? sheet_json(sheet) : seen.empty() ? "" : sheet_text(sheet));
  if (!put) return concluded(verb, put);
  if (ended && seen.empty()) std::fprintf(stderr, "%s: no slot was visited\n", verb);
  return ended && all_good(sheet) ? code : 1;
}

}  // namespace greenroom::cli
