// greenroom room|recipe|batch check: reads a file as the service would and says everything that is wrong with it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "config/csv.hpp"
#include "config/dialects.hpp"
#include "config/embedded.hpp"
#include "config/recipes.hpp"
#include "config/room.hpp"
#include "controller/cli/verbs.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/wire_cost.hpp"
#include "hw/serial/line_url.hpp"

namespace greenroom::cli {
namespace {

struct Tally {
  int errors{}, warnings{};
};

Tally print(const std::vector<Complaint>& complaints) {
  Tally tally;
  for (const Complaint& complaint : complaints) {
    std::fprintf(stderr, "%s\n", to_string(complaint).c_str());
    ++(complaint.warning ? tally.warnings : tally.errors);
  }
  return tally;
}

int used_wrongly(const char* usage) {
  std::fprintf(stderr, "usage: %s\n", usage);
  return 2;
}

// --help anywhere: the usage on stdout, and done.
bool asks_help(const std::vector<std::string>& arguments, const char* usage) {
  if (std::find(arguments.begin(), arguments.end(), "--help") == arguments.end()) return false;
  std::printf("usage: %s\n", usage);
  return true;
}

bool wants(const std::vector<std::string>& arguments, std::size_t least) {
  return arguments.size() >= least && arguments.front() == "check";
}

// "1 row", "2 rows".
std::string counted(std::size_t n, const std::string& what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

// Circuits as a person counts them: those with a [[circuit]] of their own. PDU inputs and banks are told with the PDUs.
std::string what_a_room_has(const Room& room) {
  const auto own = std::count_if(room.circuits.begin(), room.circuits.end(), [](const Circuit& c) {
    return c.kind == CircuitKind::panel || c.kind == CircuitKind::breaker;
  });
  return counted(room.slots.size(), "slot") + ", " + counted(room.outlets.size(), "outlet") + " on " +
         counted(room.pdus.size(), "PDU") + ", " + counted(static_cast<std::size_t>(own), "circuit");
}

void complain(Tally& tally, const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  ++tally.errors;
}

// What the wire allows: supervised often enough, shed soon enough on a branch that others may load too. With as many outlets
// as this unit has.
void check_wire(const Room& room, PduId id, Dialect dialect, Tally& tally) {
  const PduConfig& pdu = room.pdus[id.value];
  std::uint16_t outlets = 0;
  for (const Outlet& o : room.outlets) outlets += o.pdu == id ? 1 : 0;
  if (const auto fits = facts(dialect).resize(outlets); !fits)
    return complain(tally, fmt::format("pdu {}: {}; repair \"outlets\"", pdu.name, fits.error().message));
  const auto url = parse_line_url(pdu.line);
  const std::uint32_t baud = url && url->baud > 0 ? url->baud : facts(dialect).line.baud;
  const WireTimes times = wire_times(dialect, baud);
  if (times.supervise > longest_supervise) {
    complain(tally,
             fmt::format("pdu {}: to read its states takes {:.1f} s of wire at {} baud, and {:.1f} s is the most: set the "
                         "device to a higher rate and say so, as ?baud=115200",
                         pdu.name, in_seconds(times.supervise), baud, in_seconds(longest_supervise)));
  }
  // Behind a short poll that has just begun; an order that its menus make too late is dropped, and given again.
  const Duration to_send = times.supervise + times.wake + times.order;
  if (outlets > 0 && to_send > room.timings.order_expiry) {
    std::fprintf(
        stderr,
        "note: pdu %s: an order may need %.1f s of wire at %u baud until it is sent, and is dropped after %.1f s: its "
        "outlets may switch late or never; set the device to a higher rate and say so, as ?baud=115200\n",
        pdu.name.c_str(), in_seconds(to_send), baud, in_seconds(room.timings.order_expiry));
  }
  const ShedTimes shed = shed_times(dialect, baud, outlets);
  for (std::optional<CircuitId> c = pdu.circuit; c; c = room.circuits[c->value].parent) {
    const Circuit& circuit = room.circuits[c->value];
    if (circuit.kind != CircuitKind::breaker || circuit.dedicated) continue;
    const double load = survivable_load(shed.read_back);
    if (load <= 1.0) {
      complain(tally,
               fmt::format("breaker {} is not dedicated, and pdu {} needs {:.1f} s of wire to shed all its load: a warm "
                           "breaker may trip before; raise the baud rate, or dedicate the circuit",
                           circuit.name, pdu.name, in_seconds(shed.read_back)));
    } else {
      std::fprintf(stderr,
                   "note: breaker %s is not dedicated; pdu %s sheds all its load within %.1f s of wire, in which a warm "
                   "breaker carries %.1f times its rating\n",
                   circuit.name.c_str(), pdu.name.c_str(), in_seconds(shed.read_back), load);
    }
  }
}

// A dialect file of one's own is read to its end, not only found.
void check_dialects(const Room& room, Tally& tally) {
  for (std::size_t i = 0; i < room.pdus.size(); ++i) {
    const auto source = dialect_text(room.pdus[i]);
    if (!source) continue;  // told by the room file
    const LoadedDialect dialect = parse_dialect(source->text, source->file);
    if (dialect) {
      check_wire(room, PduId{static_cast<std::uint32_t>(i)}, *dialect, tally);
      continue;
    }
    const Tally more = print(dialect.error());
    tally.errors += more.errors;
    tally.warnings += more.warnings;
  }
}

// One line on stdout; the complaints stand on stderr.
int conclude(const std::string& file, const Tally& tally, const std::string& what) {
  if (tally.errors == 0) std::printf("%s: good: %s\n", file.c_str(), what.c_str());
  else std::printf("%s: %s\n", file.c_str(), counted(static_cast<std::size_t>(tally.errors), "error").c_str());
  return tally.errors == 0 && std::fflush(stdout) == 0 ? 0 : 1;
}

constexpr const char* batch_usage =
    "greenroom batch check FILE | import FILE | list | show NAME (each tells more with --help)";

}  // namespace

int room(const std::vector<std::string>& arguments) {
  if (asks_help(arguments, "greenroom room check FILE")) return 0;
  if (!wants(arguments, 2) || arguments.size() != 2) return used_wrongly("greenroom room check FILE");
  const RoomFile file = load_room(arguments[1]);
  Tally tally = print(file.complaints);
  if (file.room) check_dialects(*file.room, tally);
  return conclude(arguments[1], tally, file.room ? what_a_room_has(*file.room) : "");
}

int recipe(const std::vector<std::string>& arguments) {
  if (asks_help(arguments, "greenroom recipe check FILE...")) return 0;
  if (!wants(arguments, 2)) return used_wrongly("greenroom recipe check FILE...");
  int worst = 0;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto text = read_data(arguments[i]);
    if (!text) {
      std::fprintf(stderr, "greenroom recipe check: %s\n", text.error().message.c_str());
      worst = 1;
      continue;
    }
    const RecipesFile file = load_recipe_text(*text, arguments[i]);
    const Tally tally = print(file.complaints);
    worst = std::max(
        worst, conclude(arguments[i], tally, counted(file.recipes.empty() ? 0 : file.recipes.front().steps.size(), "step")));
  }
  return worst;
}

int batch(const std::vector<std::string>& arguments) {
  if (const auto code = batch_of_room(arguments)) return *code;
  if (asks_help(arguments, batch_usage)) return 0;
  if (!wants(arguments, 2) || arguments.size() != 2) return used_wrongly(batch_usage);
  const auto text = read_data(arguments[1]);
  if (!text) {
    std::fprintf(stderr, "greenroom batch check: %s\n", text.error().message.c_str());
    return 1;
  }
  const BatchFile file = read_batch(*text, arguments[1]);
  const Tally tally = print(file.complaints);
  return conclude(arguments[1], tally, counted(file.rows.size(), "row"));
}

}  // namespace greenroom::cli
