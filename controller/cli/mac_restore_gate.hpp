// Whether the engine of `greenroom mac restore | revive` may pass its gate: R4 of rules.md for one Mac whose serial number a
// person typed, and R9 without a fence. Pure. A Mac of a batch is restored by the room that runs, and judged there.
#pragma once

#include <optional>
#include <string>

#include "firmware-bridge/apple_device.hpp"
#include "hw/usb/usb_places.hpp"

namespace greenroom::cli {

// The one Mac, as it stood in DFU when the engine was started.
struct RestoreOrder {
  PortPath path;
  SerialNumber serial;  // typed
  Ecid ecid;
  ChipBoard chip_board;
};

// Does the device say whose serial number it has, in a mode in which the engine drives it? Until one does at the order's
// port, the gate stays shut.
bool names_itself(const UsbSighting&);

// Why that Mac is not the order's; nothing: it is. For a device that names itself.
std::optional<std::string> not_the_one(const RestoreOrder&, const UsbSighting&);

// Another Mac on this machine that an engine without a fence could take for its own (R9), in words; nothing: none.
std::optional<std::string> another_in_the_way(const UsbPlaces&, const PortPath& own);

}  // namespace greenroom::cli
