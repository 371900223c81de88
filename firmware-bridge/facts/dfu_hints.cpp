#include "firmware-bridge/facts/dfu_hints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace greenroom {
namespace {

// A laptop's left side as one looks at it; a desktop's back as one looks at that (macs facts 3, A1 to A10).
constexpr std::array<DfuPortName, 8> ports{{
    {DfuPort::left_back, "left_back", "on its left side, nearest to the hinge"},
    {DfuPort::left_front, "left_front", "on its left side, nearest to the front"},
    {DfuPort::back_by_power, "back_by_power", "at its back, nearest to the power inlet"},
    {DfuPort::back_middle, "back_middle", "at its back, the middle one"},
    {DfuPort::back_right, "back_right", "at its back, the rightmost"},
    {DfuPort::back_by_ethernet, "back_by_ethernet", "at its back, next to Ethernet"},
    {DfuPort::back_by_hdmi, "back_by_hdmi", "at its back, next to HDMI"},
    {DfuPort::mac_pro_2019, "mac_pro_2019",
     "on top of a tower, farthest from the power button; of a rack model, at the front, nearest to that button"},
}};

// Apple 108900: Apple silicon about 10 s, T2 about 3 s; then the power button alone.
std::string laptop_words(std::string_view mac, std::string_view hold) {
  return fmt::format(
      "Switch off {}: hold its power button for up to 10 s. Press and release power, then at once hold left Control, left "
      "Option, right Shift and power for {}; then power alone for up to 10 s more, until it shows DFU.",
      mac, hold);
}

std::string desktop_words(std::string_view mac) {
  return fmt::format(
      "Pull the mains cord of {}, hold its power button, put the cord back in, and hold on for up to 10 s, until it shows "
      "DFU.",
      mac);
}

std::string keys_words(DfuKeys keys, std::string_view mac) {
  switch (keys) {
    case DfuKeys::as_laptop: return laptop_words(mac, "10 s");
    case DfuKeys::t2_laptop: return laptop_words(mac, "3 s");
    case DfuKeys::desktop: return desktop_words(mac);
    case DfuKeys::unknown: break;
  }
  return laptop_words(mac, "10 s (3 s where it has a T2)") + " A desktop: " + desktop_words("it");
}

}  // namespace

std::span<const DfuPortName> dfu_ports() { return ports; }

std::string_view to_string(DfuPort port) {
  const auto at = std::find_if(ports.begin(), ports.end(), [&](const DfuPortName& p) { return p.port == port; });
  return at == ports.end() ? std::string_view() : at->name;
}

std::string_view to_string(DfuKeys keys) {
  switch (keys) {
    case DfuKeys::as_laptop: return "as_laptop";
    case DfuKeys::t2_laptop: return "t2_laptop";
    case DfuKeys::desktop: return "desktop";
    case DfuKeys::unknown: break;
  }
  return {};
}

std::string dfu_port_words(DfuPort port) {
  const auto at = std::find_if(ports.begin(), ports.end(), [&](const DfuPortName& p) { return p.port == port; });
  if (at == ports.end())
    return "Which of its USB-C ports takes the data cable is not known: if it does not show, try one after the other.";
  return fmt::format("The data cable belongs in the USB-C port {}; if it does not show, try another.", at->where);
}

std::string dfu_words(DfuHint hint, std::string_view mac) {
  return dfu_port_words(hint.port) + " " + keys_words(hint.keys, mac);
}

std::string restart_by_hand() {
  return "Hold the Mac's power button for 10 s, until it has left; then press it once. A desktop: pull its mains cord.";
}

}  // namespace greenroom
