#include "hw/pdu/modbus_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace greenroom {
namespace {

struct Raw {
  double value{};
  std::int64_t whole{};  // of all but f32
};

Raw raw_at(const ModbusItem& i, std::string_view data, std::size_t at) {
  if (i.type == ModbusType::bit) return {0, modbus::bit(data, at) ? 1 : 0};
  const std::uint16_t first = modbus::word(data, at);
  if (i.type == ModbusType::u16) return {0, first};
  if (i.type == ModbusType::i16) return {0, static_cast<std::int16_t>(first)};
  const std::uint16_t second = modbus::word(data, at + 1);
  const std::uint32_t both =
      i.low_word_first ? static_cast<std::uint32_t>(second) << 16 | first : static_cast<std::uint32_t>(first) << 16 | second;
  if (i.type == ModbusType::f32) return {static_cast<double>(std::bit_cast<float>(both)), 0};
  return {0, i.type == ModbusType::i32 ? static_cast<std::int32_t>(both) : static_cast<std::int64_t>(both)};
}

OutletState state_of(const ModbusItem& i, std::int64_t raw) {
  if (raw == i.on) return OutletState::on;
  return raw == i.off ? OutletState::off : OutletState::unknown;
}

// Nothing: the device says that it has no such value. An error: it says what cannot be.
Result<std::optional<double>> value_of(const ModbusItem& i, const Raw& raw) {
  const bool real = i.type == ModbusType::f32;
  if (real && std::isnan(raw.value) && i.nan_is_absent) return std::optional<double>();
  if (!real && std::find(i.invalid.begin(), i.invalid.end(), raw.whole) != i.invalid.end()) return std::optional<double>();
  const double value = (real ? raw.value : static_cast<double>(raw.whole)) * i.scale + i.offset;
  // Written so that a NaN is refused too.
  if (!(value >= i.low && value <= i.high)) {
    return fail(Errc::protocol, fmt::format("{:g} at {} is not between {:g} and {:g}: is it this device, and is the order "
                                            "of the words right?",
                                            value, i.at, i.low, i.high));
  }
  return std::optional(value);
}

template <class Reading>
void put(ModbusSays says, std::optional<double> value, Reading& to) {
  if (says == ModbusSays::current) to.current = value ? std::optional(Amps::of(*value)) : std::nullopt;
  if (says == ModbusSays::power) to.power = value ? std::optional(Watts::of(*value)) : std::nullopt;
  if (says == ModbusSays::voltage) to.voltage = value ? std::optional(Volts::of(*value)) : std::nullopt;
  if (says == ModbusSays::apparent) to.apparent = value ? std::optional(VoltAmperes::of(*value)) : std::nullopt;
}

// A board answers for the relays that it has, and all that its dialect reads were asked for.
std::string too_many(const ModbusDialect& d, const ModbusItem& i) {
  const OutletNumber last = static_cast<OutletNumber>(i.outlet + i.repeat - 1);
  return fmt::format(
      "it answers for outlet {}, and {} outlets are expected; if the unit has {}, say outlets = {} in the room "
      "file, or --outlets {}",
      last, d.count, d.most, d.most, d.most);
}

}  // namespace

PduReading blank_reading(const ModbusDialect& d) {
  PduReading r{};
  for (std::uint16_t n = 0; n < d.count; ++n) {
    OutletReading outlet{};
    outlet.number = static_cast<OutletNumber>(d.first + n);
    r.outlets.push_back(outlet);
  }
  for (const Bank& b : d.banks) {
    BankReading bank{};
    bank.bank = b.id;
    r.banks.push_back(bank);
  }
  return r;
}

Result<void> fill(const ModbusDialect& d, const ModbusRead& read, std::string_view data, PduReading& reading) {
  if (modbus::is_of_bits(read.request.function) && !modbus::padded(data, read.request.count)) {
    return fail(Errc::protocol,
                fmt::format("bits beyond the {} asked for are set: it ignores the count", read.request.count));
  }
  for (const ModbusItem& i : read.items) {
    for (std::uint16_t k = 0; k < i.repeat; ++k) {
      const Raw raw = raw_at(i, data, i.at + static_cast<std::size_t>(k) * i.stride);
      if (i.says == ModbusSays::state) {
        if (!d.has(static_cast<OutletNumber>(i.outlet + k))) return fail(Errc::protocol, too_many(d, i));
        reading.outlets[d.index(static_cast<OutletNumber>(i.outlet + k))].state = state_of(i, raw.whole);
        continue;
      }
      const auto value = value_of(i, raw);
      if (!value) return fail(value.error());
      if (i.bank) put(i.says, *value, reading.banks[*i.bank]);
      else if (d.has(static_cast<OutletNumber>(i.outlet + k)))
        put(i.says, *value, reading.outlets[d.index(static_cast<OutletNumber>(i.outlet + k))]);
    }
  }
  return {};
}

Result<std::string> examine(const ModbusCheck& check, std::string_view data) {
  if (modbus::is_of_bits(check.request.function) && !modbus::padded(data, check.request.count)) {
    return fail(Errc::refused,
                fmt::format("asked for {} bit(s) it sends more: it ignores the count, as firmware of before September 2021 "
                            "does; ask its maker for a new one",
                            check.request.count));
  }
  if (check.label.empty()) return std::string();
  const double value = modbus::word(data, 0) * check.scale;
  std::string text = check.label;
  text.replace(text.find("{}"), 2, fmt::format("{:g}", value));
  if (value < check.low || value > check.high) {
    return fail(Errc::refused,
                fmt::format("{}: not between {:g} and {:g}, so it is another device", text, check.low, check.high));
  }
  return text;
}

}  // namespace greenroom
