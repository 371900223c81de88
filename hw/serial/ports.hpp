// The serial ports of this machine, as people look for them: which link names them for good, and who has them.
// Callers: greenroom pdu ports. Nothing is opened that a PDU could notice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hw/base/result.hpp"

namespace greenroom {

struct UsbIds {
  std::uint16_t vendor{}, product{};
};

struct PortSighting {
  std::string path;         // /dev/ttyUSB0; its number may be another after the next start
  std::string by_id;        // names the adapter, by its USB serial number; "" where udev made none
  std::string by_path;      // names the socket it is plugged into; ""
  std::string description;  // as the adapter calls itself
  std::optional<UsbIds> usb;
  std::string usb_serial;  // "": the adapter has none, and two of its kind share one by-id link
  std::string owner;       // "greenroom serve, process 1234", or "" when nobody has locked it
};

Result<std::vector<PortSighting>> list_ports();

}  // namespace greenroom
