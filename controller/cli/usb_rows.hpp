// One device of the USB as `greenroom usb` shows it. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "controller/domain/recipe.hpp"
#include "firmware-bridge/apple_device.hpp"
#include "hw/usb/usb_places.hpp"

namespace greenroom::cli {

struct UsbRow {
  explicit UsbRow(UsbSighting s) : device(std::move(s)) {}
  UsbSighting device;
  std::optional<MacMode> mode;  // nothing: no Mac
  std::optional<Ecid> ecid, port_controller_ecid;
  std::optional<ChipBoard> chip_board;
  std::string model;          // its name; "" where it is not known
  std::string serial_number;  // as the Mac says; "" where it does not
  std::string trouble;        // what a person may want to do about it
};

UsbRow row_of(const UsbSighting&, std::span<const MacModel>);
std::string json_of(const UsbRow&);  // one object, on one line
std::string heading_of_rows();
std::string text_of(const UsbRow&);  // one line; a second one with the trouble

// A line of `usb watch`: {"change": "became", ..., "was": "dfu", "empty_ms": 900}.
std::string json_of(UsbChange, const UsbRow&, const UsbPlace&, Duration since_start);
std::string text_of(UsbChange, const UsbRow&, const UsbPlace&, Duration since_start);

}  // namespace greenroom::cli
