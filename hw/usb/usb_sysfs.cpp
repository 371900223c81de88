#include "hw/usb/usb_sysfs.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace greenroom {
namespace {

std::optional<std::string> first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return line;
}

std::string folder_of(const std::string& folder, const PortPath& path) {
  return folder + "/" + path.text().substr(path.text().find('/') + 1);
}

// The number of the device that stands there now; 0 where none is told.
unsigned address_at(const std::string& device) {
  const auto line = first_line(device + "/devnum");
  unsigned number = 0;
  if (line) std::from_chars(line->data(), line->data() + line->size(), number);
  return number;
}

}  // namespace

bool replaced(const std::string& folder, const PortPath& path, std::uint8_t address) {
  const unsigned now = address_at(folder_of(folder, path));
  return now != 0 && now != address;
}

std::optional<std::string> kept_serial(const std::string& folder, const PortPath& path, std::uint8_t address) {
  const std::string device = folder_of(folder, path);
  // A device that changes mode leaves its folder to its successor: its number before and after the reading says that the
  // string is this device's.
  if (address_at(device) != address) return std::nullopt;
  auto serial = first_line(device + "/serial");
  if (!serial || serial->empty() || address_at(device) != address) return std::nullopt;
  return serial;
}

bool claimed(const std::string& folder, const PortPath& path) {
  const std::string device = folder_of(folder, path);
  const std::string name = device.substr(device.rfind('/') + 1);
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(device, none)) {
    if (entry.path().filename().string().rfind(name + ":", 0) != 0) continue;  // "1-4.2:1.0", its interfaces
    if (std::filesystem::read_symlink(entry.path() / "driver", none).filename() == "usbfs") return true;
  }
  return false;
}

std::optional<std::string> text_of_descriptor(const UsbBytes& bytes) {
  constexpr std::size_t header = 2;
  constexpr auto string_type = std::byte{3};
  if (bytes.size() < header || bytes[1] != string_type) return std::nullopt;
  const std::size_t length = std::min(bytes.size(), std::to_integer<std::size_t>(bytes[0]));
  std::string text;
  for (std::size_t at = header; at + 1 < length; at += 2) {
    const auto low = std::to_integer<unsigned>(bytes[at]);
    const bool ascii = bytes[at + 1] == std::byte{0} && low >= 0x20 && low < 0x7f;
    text.push_back(ascii ? static_cast<char>(low) : '?');
  }
  return text;
}

}  // namespace greenroom
