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
  std::string serial;  // hardware serial: recovery (SRNM), restore and booted only; may be empty
};

// Errc::refused for a device that is no Mac in any known mode; Errc::protocol for one whose iBoot string is broken.
Result<AppleDevice> classify(const UsbSighting&);

}  // namespace greenroom
