// USB as places. A port path names a socket, `host/bus-port.port`, and stays the same whatever is plugged in; what is
// plugged in is a sighting. Who calls: UsbTable alone takes events; all others ask the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "hw/async/task.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

// "host/1-4.2". Only ever made by parse(), so two spellings of one place compare equal.
class PortPath {
 public:
  static Result<PortPath> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const PortPath&) const = default;

 private:
  explicit PortPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// How a device's serial string came to be known, or why it is not. Only `device` has cost the device a transfer.
enum class SerialFrom {
  kernel,    // read when it was plugged in, kept in sysfs
  device,    // read by us, because the kernel has none
  pending,   // being read: the same device is announced again when that has ended
  nowhere,   // it names none (KIS), or would not say
  withheld,  // an engine owns it, or it is none of ours: not asked
};
std::string_view to_string(SerialFrom);

// One device at one place. What the kernel knows of it comes without a transfer; see `serial_from` for the rest.
struct UsbSighting {
  UsbSighting(PortPath p, std::uint16_t v, std::uint16_t d, std::uint16_t b, std::string s)
      : path(std::move(p)), vendor(v), product(d), bcd_device(b), serial(std::move(s)) {
    if (serial.empty()) serial_from = SerialFrom::nowhere;
  }
  PortPath path;
  std::uint16_t vendor;
  std::uint16_t product;
  std::uint16_t bcd_device;
  std::string serial;  // empty where the kernel has none (KIS)
  SerialFrom serial_from = SerialFrom::kernel;
  std::uint8_t device_class{};  // bDeviceClass; 9 is a hub
  std::uint8_t address{};       // the kernel's devnum: another one after each enumeration; 0 where a bus has none
  std::uint32_t speed_Mbps{};   // 0: not known
  std::string trouble;          // why the serial string could not be read, for people; usually empty
};

// The same path and address in a second arrival: more is known of the same device. Another address: another device, whose
// predecessor left unseen.
struct UsbArrived {
  explicit UsbArrived(UsbSighting s) : device(std::move(s)) {}
  UsbSighting device;
};
struct UsbLeft {
  explicit UsbLeft(PortPath p, std::uint8_t a = 0) : path(std::move(p)), address(a) {}
  PortPath path;
  std::uint8_t address;  // of what left; 0: whoever is there
};
using UsbEvent = std::variant<UsbArrived, UsbLeft>;

struct ControlSetup {
  std::uint8_t type{}, request{};
  std::uint16_t value{}, index{};
};

using UsbBytes = std::vector<std::byte>;

// One open handle; destroying it closes it. Each transfer ends by its deadline at the latest; a cancelled coroutine takes
// its transfer along. Errors: timeout, device_gone (unplugged), protocol (the device refused: a stall), busy (an engine
// owns the device: nothing was sent), cancelled, refused (the system did).
struct UsbDevice {
  virtual ~UsbDevice() = default;
  // Configuration 1, if another is set, and the interface with its alternate setting. Before any transfer but control ones.
  // Calls of the kernel that end by themselves; no deadline.
  virtual Result<void> claim(std::uint8_t interface, std::uint8_t alternate) = 0;
  virtual Task<UsbBytes> control_in(ControlSetup, std::size_t length, TimePoint deadline) = 0;
  virtual Task<std::size_t> control_out(ControlSetup, UsbBytes, TimePoint deadline) = 0;
  virtual Task<UsbBytes> bulk_in(std::uint8_t endpoint, std::size_t length, TimePoint deadline) = 0;
  virtual Task<std::size_t> bulk_out(std::uint8_t endpoint, UsbBytes, TimePoint deadline) = 0;
  // The kernel resets the port; a device that comes back as another one is gone for this handle, which is no error.
  virtual Task<void> reset() = 0;
};

struct UsbBus {
  virtual ~UsbBus() = default;
  // Devices that are already there come first, as arrivals.
  virtual Task<UsbEvent> next_event() = 0;
  // The bus outlives what it opened.
  virtual Result<std::unique_ptr<UsbDevice>> open(const PortPath&) = 0;
};

}  // namespace greenroom
