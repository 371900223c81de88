#include "hw/pdu/modbus_dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom {

using modbus::Function;
using modbus::Request;

const ModbusRelays* ModbusDialect::relay_of(OutletNumber n) const {
  const auto at =
      std::find_if(relays.begin(), relays.end(), [n](const ModbusRelays& r) { return r.first <= n && n <= r.last; });
  return at == relays.end() ? nullptr : &*at;
}

Result<std::string> frame(const ModbusDialect& d, const Request& request) {
  for (const ModbusForbidden& f : d.forbidden) {
    if (d.units[f.unit].address != request.unit || f.function != request.function) continue;
    if (request.start > f.last || request.start + request.count - 1 < f.first) continue;
    return fail(Errc::refused,
                fmt::format("unit {} (address {}): function {} at 0x{:04X} is never sent: {}", d.units[f.unit].id,
                            request.unit, static_cast<int>(request.function), request.start, f.why));
  }
  return modbus::encode(request);
}

// Modbus over serial line V1.02, 2.5.1.1.
Duration silence(const LineSettings& line) {
  constexpr std::uint32_t kFixedAbove = 19200;
  constexpr Duration kFixed{1750};
  if (line.baud > kFixedAbove) return kFixed;
  const std::int64_t bits = 7 * (1 + line.bits + (line.parity == Parity::none ? 0 : 1) + line.stop);
  return Duration{(bits * 500'000 + line.baud - 1) / line.baud};  // rounded up: a microsecond less is no silence
}

Duration wire_time(const ModbusDialect& d, const Request& request) {
  const auto unit =
      std::find_if(d.units.begin(), d.units.end(), [&](const ModbusUnit& u) { return u.address == request.unit; });
  const auto sent = modbus::encode(request);
  const std::size_t bytes = (sent ? sent->size() : 0) + modbus::reply_bytes(request);
  const Duration gap = unit == d.units.end() ? Duration{} : unit->gap;
  return static_cast<std::int64_t>(bytes) * d.line.byte_time() + std::max(gap, silence(d.line));
}

Duration supervise_wire_time(const ModbusDialect& d) {
  Duration sum{};
  std::size_t reads = 0;
  for (const ModbusRead& r : d.reads) {
    if (!r.supervise) continue;
    ++reads;
    sum += wire_time(d, r.request);
  }
  // The same read twice in a row has a mark between.
  return reads == 1 ? sum + wire_time(d, d.units[d.reads.front().unit].mark) : sum;
}

}  // namespace greenroom
