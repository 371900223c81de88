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

// One device at one place as the kernel shows it: ids and the cached serial string, no transfer made.
struct UsbSighting {
  UsbSighting(PortPath p, std::uint16_t v, std::uint16_t d, std::uint16_t b, std::string s)
      : path(std::move(p)), vendor(v), product(d), bcd_device(b), serial(std::move(s)) {}
  PortPath path;
  std::uint16_t vendor;
  std::uint16_t product;
  std::uint16_t bcd_device;
  std::string serial;  // empty where the kernel has none (KIS)
};

struct UsbArrived {
  explicit UsbArrived(UsbSighting s) : device(std::move(s)) {}
  UsbSighting device;
};
struct UsbLeft {
  explicit UsbLeft(PortPath p) : path(std::move(p)) {}
  PortPath path;
};
using UsbEvent = std::variant<UsbArrived, UsbLeft>;

struct ControlSetup {
  std::uint8_t type{}, request{};
  std::uint16_t value{}, index{};
};

// One open handle; destroying it closes it.
struct UsbDevice {
  virtual ~UsbDevice() = default;
  virtual Task<std::vector<std::byte>> control_in(ControlSetup, std::size_t length, TimePoint deadline) = 0;
  virtual Task<std::size_t> control_out(ControlSetup, std::vector<std::byte>, TimePoint deadline) = 0;
  virtual Task<std::size_t> bulk_out(std::uint8_t endpoint, std::vector<std::byte>, TimePoint deadline) = 0;
  virtual Task<void> reset() = 0;
};

struct UsbBus {
  virtual ~UsbBus() = default;
  // Devices that are already there come first, as arrivals.
  virtual Task<UsbEvent> next_event() = 0;
  virtual Result<std::unique_ptr<UsbDevice>> open(const PortPath&) = 0;
};

}  // namespace greenroom
