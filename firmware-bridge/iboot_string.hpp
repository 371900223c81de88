// What SecureROM and iBoot say of themselves in a USB string: "CPID:8103 ... SRNM:[C02...]", and the nonces of string 1.
// Pure; fuzzed. Grammar: KEY:VALUE separated by blanks, in any order; a value in brackets may hold blanks and what looks
// like other keys; keys that are not known here (SIKA, IMEI ...) are skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/base/result.hpp"

namespace greenroom {

// As it stands there: no key is needed, and no number is judged.
struct IbootString {
  std::optional<std::uint64_t> chip;             // CPID
  std::optional<std::uint64_t> board;            // BDID; in Port DFU two ids in one
  std::optional<std::uint64_t> ecid;             // ECID
  std::optional<std::uint64_t> chip_revision;    // CPRV
  std::optional<std::uint64_t> fuses;            // CPFM: bit 0 security mode, bit 1 production
  std::optional<std::uint64_t> epoch;            // SCEP
  std::optional<std::uint64_t> flags;            // IBFL: bit 2 image4, bit 3 security, bit 4 production, as in effect
  std::optional<std::uint64_t> security_domain;  // SDOM
  std::optional<std::uint64_t> port_revision;    // PREV: of the port controller, in Port DFU; that it is hex is unverified
  std::string serial;                            // SRNM; as it stands, whatever it looks like
  std::string tag;                               // SRTG, "iBoot-7429.61.2": SecureROM's own; recovery has none
  std::string exploit;                           // PWND: somebody runs code of his own there
};

// Errc::protocol for one that is too long, ends inside a bracket, or contradicts itself.
Result<IbootString> parse_iboot(std::string_view);

// String 1: "NONC:<hex> SNON:<hex>", with a blank before it on some devices. Bytes in the order of the digits; in Port DFU
// the caller turns the order round, as idevicerestore does.
struct Nonces {
  std::vector<std::byte> ap, sep;  // empty: not told
};
Result<Nonces> parse_nonces(std::string_view);

}  // namespace greenroom
