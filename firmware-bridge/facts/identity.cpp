#include "firmware-bridge/facts/identity.hpp"

#include <fmt/format.h>

namespace greenroom {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string to_hex(Ecid ecid) { return fmt::format("0x{:X}", static_cast<std::uint64_t>(ecid)); }

Result<SerialNumber> SerialNumber::parse(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.empty()) return fail(Errc::protocol, "the serial number is blank; read it from the Mac's case or box");
  if (text.size() < 8 || text.size() > 12) {
    return fail(Errc::protocol, fmt::format("a serial number has 8 to 12 letters and digits, this has {}", text.size()));
  }
  std::string upper;
  for (const char c : text) {
    const char u = (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
    const bool fits = (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9');
    if (!fits) return fail(Errc::protocol, "a serial number has only letters and digits; scan the label again");
    upper.push_back(u);
  }
  return SerialNumber(std::move(upper));
}

std::string_view to_string(MacMode mode) {
  switch (mode) {
    case MacMode::wtf: return "wtf";
    case MacMode::dfu: return "dfu";
    case MacMode::port_dfu: return "port_dfu";
    case MacMode::kis: return "kis";
    case MacMode::recovery: return "recovery";
    case MacMode::restore: return "restore";
    case MacMode::booted: return "booted";
    case MacMode::t2_booted: return "t2_booted";
  }
  return "unknown";
}

}  // namespace greenroom
