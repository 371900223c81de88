// What every dialect says of its device, whatever its wire: which outlets it has, how its line is set up, how late its
// relays and meters are, and who says so. Callers: the drivers, the room check, the commands that list dialects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hw/base/result.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/serial/line_settings.hpp"

namespace greenroom {

struct Bank {
  std::string id;
  OutletNumber first{}, last{};  // 0 and 0: of no outlet of this device (a meter that stands alone)
};

enum class Trust { peer, capture, manual, unverified };  // who says so, best first
std::string_view to_string(Trust);
struct DialectEvidence {
  std::vector<std::string> facts;  // "prompt", "exchange.read", "meter" ...
  Trust trust{};
  std::string source;
};

enum class BootPolicy { unknown, off, previous, on };
std::string_view to_string(BootPolicy);

struct DialectFacts {
  std::string id, name;   // "baytech-rpc28-nc", "Baytech RPC-28-NC"
  std::uint16_t count{};  // of outlets; 0: a meter
  OutletNumber first{};
  std::uint16_t most{};            // the largest device that talks like this
  std::vector<std::string> names;  // by outlet from first, where the device calls them other than by number: ".AA1"
  std::vector<Bank> banks;
  LineSettings line;

  Duration relay{};  // from an order's last byte to the contacts, at most
  Duration longest_queue{};
  Duration meter_lag{};
  Amps meter_floor{};
  std::int64_t meter_error_per_mille{};
  bool meters_outlets{}, meters_banks{};  // derived from what the exchanges yield
  BootPolicy boot{};                      // how the device comes back from an outage, as delivered
  std::vector<DialectEvidence> evidence;
  std::vector<std::string> left_out;  // what the device can and this file does not do, and why

  [[nodiscard]] std::size_t outlets() const { return count; }
  [[nodiscard]] OutletNumber last() const { return static_cast<OutletNumber>(first + count - 1); }
  [[nodiscard]] bool has(OutletNumber n) const { return n >= first && n < first + count; }
  [[nodiscard]] std::size_t index(OutletNumber n) const { return static_cast<std::size_t>(n - first); }
  // What the device calls it: "3", ".AA3".
  [[nodiscard]] std::string name_of(OutletNumber n) const;
  // The same device with so many outlets; banks end where it ends. Errc::usage when no such device talks like this.
  Result<void> resize(std::uint16_t outlets);
};

}  // namespace greenroom
