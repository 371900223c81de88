// What a model USB device shows and answers: descriptors, strings, control requests. Pure; the testbed puts it on a port.
// Apple's descriptors are those of real dumps (iPhone X in recovery and DFU, an M1 in KIS); that a Mac's are laid out the
// same is unverified.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace greenroom::test {

using Octets = std::vector<std::uint8_t>;

struct UsbSetup {
  std::uint8_t type{}, request{};
  std::uint16_t value{}, index{}, length{};
};

struct UsbFace {
  std::uint16_t vendor = 0x05ac, product = 0, bcd_device = 0;
  std::uint8_t device_class = 0;
  std::uint8_t serial_index = 0;     // iSerialNumber
  std::vector<std::string> strings;  // strings[0] is index 1
  Octets configuration;              // the configuration descriptor, whole
  bool kept = true;                  // the kernel has read the serial string
  std::uint32_t speed_Mbps = 480;
  // Any request but GET_DESCRIPTOR: the answer, or nothing for a stall. May be empty: all are refused.
  std::function<std::optional<Octets>(const UsbSetup&, const Octets& data)> control;
  std::function<std::optional<Octets>(std::uint8_t endpoint, const Octets& data, std::size_t length)> bulk;
  std::function<void()> reset;  // it was reset; may be empty

  [[nodiscard]] std::string serial() const { return serial_index == 0 ? "" : strings.at(serial_index - 1U); }
};

Octets descriptors_of(const UsbFace&);  // as in sysfs: the device descriptor, then the configuration
std::optional<Octets> answer(const UsbFace&, const UsbSetup&, const Octets& data);

UsbFace hub_face();
UsbFace dfu_face(std::string iboot);  // 1227: FE/01/00, no endpoint
UsbFace recovery_face(std::string iboot,
                      std::string nonces);  // 1281: bulk OUT 04 on interface 0; interface 1 with alternates
UsbFace wtf_face();                         // 1222: nothing is told of it but its id
UsbFace port_dfu_face(std::string iboot);   // f014
UsbFace kis_face();                         // 1881: iSerialNumber 0
UsbFace booted_face(std::string serial, std::uint16_t product, std::uint16_t bcd_device);  // 1901 to 1905, 8600
UsbFace billboard_face();                                                                  // 7304

}  // namespace greenroom::test
