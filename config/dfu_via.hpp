// How a slot's Mac is sent the USB-PD message that brings it into DFU, as a room file's `dfu_via` and `greenroom mac dfu
// --via` say it:
//   macvdmtool   tuxvdmtool   tuxvdmtool:/dev/i2c-1   a line with a vdmtool board at its end: serial:... pty:... tcp:...
// Pure: nothing is opened or started. Callers: the room file, the mac verbs, serve.
#pragma once

#include <string>
#include <string_view>

#include "hw/serial/line_url.hpp"

namespace greenroom {

struct DfuVia {
  enum class Kind { macvdmtool, tuxvdmtool, dongle };
  Kind kind{};
  std::string text;  // as it was written
  std::string bus;   // tuxvdmtool's; empty: its own default
  LineUrl line;      // of a dongle
};

Result<DfuVia> parse_dfu_via(std::string_view);  // Errc::bad_config, with what would be right

}  // namespace greenroom
