// The USB of this machine, by libusb on the program's own loop. Who calls: `greenroom serve`, `greenroom usb`, tests (under
// umockdev).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

struct LibusbOptions {
  std::string host = "host";  // how port paths begin
  // Who owns the device at that port ("engine job 17"), asked before every transfer and string reading: what an engine
  // owns is left alone (rules.md R9). Empty: nobody. A bus without this function owns all.
  std::function<std::string(const PortPath&)> owner;
  // Whose serial string may be asked of the device where the kernel has none; all others are never touched.
  std::uint16_t may_ask_vendor = 0x05ac;
  std::string sysfs = "/sys/bus/usb/devices";
};

// Fails where the machine has no USB. The clock outlives the bus. No thread of ours: libusb's descriptors are watched by
// the loop, and libusb 1.0.26 keeps one of its own for udev's messages.
Result<std::unique_ptr<UsbBus>> make_libusb_bus(asio::any_io_executor, Clock&, LibusbOptions);

}  // namespace greenroom
