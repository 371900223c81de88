#include "firmware-bridge/apple_device.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "firmware-bridge/iboot_string.hpp"

namespace greenroom {
namespace {

constexpr std::uint16_t apple = 0x05ac;

std::optional<std::uint64_t> hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<AppleDevice> from_iboot(MacMode mode, const UsbSighting& seen) {
  if (seen.serial_from == SerialFrom::pending) return fail(Errc::busy, "its string is being read");
  if (seen.serial_from == SerialFrom::withheld) return fail(Errc::busy, "its string is not read while an engine owns it");
  const auto words = parse_iboot(seen.serial);
  if (!words) return fail(words.error());
  if (!words->chip || !words->board || !words->ecid || *words->ecid == 0) {
    return fail(Errc::protocol, "the iBoot string lacks one of CPID, BDID and ECID; unplug the Mac and plug it in again");
  }
  AppleDevice device;
  device.mode = mode;
  device.ecid = Ecid{*words->ecid};
  device.exploited = !words->exploit.empty();
  if (mode == MacMode::port_dfu) {
    // The port controller packs the Mac's chip and board into its own BDID (idevicerestore, model lookup in Port DFU).
    device.chip_board =
        ChipBoard{static_cast<std::uint16_t>(*words->board >> 8), static_cast<std::uint8_t>(*words->board >> 24)};
    return device;
  }
  if (*words->chip > 0xffff || *words->board > 0xff) {
    return fail(Errc::protocol, "the iBoot string's CPID or BDID is larger than any known chip or board id");
  }
  device.chip_board = ChipBoard{static_cast<std::uint16_t>(*words->chip), static_cast<std::uint8_t>(*words->board)};
  if (mode != MacMode::recovery) return device;  // SecureROM never tells the serial: in DFU it would be a forgery
  device.recovery = static_cast<std::uint8_t>(seen.product - 0x1280 + 1);
  // Blank or misshapen stays empty: such a Mac is never erased by itself, and its ECID is still worth knowing.
  if (const auto serial = SerialNumber::parse(words->serial)) device.serial = serial->text();
  return device;
}

struct Udid {
  std::uint16_t chip;
  Ecid ecid;
};

// "00008103-000445E11462001E": 8 hex digits of chip id and 16 of ECID, with or without the dash.
std::optional<Udid> read_udid(std::string_view text) {
  std::string digits(text);
  if (digits.size() == 25 && digits[8] == '-') digits.erase(8, 1);
  if (digits.size() != 24) return std::nullopt;
  const auto chip = hex(std::string_view(digits).substr(0, 8));
  const auto ecid = hex(std::string_view(digits).substr(8));
  if (!chip || !ecid || *chip > 0xffff || *ecid == 0) return std::nullopt;
  return Udid{static_cast<std::uint16_t>(*chip), Ecid{*ecid}};
}

// bcdDevice of a booted Mac is its model number in BCD: 0x1701 is "17,1", as restorekit reads it. Empty where it is none.
std::string booted_model(std::uint16_t bcd) {
  const auto two_digits = [](unsigned b) { return (b >> 4) * 10 + (b & 0xf); };
  if ((bcd >> 8) == 0 || (bcd & 0xff) == 0) return {};
  for (unsigned digits = bcd; digits != 0; digits >>= 4) {
    if ((digits & 0xf) > 9) return {};
  }
  return fmt::format("{},{}", two_digits(bcd >> 8), two_digits(bcd & 0xff));
}

// 1901 to 1905 are one family whether booted or in the restore OS. A booted Mac's USB serial is its hardware serial;
// the restore OS shows the UDID (seen in what usbmuxd reports to the engine).
AppleDevice from_mux(const UsbSighting& seen) {
  AppleDevice device;
  device.mode = MacMode::booted;
  if (const auto udid = read_udid(seen.serial)) {
    device.mode = MacMode::restore;
    device.ecid = udid->ecid;
    return device;
  }
  if (const auto serial = SerialNumber::parse(seen.serial)) device.serial = serial->text();
  device.model = booted_model(seen.bcd_device);
  return device;
}

AppleDevice from_t2(const UsbSighting& seen, MacMode mode) {
  AppleDevice device;
  device.mode = mode;
  if (const auto udid = read_udid(seen.serial)) device.ecid = udid->ecid;
  else if (const auto serial = SerialNumber::parse(seen.serial)) device.serial = serial->text();
  return device;
}

}  // namespace

std::optional<MacMode> mode_by_id(const UsbSighting& seen) {
  if (seen.vendor != apple) return std::nullopt;
  if (seen.product >= 0x1280 && seen.product <= 0x1283) return MacMode::recovery;
  if (seen.product >= 0x1901 && seen.product <= 0x1905) return MacMode::booted;
  switch (seen.product) {
    case 0x1222: return MacMode::wtf;
    case 0x1227: return MacMode::dfu;
    case 0xf014: return MacMode::port_dfu;
    case 0x1881: return MacMode::kis;
    case 0x8600: return MacMode::t2_booted;
    default: return std::nullopt;
  }
}

Result<AppleDevice> classify(const UsbSighting& seen) {
  if (seen.vendor != apple)
    return fail(Errc::refused, fmt::format("{:04x}:{:04x} is not made by Apple", seen.vendor, seen.product));
  AppleDevice bare;
  if (const auto mode = mode_by_id(seen)) {
    bare.mode = *mode;
    switch (*mode) {
      case MacMode::wtf: return bare;
      // Its own descriptor names no string; the inner one does, once it was asked for (macs facts, 2.3).
      case MacMode::kis: return seen.serial.empty() ? Result<AppleDevice>(bare) : from_iboot(*mode, seen);
      case MacMode::dfu:
      case MacMode::port_dfu:
      case MacMode::recovery: return from_iboot(*mode, seen);
      case MacMode::t2_booted: return from_t2(seen, *mode);
      case MacMode::booted:
      case MacMode::restore: return from_mux(seen);
    }
  }
  if (seen.product == 0x1338)
    return fail(Errc::refused, "05ac:1338 is a device in DFU that runs an exploit; power it off and bring it into DFU anew");
  if (seen.product == 0x7304)
    return fail(Errc::refused,
                "05ac:7304 is a Mac's port saying that Thunderbolt failed; use a USB-C charge cable with data");
  // 1290 to 12af are phones, tablets, and a T2 in its restore OS (chip 8012).
  if (seen.product >= 0x1290 && seen.product <= 0x12af) {
    const auto udid = read_udid(seen.serial);
    if (udid && udid->chip == 0x8012) return from_t2(seen, MacMode::restore);
  }
  return fail(Errc::refused, fmt::format("05ac:{:04x} is no Mac in a known mode", seen.product));
}

}  // namespace greenroom
