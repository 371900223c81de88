#include "firmware-bridge/apple_device.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace greenroom {
namespace {

constexpr std::uint16_t apple = 0x05ac;
// libirecovery reads string descriptors into 255 characters; a longer one is no iBoot string.
constexpr std::size_t longest_iboot_string = 255;

// The words of an iBoot string that mean something here. Others (SDOM, CPRV, IBFL, SIKA, PWND ...) are skipped.
struct IbootWords {
  std::optional<std::uint64_t> cpid, bdid, ecid;
  std::string srnm;
};

std::optional<std::uint64_t> hex(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> take_number(std::optional<std::uint64_t>& into, std::string_view key, std::string_view value) {
  const auto number = hex(value);
  if (!number) return fail(Errc::protocol, fmt::format("the iBoot string's {} is no hexadecimal number", key));
  if (into && *into != *number) return fail(Errc::protocol, fmt::format("the iBoot string names {} twice", key));
  into = number;
  return {};
}

Result<void> take_word(IbootWords& words, std::string_view key, std::string_view value) {
  if (key == "CPID") return take_number(words.cpid, key, value);
  if (key == "BDID") return take_number(words.bdid, key, value);
  if (key == "ECID") return take_number(words.ecid, key, value);
  if (key != "SRNM") return {};
  // Blank or misshapen stays empty: such a Mac is never erased by itself, and its ECID is still worth knowing.
  const auto serial = SerialNumber::parse(value);
  if (!serial) return {};
  if (!words.srnm.empty() && words.srnm != serial->text()) {
    return fail(Errc::protocol, "the iBoot string names SRNM twice");
  }
  words.srnm = serial->text();
  return {};
}

// KEY:VALUE separated by blanks; a value in brackets may hold blanks and what looks like other keys.
Result<IbootWords> read_iboot(std::string_view text) {
  if (text.size() > longest_iboot_string) return fail(Errc::protocol, "the iBoot string is longer than 255 characters");
  IbootWords words;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t colon = text.find_first_of(": ", at);
    if (colon == std::string_view::npos || text[colon] == ' ') {  // a word without a value
      at = colon == std::string_view::npos ? text.size() : colon;
      continue;
    }
    const std::string_view key = text.substr(at, colon - at);
    std::size_t begin = colon + 1;
    const bool bracketed = begin < text.size() && text[begin] == '[';
    if (bracketed) ++begin;
    const std::size_t end = text.find(bracketed ? ']' : ' ', begin);
    if (bracketed && end == std::string_view::npos) return fail(Errc::protocol, "the iBoot string ends inside a bracket");
    const std::string_view value = text.substr(begin, end == std::string_view::npos ? end : end - begin);
    if (auto taken = take_word(words, key, value); !taken) return fail(taken.error());
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
  return words;
}

Result<AppleDevice> from_iboot(MacMode mode, std::string_view text) {
  const auto words = read_iboot(text);
  if (!words) return fail(words.error());
  if (!words->cpid || !words->bdid || !words->ecid || *words->ecid == 0) {
    return fail(Errc::protocol, "the iBoot string lacks one of CPID, BDID and ECID; unplug the Mac and plug it in again");
  }
  AppleDevice device;
  device.mode = mode;
  device.ecid = Ecid{*words->ecid};
  if (mode == MacMode::port_dfu) {
    // The port controller packs the Mac's chip and board into its own BDID (idevicerestore, model lookup in Port DFU).
    device.chip_board =
        ChipBoard{static_cast<std::uint16_t>(*words->bdid >> 8), static_cast<std::uint8_t>(*words->bdid >> 24)};
    return device;
  }
  if (*words->cpid > 0xffff || *words->bdid > 0xff) {
    return fail(Errc::protocol, "the iBoot string's CPID or BDID is larger than any known chip or board id");
  }
  device.chip_board = ChipBoard{static_cast<std::uint16_t>(*words->cpid), static_cast<std::uint8_t>(*words->bdid)};
  if (mode == MacMode::recovery) device.serial = words->srnm;  // SecureROM never tells it: in DFU it would be a forgery
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

Result<AppleDevice> classify(const UsbSighting& seen) {
  if (seen.vendor != apple)
    return fail(Errc::refused, fmt::format("{:04x}:{:04x} is not made by Apple", seen.vendor, seen.product));
  AppleDevice bare;
  switch (seen.product) {
    case 0x1222: bare.mode = MacMode::wtf; return bare;
    case 0x1881: bare.mode = MacMode::kis; return bare;
    case 0x1227: return from_iboot(MacMode::dfu, seen.serial);
    case 0xf014: return from_iboot(MacMode::port_dfu, seen.serial);
    case 0x1280:
    case 0x1281:
    case 0x1282:
    case 0x1283: return from_iboot(MacMode::recovery, seen.serial);
    case 0x1901:
    case 0x1902:
    case 0x1903:
    case 0x1904:
    case 0x1905: return from_mux(seen);
    case 0x8600: return from_t2(seen, MacMode::t2_booted);
    default: break;
  }
  // 1290 to 12af are phones, tablets, and a T2 in its restore OS (chip 8012).
  if (seen.product >= 0x1290 && seen.product <= 0x12af) {
    const auto udid = read_udid(seen.serial);
    if (udid && udid->chip == 0x8012) return from_t2(seen, MacMode::restore);
  }
  return fail(Errc::refused, fmt::format("05ac:{:04x} is no Mac in a known mode", seen.product));
}

}  // namespace greenroom
