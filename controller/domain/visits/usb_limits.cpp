#include "controller/domain/visits/usb_limits.hpp"

#include <algorithm>

namespace greenroom {
namespace {

// "host/1-4" holds "host/1-4.2" and "host/1-4.2.1", and not "host/1-42".
bool within(std::string_view port, std::string_view part) {
  return port.size() > part.size() && port.starts_with(part) && (port[part.size()] == '.' || port[part.size()] == '-');
}

std::optional<std::string> full(std::string_view part, int limit, std::span<const std::string_view> busy) {
  const auto running = std::count_if(busy.begin(), busy.end(), [part](std::string_view p) { return within(p, part); });
  if (running < limit) return std::nullopt;
  return std::to_string(running) + " of " + std::to_string(limit) + " restores run on " + std::string(part);
}

}  // namespace

std::optional<std::string> usb_full(const UsbLimits& limits, std::string_view port, std::span<const std::string_view> busy) {
  const std::size_t dash = port.find('-', port.find('/'));  // a host's name may have dashes
  if (dash == std::string_view::npos) return std::nullopt;
  if (auto why = full(port.substr(0, dash), limits.per_controller, busy)) return why;
  for (std::size_t dot = port.find('.', dash); dot != std::string_view::npos; dot = port.find('.', dot + 1)) {
    if (auto why = full(port.substr(0, dot), limits.per_hub, busy)) return why;
  }
  return std::nullopt;
}

}  // namespace greenroom
