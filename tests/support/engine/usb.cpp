#include "tests/support/engine/usb.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "tests/support/engine/kis.hpp"

namespace greenroom::test::engine {
namespace {

constexpr unsigned patience_ms = 10'000;  // of each transfer
constexpr std::uint8_t idle = 2, download_idle = 5;

std::string string_at(libusb_device_handle* handle, std::uint8_t index) {
  unsigned char text[256];
  const int size = libusb_get_string_descriptor_ascii(handle, index, text, sizeof text);
  return size > 0 ? std::string(text, text + size) : "";
}

// Reflected, begun with ones, not inverted: by a table of nibbles, as no other CRC here is reckoned.
std::uint32_t crc_of(const Octets& bytes) {
  static constexpr std::uint32_t table[] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                            0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                            0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    crc = table[(crc ^ byte) & 0xf] ^ (crc >> 4);
    crc = table[(crc ^ (byte >> 4)) & 0xf] ^ (crc >> 4);
  }
  return crc;
}

}  // namespace

// umockdev names the socket of a program's hot-plug monitor by its file descriptor, so that the engines of one testbed would
// take each other's: one for each Mac stands apart. (A testbed counts its Macs in the ECID's last bits.)
Usb::Usb(std::uint64_t ecid) {
  const int mine = 64 + static_cast<int>(ecid % 64) * 4;
  std::vector<int> below;
  for (int fd = dup(STDIN_FILENO); fd >= 0; fd = fd < mine ? dup(STDIN_FILENO) : -1) below.push_back(fd);
  const int failed = libusb_init(&context_);
  for (const int fd : below) close(fd);
  if (failed != 0) throw std::runtime_error("libusb cannot be used");
}
Usb::~Usb() { libusb_exit(context_); }

bool Usb::lists(std::uint8_t address) {
  libusb_device** all = nullptr;
  const ssize_t count = libusb_get_device_list(context_, &all);
  const bool there = std::any_of(all, all + std::max<ssize_t>(count, 0),
                                 [address](libusb_device* d) { return libusb_get_device_address(d) == address; });
  libusb_free_device_list(all, 1);
  return there;
}

std::unique_ptr<UsbMac> Usb::find(std::uint64_t ecid) {
  return find_first([ecid](const UsbMac& mac) { return mac.ecid() == ecid; });
}

std::unique_ptr<UsbMac> Usb::find_any_in_dfu() {
  return find_first([](const UsbMac& mac) { return (mac.product() == dfu || mac.product() == kis) && mac.ecid() != 0; });
}

std::unique_ptr<UsbMac> Usb::find_first(const std::function<bool(const UsbMac&)>& fits) {
  libusb_device** all = nullptr;
  const ssize_t count = libusb_get_device_list(context_, &all);
  std::unique_ptr<UsbMac> found;
  for (ssize_t i = 0; i < count && !found; ++i) {
    libusb_device_descriptor about{};
    libusb_device_handle* handle = nullptr;
    libusb_get_device_descriptor(all[i], &about);
    const bool boots =
        about.idProduct == dfu || about.idProduct == recovery || about.idProduct == kis || about.idProduct == port_dfu;
    if (about.idVendor != 0x05ac || !boots) continue;
    if (libusb_open(all[i], &handle) != 0) continue;
    found = std::make_unique<UsbMac>(handle, about.idProduct);
    if (!fits(*found)) found.reset();
  }
  libusb_free_device_list(all, 1);
  return found;
}

UsbMac::UsbMac(libusb_device_handle* handle, std::uint16_t product) : handle_(handle), product_(product) {
  libusb_device_descriptor about{};
  libusb_get_device_descriptor(libusb_get_device(handle_), &about);
  libusb_claim_interface(handle_, 0);
  if (product == kis) strings_ = " " + kis_strings(handle_);
  else strings_ = " " + string_at(handle_, about.iSerialNumber) + " " + string_at(handle_, 1);
}
UsbMac::~UsbMac() { libusb_close(handle_); }

std::uint8_t UsbMac::address() const { return libusb_get_device_address(libusb_get_device(handle_)); }

std::uint64_t UsbMac::ecid() const { return std::strtoull(value("ECID").c_str(), nullptr, 16); }

std::string UsbMac::value(const std::string& key) const {
  const std::size_t at = strings_.find(" " + key + ":");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + key.size() + 2;
  std::string text = strings_.substr(begin, strings_.find(' ', begin) - begin);
  if (text.size() >= 2 && text.front() == '[') text = text.substr(1, text.size() - 2);
  return text;
}

Octets UsbMac::nonce(const std::string& key) const {
  const std::string hex = value(key);
  Octets bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(at, 2), nullptr, 16)));
  return bytes;
}

bool UsbMac::out(std::uint8_t type, std::uint8_t request, std::uint16_t value, Octets data) {
  const int size = static_cast<int>(data.size());
  return libusb_control_transfer(handle_, type, request, value, 0, data.data(), static_cast<std::uint16_t>(size),
                                 patience_ms) == size;
}

// One byte of what it answers to a request of DFU's.
std::optional<std::uint8_t> UsbMac::in(std::uint8_t request, std::uint16_t length, std::size_t at) {
  unsigned char bytes[6];
  if (libusb_control_transfer(handle_, 0xa1, request, 0, 0, bytes, length, patience_ms) != length) return std::nullopt;
  return bytes[at];
}

bool UsbMac::send_ibss(const Octets& image) { return product_ == kis ? kis_send(handle_, image) : send_by_dfu(image); }

bool UsbMac::send_by_dfu(Octets image) {
  constexpr std::size_t longest = 0x800, suffix_size = 16;
  if (in(5, 1, 0) != idle) return false;
  const std::size_t last = (image.size() - 1) / longest;  // the number of the last block
  const bool room = image.size() - last * longest + suffix_size <= longest;
  const std::size_t body = image.size();
  for (const int byte : {0xff, 0xff, 0xff, 0xff, 0xac, 0x05, 0x00, 0x01, 0x55, 0x46, 0x44, 0x10})
    image.push_back(static_cast<std::uint8_t>(byte));
  const std::uint32_t crc = crc_of(image);
  for (int shift = 0; shift < 32; shift += 8) image.push_back(static_cast<std::uint8_t>(crc >> shift));
  const auto block = [&](std::size_t number, std::size_t from, std::size_t to) {
    const auto at = image.begin();
    return out(0x21, 1, static_cast<std::uint16_t>(number),
               {at + static_cast<std::ptrdiff_t>(from), at + static_cast<std::ptrdiff_t>(to)}) &&
           in(3, 6, 4) == download_idle;
  };
  for (std::size_t i = 0; i <= last; ++i) {
    const std::size_t end = i < last ? (i + 1) * longest : room ? image.size() : body;
    if (!block(i, i * longest, end)) return false;
  }
  if (!room && !block(last, body, image.size())) return false;
  if (!out(0x21, 1, static_cast<std::uint16_t>(last + 1), {})) return false;
  in(3, 6, 4);
  in(3, 6, 4);
  libusb_reset_device(handle_);
  return true;
}

bool UsbMac::send_to_port(const Octets& image) {
  constexpr std::size_t longest = 0x40;
  if (in(5, 1, 0) != idle) return false;
  std::uint16_t number = 0;
  for (std::size_t at = 0; at < image.size(); at += longest) {
    const auto from = image.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = static_cast<std::ptrdiff_t>(std::min(longest, image.size() - at));
    if (!out(0x21, 1, number++, {from, from + size}) || in(3, 6, 4) != download_idle) return false;
  }
  if (!out(0x21, 1, number, {})) return false;
  in(3, 6, 4);
  in(3, 6, 4);
  libusb_reset_device(handle_);
  return true;
}

void UsbMac::command(const std::string& line) {
  Octets bytes(line.begin(), line.end());
  bytes.push_back(0);
  out(0x40, line == "go" || line == "bootx" ? 1 : 0, 0, bytes);
}

std::string UsbMac::answer() {
  unsigned char text[256] = {};
  const int size = libusb_control_transfer(handle_, 0xc0, 0, 0, 0, text, 255, patience_ms);
  return size > 0 ? std::string(reinterpret_cast<const char*>(text)) : "";
}

bool UsbMac::upload(const Octets& image) {
  constexpr std::size_t piece = 0x8000, packet = 512;
  if (!out(0x41, 0, 0, {})) return false;
  Octets bytes = image;
  int sent = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const int size = static_cast<int>(std::min(piece, bytes.size() - at));
    if (libusb_bulk_transfer(handle_, 0x04, bytes.data() + at, size, &sent, patience_ms) != 0 || sent != size) return false;
  }
  return bytes.size() % packet != 0 || libusb_bulk_transfer(handle_, 0x04, bytes.data(), 0, &sent, patience_ms) == 0;
}

}  // namespace greenroom::test::engine
