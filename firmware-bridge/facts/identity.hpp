// Who a Mac is. Values only; this folder is the bottom of firmware-bridge and may be included by the domain.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "hw/base/result.hpp"

namespace greenroom {

// Exclusive chip id. Compared as a number always: sources print it in hex with and without padding, and in decimal.
enum class Ecid : std::uint64_t {};
std::string to_hex(Ecid);  // "0xC11223344556E", as engines take it

// A hardware serial number that has the form Apple uses: 8 to 12 of A-Z and 0-9 (10 random since 2021, 12 before;
// "8" leaves room for refurbished boards). Made only by parse(), which upper-cases and trims.
class SerialNumber {
 public:
  static Result<SerialNumber> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const SerialNumber&) const = default;

 private:
  explicit SerialNumber(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Modes in which a Mac shows itself on USB (reference: Apple device ids 05ac:1222, 1227, f014, 1881, 1280-1283,
// 1901-1905, 8600).
enum class MacMode { wtf, dfu, port_dfu, kis, recovery, restore, booted, t2_booted };
std::string_view to_string(MacMode);

// Chip and board name a model (config/macs.toml).
struct ChipBoard {
  std::uint16_t chip{};
  std::uint8_t board{};
  auto operator<=>(const ChipBoard&) const = default;
};

}  // namespace greenroom
