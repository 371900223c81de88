#include "config/dfu_via.hpp"

#include <fmt/format.h>

#include "config/reader/reader.hpp"

namespace greenroom {

Result<DfuVia> parse_dfu_via(std::string_view text) {
  DfuVia via;
  via.text = std::string(text);
  if (text == "macvdmtool") return via;
  const std::string_view tool = text.substr(0, text.find(':'));
  if (tool == "tuxvdmtool") {
    via.kind = DfuVia::Kind::tuxvdmtool;
    if (text == tool) return via;
    via.bus = std::string(text.substr(tool.size() + 1));
    if (via.bus.starts_with('/')) return via;
    return fail(Errc::bad_config,
                fmt::format("{}: the bus of tuxvdmtool is a path, as tuxvdmtool:/dev/i2c-1", quoted(text)));
  }
  const auto line = parse_line_url(text);
  if (!line || line->kind == LineUrl::Kind::model)
    return fail(Errc::bad_config,
                fmt::format("{} sends no message to a Mac: macvdmtool, tuxvdmtool, tuxvdmtool:/dev/i2c-1, or a line with a "
                            "vdmtool board, as serial:/dev/serial/by-id/...",
                            quoted(text)));
  via.kind = DfuVia::Kind::dongle;
  via.line = *line;
  return via;
}

}  // namespace greenroom
