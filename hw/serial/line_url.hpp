// Where a line is, as people write it in the room file: which kind, and what that kind needs to open it.
//   serial:/dev/serial/by-id/usb-FTDI_...   tcp:console.lan:2001   pty:/tmp/pdu   model:left, each with ?baud=19200 or
//   without
// Pure: nothing is opened. Callers: config/room, main, simulate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hw/base/result.hpp"

namespace greenroom {

struct LineUrl {
  enum class Kind { serial, tcp, pty, model };
  Kind kind{};
  std::string path;      // of the device or pty; the host of tcp; the name of a model
  std::uint16_t port{};  // tcp only
  std::uint32_t baud{};  // of a serial port; of another line what its far end is set to. 0: what the dialect says
  bool operator==(const LineUrl&) const = default;
};

Result<LineUrl> parse_line_url(std::string_view);  // Errc::bad_config, with what would be right
bool same_place(LineUrl, LineUrl);                 // whatever their rates

}  // namespace greenroom
