// What polls take on virtual time, for tests and the benchmark.
#pragma once

#include "tests/support/driven_pdu.hpp"

namespace greenroom::test {

struct PollFigures {
  bool cli{};
  std::size_t bytes{};  // both ways, of one poll
  Duration elapsed{}, wire{}, floor{};
  [[nodiscard]] double floor_share() const { return in_seconds(floor) / in_seconds(elapsed); }
  [[nodiscard]] double wire_share() const { return in_seconds(wire) / in_seconds(elapsed); }
};

// What the messages of one poll take beyond their bytes, marks between alike reads counted: between two to one unit the gap
// that it demands, else the silence that parts two frames. Before the first the bus was quiet for longer.
inline Duration modbus_gaps(const ModbusDialect& d, std::size_t messages) {
  if (messages == 0) return {};
  const Duration gap = d.units.size() == 1 ? std::max(d.units.front().gap, silence(d.line)) : silence(d.line);
  return gap * static_cast<std::int64_t>(messages - 1);
}

inline PollFigures poll_figures(const std::string& id, std::uint32_t baud = 9600, std::uint16_t outlets = 24) {
  Driven d(id, outlets, baud);
  constexpr int polls = 20;
  EXPECT_TRUE(d.read());
  d.traffic = {};
  Duration elapsed{};
  for (int i = 0; i < polls; ++i) {
    d.wait(1s);
    const TimePoint began = d.clock.now();
    const auto reading = d.read();
    EXPECT_TRUE(reading) << reading.error().message;
    elapsed += d.clock.now() - began;
  }
  const LineSettings& line = facts(d.dialect).line;
  PollFigures f;
  const auto* cli = std::get_if<CliDialect>(&d.dialect);
  f.cli = cli != nullptr;
  f.bytes = (d.traffic.written + d.traffic.read) / polls;
  // What is echoed is the message without its line end.
  const std::size_t echoed = cli != nullptr && cli->echo == Echo::always ? d.traffic.written - d.traffic.messages : 0;
  const std::size_t on_wire = d.traffic.written + d.traffic.read - std::min(echoed, d.traffic.read);
  f.wire = line.byte_time() * static_cast<std::int64_t>(on_wire) / polls;
  f.floor = f.wire + d.table->spec().think * static_cast<std::int64_t>(d.traffic.messages) / polls;
  // Gaps that the evidence demands: of a CLI one before each message; of Modbus the silence and each unit's own.
  if (cli != nullptr) f.floor += cli->gap * static_cast<std::int64_t>(d.traffic.messages) / polls;
  else f.floor += modbus_gaps(std::get<ModbusDialect>(d.dialect), d.traffic.messages / polls);
  f.elapsed = elapsed / polls;
  return f;
}

}  // namespace greenroom::test
