// A family of Modbus RTU devices on one line, as data: which units, what is read where, what switches. kind = "modbus-rtu"
// in [dialect]; the file is explained in docs/adding-a-pdu.md. Read once, checked as a whole, never changed.
// Callers: dialect.cpp (by read_modbus_dialect of dialect_reader.hpp), modbus_values.cpp, modbus_pdu.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hw/base/result.hpp"
#include "hw/pdu/dialect_facts.hpp"
#include "hw/pdu/modbus_frame.hpp"

namespace greenroom {

enum class ModbusSays { state, current, power, voltage, apparent };
enum class ModbusType { bit, u16, i16, u32, i32, f32 };
enum class OwnEcho { none, always, detect };  // a two-wire adapter that hears itself

struct ModbusUnit {
  std::string id;  // "relay", as errors name it
  std::uint8_t address{};
  Duration gap{};       // silence on the bus before a request to it; never less than 3.5 characters
  Duration min_poll{};  // from one request to it to the next
  // A harmless read whose reply no other read's can be taken for. Asked after a fault: units answer in order, so when its
  // answer is in, no reply to an earlier request can still come.
  modbus::Request mark;
};

// One value, or one for each of several outlets.
struct ModbusItem {
  ModbusSays says{};
  std::uint16_t at{};  // coil or register, counted from the start of the read
  ModbusType type{};
  bool low_word_first{};
  double scale{1}, offset{};          // raw * scale + offset is amperes, watts, volts or volt-amperes
  std::vector<std::int64_t> invalid;  // raw values that mean "not there": an absent reading
  bool nan_is_absent{};
  double low{}, high{};             // outside: the device is not what the dialect says, and the read is void
  std::int64_t on{1}, off{};        // raw values of a state; others are unknown
  std::optional<std::size_t> bank;  // index into banks; else the outlets:
  OutletNumber outlet{};            // the first
  std::uint16_t repeat{1}, stride{};
};

struct ModbusRead {
  std::string id;
  std::size_t unit{};  // index into units
  modbus::Request request;
  std::vector<ModbusItem> items;
  bool supervise{};  // states and branch meter: read by every supervise; else only by a full read
};

// Asked by identify. A reply of another length, or bits beyond the count, is somebody else.
struct ModbusCheck {
  std::size_t unit{};
  modbus::Request request;
  std::string label;  // "firmware {}": shown with the first register, scaled; empty: only the shape counts
  double scale{1}, low{}, high{};
};

struct ModbusRelays {
  std::size_t unit{};
  OutletNumber first{}, last{};
  std::uint16_t coil{};  // of the first; the others follow
};

struct ModbusForbidden {
  std::size_t unit{};
  modbus::Function function{};
  std::uint16_t first{}, last{};
  std::string why;
};

struct ModbusDialect : DialectFacts {
  std::vector<ModbusUnit> units;
  std::vector<ModbusRead> reads;  // in the order in which they are asked; those of supervise first
  std::vector<ModbusCheck> checks;
  std::vector<ModbusRelays> relays;  // every outlet, once; none: a meter alone
  std::vector<ModbusForbidden> forbidden;
  std::uint16_t on_value{}, off_value{};
  bool bulk_off{};  // function 0x0F may open a run of relays in one message

  Duration deadline{};  // from the last byte of a request to the last of its reply
  Duration late{};      // no reply comes later than this after a deadline
  std::uint32_t retries{};
  OwnEcho own_echo{};

  [[nodiscard]] const ModbusRelays* relay_of(OutletNumber) const;
};

// The frame of a request, unless the dialect forbids it: asked at the byte, whatever the loader saw.
Result<std::string> frame(const ModbusDialect&, const modbus::Request&);

// On the wire: both ways, with the gaps that the dialect demands, without the device's own thinking.
Duration wire_time(const ModbusDialect&, const modbus::Request&);
Duration supervise_wire_time(const ModbusDialect&);
Duration silence(const LineSettings&);  // 3.5 characters, from 19200 baud on 1.75 ms

}  // namespace greenroom
