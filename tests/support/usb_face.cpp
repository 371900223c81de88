#include "tests/support/usb_face.hpp"

#include <algorithm>

namespace greenroom::test {
namespace {

void put16(Octets& to, std::uint16_t value) {
  to.push_back(static_cast<std::uint8_t>(value & 0xff));
  to.push_back(static_cast<std::uint8_t>(value >> 8));
}

Octets device_descriptor(const UsbFace& f) {
  Octets d{18, 1, 0x00, 0x02, f.device_class, 0, 0, 64};
  put16(d, f.vendor);
  put16(d, f.product);
  put16(d, f.bcd_device);
  const bool named = f.strings.size() >= 3;
  d.insert(d.end(), {static_cast<std::uint8_t>(named ? 2 : 0), static_cast<std::uint8_t>(named ? 3 : 0), f.serial_index, 1});
  return d;
}

// Configuration 1 with what follows its header.
Octets configuration(std::uint8_t interfaces, std::uint8_t text, std::uint8_t attributes, std::uint8_t half_mA,
                     const Octets& rest) {
  Octets c{9, 2};
  put16(c, static_cast<std::uint16_t>(9 + rest.size()));
  c.insert(c.end(), {interfaces, 1, text, attributes, half_mA});
  c.insert(c.end(), rest.begin(), rest.end());
  return c;
}

Octets string_descriptor(const std::string& text) {
  Octets s{static_cast<std::uint8_t>(2 + 2 * text.size()), 3};
  for (const char c : text) put16(s, static_cast<std::uint8_t>(c));
  return s;
}

UsbFace apple(std::uint16_t product, std::string mode, std::string first, std::string serial) {
  UsbFace f;
  f.product = product;
  f.strings = {std::move(first), "Apple Inc.", std::move(mode), std::move(serial), "Apple Mobile Device"};
  f.serial_index = 4;
  return f;
}

}  // namespace

Octets descriptors_of(const UsbFace& f) {
  Octets all = device_descriptor(f);
  all.insert(all.end(), f.configuration.begin(), f.configuration.end());
  return all;
}

std::optional<Octets> answer(const UsbFace& f, const UsbSetup& setup, const Octets& data) {
  if (setup.type != 0x80 || setup.request != 6) {
    if (!f.control) return std::nullopt;
    return f.control(setup, data);
  }
  const int index = setup.value & 0xff;
  Octets found;
  switch (setup.value >> 8) {
    case 1: found = device_descriptor(f); break;
    case 2: found = f.configuration; break;
    case 3:
      if (index > static_cast<int>(f.strings.size())) return std::nullopt;
      found = index == 0 ? Octets{4, 3, 0x09, 0x04} : string_descriptor(f.strings[static_cast<std::size_t>(index - 1)]);
      break;
    default: return std::nullopt;
  }
  found.resize(std::min<std::size_t>(found.size(), setup.length));
  return found;
}

UsbFace hub_face() {
  UsbFace f;
  f.vendor = 0x0424;
  f.product = 0x2514;
  f.device_class = 9;
  f.configuration = configuration(1, 0, 0xe0, 1, {9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 1, 0, 12});
  return f;
}

UsbFace dfu_face(std::string iboot) {
  UsbFace f =
      apple(0x1227, "Apple Mobile Device (DFU Mode)", " NONC:0000000000000000 SNON:0000000000000000", std::move(iboot));
  f.configuration = configuration(1, 5, 0x80, 250, {9, 4, 0, 0, 0, 0xfe, 1, 0, 0, 7, 0x21, 1, 10, 0, 0, 8});
  return f;
}

UsbFace recovery_face(std::string iboot, std::string nonces) {
  UsbFace f = apple(0x1281, "Apple Mobile Device (Recovery Mode)", std::move(nonces), std::move(iboot));
  f.configuration =
      configuration(2, 5, 0x80, 250, {9, 4, 0,    0, 1, 0xfe, 1,    2,    0, 7,    5, 0x04, 2, 0, 2,    0,              //
                                      9, 4, 1,    0, 0, 0xff, 0xff, 0x51, 0, 9,    4, 1,    1, 2, 0xff, 0xff, 0x51, 6,  //
                                      7, 5, 0x81, 2, 0, 2,    0,    7,    5, 0x02, 2, 0,    2, 0});
  return f;
}

UsbFace wtf_face() {
  UsbFace f;
  f.product = 0x1222;
  f.configuration = configuration(1, 0, 0x80, 250, {9, 4, 0, 0, 0, 0xfe, 1, 0, 0});
  return f;
}

UsbFace port_dfu_face(std::string iboot) {
  UsbFace f = dfu_face(std::move(iboot));
  f.product = 0xf014;
  f.strings[2] = "Port DFU";
  return f;
}

UsbFace kis_face() {
  UsbFace f;
  f.product = 0x1881;
  f.bcd_device = 0x0120;
  f.device_class = 0xff;
  f.configuration = configuration(1, 0, 0xc0, 50,
                                  {9, 4, 0,    0, 3, 0xff, 0xff, 0xff, 0, 7, 5, 0x01, 2, 0, 2, 0, 7, 5, 0x81, 2, 0, 2, 0,  //
                                   7, 5, 0x82, 2, 0, 2,    0});
  return f;
}

UsbFace booted_face(std::string serial, std::uint16_t product, std::uint16_t bcd_device) {
  UsbFace f = apple(product, "Mac", "", std::move(serial));
  f.bcd_device = bcd_device;
  f.configuration =
      configuration(1, 0, 0xc0, 0, {9, 4, 0, 0, 2, 0xff, 0xfe, 2, 0, 7, 5, 0x04, 2, 0, 2, 0, 7, 5, 0x85, 2, 0, 2, 0});
  return f;
}

UsbFace billboard_face() {
  UsbFace f;
  f.product = 0x7304;
  f.device_class = 0x11;
  f.configuration = configuration(1, 0, 0xc0, 0, {9, 4, 0, 0, 0, 0x11, 0, 0, 0});
  return f;
}

}  // namespace greenroom::test
