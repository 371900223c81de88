// What a USB sighting means. Pure; fuzzed.
#pragma once

#include <optional>
#include <string>

#include "firmware-bridge/facts/identity.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

struct AppleDevice {
  MacMode mode{};
  std::optional<Ecid> ecid;  // never in WTF, KIS (until queried) or booted; in Port DFU the port controller's
  std::optional<ChipBoard> chip_board;
  std::string serial;       // hardware serial: recovery (SRNM), restore and booted only; may be empty
  std::string model;        // "17,1", the number of its product type: booted only, and only if it says so
  std::uint8_t recovery{};  // 1 to 4: in which recovery mode; today's Macs show 2
  bool exploited{};         // it says that somebody runs code of his own in it
};

// Errc::refused for a device that is no Mac in any known mode; Errc::protocol for one whose iBoot string is broken;
// Errc::busy for one whose string is not known yet, or not asked for while an engine owns it.
Result<AppleDevice> classify(const UsbSighting&);

// By the ids alone, for a Mac whose string is missing or broken; nothing for what is no Mac. A booted Mac and one in its
// restore OS have the same ids and count as booted.
std::optional<MacMode> mode_by_id(const UsbSighting&);

}  // namespace greenroom
