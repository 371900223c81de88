// USB as the stand-in engine uses it: plain libusb, none of the product's code, so that it is a second opinion of DFU and
// recovery (engine.md 4 to 6, as libirecovery sends them).
#pragma once

#include <libusb.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/usb_face.hpp"

namespace greenroom::test::engine {

constexpr std::uint16_t dfu = 0x1227, recovery = 0x1281, kis = 0x1881, port_dfu = 0xf014;

class UsbMac;

class Usb {
 public:
  explicit Usb(std::uint64_t ecid);  // of the Mac that it is for
  ~Usb();
  Usb(const Usb&) = delete;
  Usb& operator=(const Usb&) = delete;
  // The Mac that says this ECID, in DFU, Port DFU or recovery; nothing while there is none.
  std::unique_ptr<UsbMac> find(std::uint64_t ecid);
  // The first in DFU, whoever it is: what git builds take when a port controller has left (macs.md 5.6).
  std::unique_ptr<UsbMac> find_any_in_dfu();
  // Whether what stood at that address is still there.
  bool lists(std::uint8_t address);

 private:
  std::unique_ptr<UsbMac> find_first(const std::function<bool(const UsbMac&)>& fits);
  libusb_context* context_ = nullptr;
};

class UsbMac {
 public:
  UsbMac(libusb_device_handle* handle, std::uint16_t product);
  ~UsbMac();
  UsbMac(const UsbMac&) = delete;
  UsbMac& operator=(const UsbMac&) = delete;

  [[nodiscard]] std::uint16_t product() const { return product_; }
  [[nodiscard]] std::uint8_t address() const;
  [[nodiscard]] std::uint64_t ecid() const;
  [[nodiscard]] std::string value(const std::string& key) const;  // of its strings, "ECID", "NONC"; brackets taken off
  [[nodiscard]] Octets nonce(const std::string& key) const;

  // By DFU or KIS, as it stands there. False: the Mac refused a part of it, or left.
  bool send_ibss(const Octets& image);
  bool send_to_port(const Octets& image);  // by the smaller blocks of Port DFU, without a trailer
  void command(const std::string& line);   // never says how it ended, as libirecovery
  std::string answer();
  bool upload(const Octets& image);

 private:
  bool send_by_dfu(Octets image);
  bool out(std::uint8_t type, std::uint8_t request, std::uint16_t value, Octets data);
  std::optional<std::uint8_t> in(std::uint8_t request, std::uint16_t length, std::size_t at);
  libusb_device_handle* handle_;
  std::uint16_t product_;
  std::string strings_;
};

}  // namespace greenroom::test::engine
