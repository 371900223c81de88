#include "hw/pdu/wire_cost.hpp"

#include <algorithm>
#include <array>

namespace greenroom {
namespace {

// What a decision and its way to the wire may take (the issue of the driver: 30 ms).
constexpr Duration decision = std::chrono::milliseconds{30};
// From a message to the first byte of its answer: an assumption (PDU facts 7), and what the models take.
constexpr Duration thinking = std::chrono::milliseconds{20};

struct Overload {
  double times;
  Duration carried;
};
constexpr std::array<Overload, 5> fast_edge{{{2.5, std::chrono::seconds{3}},
                                             {2.0, std::chrono::seconds{5}},
                                             {1.7, std::chrono::seconds{8}},
                                             {1.5, std::chrono::seconds{12}},
                                             {1.3, std::chrono::seconds{20}}}};

// Bytes both ways. An echo is part of the reply, and goes out while the command comes in: it costs nothing more.
std::size_t bytes_of(const CliDialect& d, const Exchange& x) {
  std::size_t bytes = x.send.size() + d.end_of_command.size() + x.reply + x.reply_each * d.outlets();
  for (const std::string& message : x.before) bytes += message.size();
  for (const std::string& message : x.after) bytes += message.size();
  return bytes;
}

WireTimes times_of(const CliDialect& d, LineSettings line) {
  const auto of = [&](const Exchange& x) { return d.gap + line.byte_time() * static_cast<std::int64_t>(bytes_of(d, x)); };
  constexpr std::int64_t prompt = 24;  // a line end and the prompt
  WireTimes t;
  if (d.wake_each) t.wake = line.byte_time() * (static_cast<std::int64_t>(d.wake.size()) + prompt);
  t.supervise = of(d.supervise);
  if (d.meters) t.meters = of(*d.meters);
  t.order = of(d.off);
  // The way out of a menu shows again what the way in did, so the way in is at most half.
  if (!d.off.before.empty()) t.way_in = t.order / 2;
  return t;
}

// With the gaps that the units demand.
WireTimes times_of(ModbusDialect d, LineSettings line) {
  d.line = line;
  WireTimes t;
  t.supervise = supervise_wire_time(d);
  for (const ModbusRead& r : d.reads) {
    if (!r.supervise) t.meters += wire_time(d, r.request);
  }
  constexpr std::int64_t write = 16;  // function 5: eight bytes each way
  for (const ModbusRelays& r : d.relays)
    t.order = std::max(t.order, std::max(d.units[r.unit].gap, silence(line) * 2) + line.byte_time() * write);
  return t;
}

// Messages that are answered before the next goes out.
std::int64_t messages_of_states(const CliDialect&) { return 1; }
std::int64_t messages_of_states(const ModbusDialect& d) {
  return std::max<std::int64_t>(
      2, std::count_if(d.reads.begin(), d.reads.end(), [](const ModbusRead& r) { return r.supervise; }));
}

// From the first order to the last.
struct Ordering {
  Duration all{};
  std::int64_t messages{};
};

// Each outlet by itself.
Ordering ordering(const CliDialect& d, const WireTimes& t, Duration, std::int64_t outlets) {
  const auto pages = static_cast<std::int64_t>(1 + d.off.before.size() + d.off.after.size());
  const std::int64_t wakes = d.wake_each ? outlets - 1 : 0;
  return {t.order * outlets + t.wake * wakes, pages * outlets + wakes};
}

// Neighbours go in one message of function 15, which is longer than that of function 5 by one byte and one for each eight
// outlets begun. The worst are outlets that have none beside them.
Ordering ordering(const ModbusDialect& d, const WireTimes& t, Duration byte, std::int64_t outlets) {
  std::int64_t messages = outlets;
  if (d.bulk_off) {
    const auto others = static_cast<std::int64_t>(d.outlets()) - outlets;
    messages = std::clamp<std::int64_t>(others + static_cast<std::int64_t>(d.relays.size()), 1, outlets);
  }
  return {t.order * messages + byte * (2 * messages + outlets / 8), messages};
}

}  // namespace

WireTimes wire_times(const Dialect& dialect, std::uint32_t baud) {
  LineSettings line = facts(dialect).line;
  if (baud > 0) line.baud = baud;
  return std::visit([&line](const auto& d) { return times_of(d, line); }, dialect);
}

ShedTimes shed_times(const Dialect& dialect, std::uint32_t baud, std::uint16_t outlets) {
  const DialectFacts& d = facts(dialect);
  LineSettings line = d.line;
  if (baud > 0) line.baud = baud;
  const WireTimes t = wire_times(dialect, baud);
  const auto n = static_cast<std::int64_t>(std::max<std::uint16_t>(outlets, 1));
  const Ordering orders = std::visit([&](const auto& x) { return ordering(x, t, line.byte_time(), n); }, dialect);
  const Duration states = thinking * std::visit([](const auto& x) { return messages_of_states(x); }, dialect);
  const Duration woken = t.wake > Duration{} ? t.wake + thinking : Duration{};
  const Duration began = std::max(t.supervise, t.meters) + states + woken + decision;
  ShedTimes s;
  s.first_byte = began + t.way_in;
  s.read_back = began + orders.all + thinking * orders.messages + d.relay + woken + t.supervise + states;
  return s;
}

double survivable_load(Duration response) {
  for (const auto& [times, carried] : fast_edge) {
    if (response <= carried) return times;
  }
  return 1.0;
}

}  // namespace greenroom
