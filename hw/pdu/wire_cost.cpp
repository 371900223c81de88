#include "hw/pdu/wire_cost.hpp"

#include <algorithm>
#include <array>

namespace greenroom {
namespace {

// What a decision and its way to the wire may take (the issue of the driver: 30 ms).
constexpr Duration decision = std::chrono::milliseconds{30};

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
  t.order = silence(line) * 2 + line.byte_time() * write;
  for (const ModbusUnit& u : d.units) t.order = std::max(t.order, u.gap + line.byte_time() * write);
  return t;
}

}  // namespace

WireTimes wire_times(const Dialect& dialect, std::uint32_t baud) {
  LineSettings line = facts(dialect).line;
  if (baud > 0) line.baud = baud;
  return std::visit([&line](const auto& d) { return times_of(d, line); }, dialect);
}

ShedTimes shed_times(const Dialect& dialect, std::uint32_t baud, std::uint16_t outlets) {
  const WireTimes t = wire_times(dialect, baud);
  const DialectFacts& d = facts(dialect);
  ShedTimes s;
  s.first_byte = std::max(t.supervise, t.meters) + t.wake + decision;
  s.read_back = s.first_byte + t.order * static_cast<std::int64_t>(outlets) +
                t.wake * static_cast<std::int64_t>(std::max(outlets, std::uint16_t{1}) - 1) + d.relay + t.wake + t.supervise;
  return s;
}

double survivable_load(Duration response) {
  for (const auto& [times, carried] : fast_edge) {
    if (response <= carried) return times;
  }
  return 1.0;
}

}  // namespace greenroom
