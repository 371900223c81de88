#include "controller/cli/room_wires.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/dialects.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/wire_cost.hpp"
#include "hw/serial/line_url.hpp"

namespace greenroom::cli {
namespace {

constexpr std::string_view raise_it = "set the device to a higher rate and say so, as ?baud=115200";

class WireCheck {
 public:
  WireCheck(const Room& room, const std::string& file, std::vector<Complaint>& complaints)
      : room_(room), file_(file), complaints_(complaints) {}

  void look(PduId id, Place place, Dialect dialect) {
    place_ = place;
    const PduConfig& pdu = room_.pdus[id.value];
    const auto outlets = static_cast<std::uint16_t>(
        std::count_if(room_.outlets.begin(), room_.outlets.end(), [id](const Outlet& o) { return o.pdu == id; }));
    if (const auto fits = facts(dialect).resize(outlets); !fits)
      return wrong(fmt::format("pdu {}: {}; repair \"outlets\"", pdu.name, fits.error().message));
    const auto url = parse_line_url(pdu.line);
    const std::uint32_t baud = url && url->baud > 0 ? url->baud : facts(dialect).line.baud;
    const WireTimes times = wire_times(dialect, baud);
    if (times.supervise > longest_supervise) {
      wrong(fmt::format("pdu {}: to read its states takes {:.2f} s of wire at {} baud, and {:.1f} s is the most: {}",
                        pdu.name, in_seconds(times.supervise), baud, in_seconds(longest_supervise), raise_it));
    }
    if (outlets == 0) return;
    order_in_time(pdu, times, baud);
    shed_in_time(pdu, shed_times(dialect, baud, outlets));
  }

 private:
  // An order that its menus keep longer than it lives is dropped on the way to the byte that commits it (R7).
  void order_in_time(const PduConfig& pdu, const WireTimes& times, std::uint32_t baud) {
    const Duration life = room_.timings.order_expiry;
    const Duration until_sent = times.supervise + times.wake + times.way_in;
    if (times.way_in == Duration{} || until_sent <= life) return;
    wrong(fmt::format(
        "pdu {}: behind a poll an order takes {:.2f} s of wire at {} baud to find its way through the menus, and one "
        "that is not sent within {:.1f} s is dropped: {}",
        pdu.name, in_seconds(until_sent), baud, in_seconds(life), raise_it));
  }

  void shed_in_time(const PduConfig& pdu, const ShedTimes& shed) {
    const double load = survivable_load(shed.read_back);
    for (std::optional<CircuitId> c = pdu.circuit; c; c = room_.circuits[c->value].parent) {
      const Circuit& circuit = room_.circuits[c->value];
      if (circuit.kind != CircuitKind::breaker || circuit.dedicated) continue;
      if (load <= 1.0) {
        wrong(fmt::format(
            "breaker {} is not dedicated, and pdu {} needs {:.1f} s of wire to shed all its load: a warm breaker "
            "may trip before; raise the baud rate, or dedicate the circuit",
            circuit.name, pdu.name, in_seconds(shed.read_back)));
      } else {
        know(
            fmt::format("breaker {} is not dedicated; pdu {} sheds all its load within {:.1f} s of wire, in which a warm "
                        "breaker carries {:.1f} times its rating",
                        circuit.name, pdu.name, in_seconds(shed.read_back), load));
      }
    }
  }

  void wrong(std::string message) { complaints_.push_back({file_, place_, std::move(message), false}); }
  void know(std::string message) { complaints_.push_back({file_, place_, std::move(message), true}); }

  const Room& room_;
  const std::string& file_;
  std::vector<Complaint>& complaints_;
  Place place_;  // of the PDU that is looked at
};

}  // namespace

std::vector<Complaint> check_wires(const RoomFile& file, const std::string& room_file) {
  std::vector<Complaint> complaints;
  if (!file.room) return complaints;
  const Room& room = *file.room;
  WireCheck check(room, room_file, complaints);
  for (std::size_t i = 0; i < room.pdus.size(); ++i) {
    const auto source = dialect_text(room.pdus[i]);
    if (!source) continue;  // told by the room file
    const LoadedDialect dialect = parse_dialect(source->text, source->file);
    if (dialect) check.look(PduId{static_cast<std::uint32_t>(i)}, file.pdus[i], *dialect);
    else complaints.insert(complaints.end(), dialect.error().begin(), dialect.error().end());
  }
  return complaints;
}

}  // namespace greenroom::cli
