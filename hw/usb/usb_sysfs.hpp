// What the kernel keeps of a USB device, read from sysfs: the device itself notices nothing. `folder` is
// /sys/bus/usb/devices.
#pragma once

#include <optional>
#include <string>

#include "hw/usb/usb_bus.hpp"

namespace greenroom {

// Whether another device stands at that port by now. Not so where sysfs says nothing.
bool replaced(const std::string& folder, const PortPath&, std::uint8_t address);

// The serial string that the kernel read when it enumerated that very device; nothing where it has none, or where another
// device stands at the port by now.
std::optional<std::string> kept_serial(const std::string& folder, const PortPath&, std::uint8_t address);

// Whether a program has claimed an interface of the device through usbfs: an engine, usbmuxd, a virtual machine.
bool claimed(const std::string& folder, const PortPath&);

// The text of a string descriptor (USB 2.0, 9.6.7: length, type 3, UTF-16LE) as ASCII, as the kernel and libirecovery
// have it: what is no ASCII character becomes '?'. Nothing if it is no string descriptor.
std::optional<std::string> text_of_descriptor(const UsbBytes&);

}  // namespace greenroom
