#include <fmt/format.h>

#include <charconv>

#include "hw/usb/usb_bus.hpp"

namespace greenroom {
namespace {

constexpr std::size_t longest_host = 63;  // a DNS label
constexpr int deepest = 7;                // libusb_get_port_numbers: at most 7 in USB 3.0
constexpr unsigned largest_port = 255;    // bNbrPorts is one byte
constexpr unsigned largest_bus = 999;     // three digits in /dev/bus/usb

Error broken(std::string_view text, std::string_view why) {
  return {Errc::bad_config, fmt::format("\"{}\" is no port path: {}; write it as host/1-4.2", text.substr(0, 80), why)};
}

// Takes one number from the front of `rest`; 0 when there is none or it is too large.
unsigned take_number(std::string_view& rest, unsigned largest) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{} || value > largest) return 0;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

bool host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

Result<PortPath> PortPath::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash > longest_host) return fail(broken(text, "it names no host"));
  std::string canonical;
  for (const char c : text.substr(0, slash)) {
    if (!host_char(c)) return fail(broken(text, "a host has letters, digits, dots and dashes only"));
    canonical.push_back((c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c);  // host names ignore case
  }
  std::string_view rest = text.substr(slash + 1);
  const unsigned bus = take_number(rest, largest_bus);
  if (bus == 0) return fail(broken(text, "the bus is a number from 1 to 999"));
  canonical += fmt::format("/{}", bus);
  char separator = '-';
  for (int depth = 0; !rest.empty() || depth == 0; ++depth) {
    if (depth == deepest) return fail(broken(text, "USB has at most 7 levels"));
    if (rest.empty() || rest.front() != separator) return fail(broken(text, "ports follow the bus as -4.2"));
    rest.remove_prefix(1);
    const unsigned port = take_number(rest, largest_port);
    if (port == 0) return fail(broken(text, "a port is a number from 1 to 255"));
    canonical += fmt::format("{}{}", separator, port);
    separator = '.';
  }
  return PortPath(std::move(canonical));
}

std::string_view to_string(SerialFrom from) {
  switch (from) {
    case SerialFrom::kernel: return "kernel";
    case SerialFrom::device: return "device";
    case SerialFrom::pending: return "pending";
    case SerialFrom::nowhere: return "nowhere";
    case SerialFrom::withheld: return "withheld";
  }
  return "unknown";
}

}  // namespace greenroom
