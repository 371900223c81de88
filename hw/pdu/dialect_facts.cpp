#include "hw/pdu/dialect_facts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom {

std::string_view to_string(Trust t) {
  switch (t) {
    case Trust::peer: return "peer";
    case Trust::capture: return "capture";
    case Trust::manual: return "manual";
    case Trust::unverified: break;
  }
  return "unverified";
}

std::string_view to_string(BootPolicy p) {
  switch (p) {
    case BootPolicy::off: return "off";
    case BootPolicy::previous: return "previous";
    case BootPolicy::on: return "on";
    case BootPolicy::unknown: break;
  }
  return "unknown";
}

std::string DialectFacts::name_of(OutletNumber n) const {
  return has(n) && index(n) < names.size() ? names[index(n)] : std::to_string(n);
}

Result<void> DialectFacts::resize(std::uint16_t outlets) {
  if (outlets == count) return {};
  if (outlets < 1 || outlets > most) {
    return fail(Errc::usage, most == 0 ? fmt::format("{} has no outlets", name)
                                       : fmt::format("{} has 1 to {} outlets, not {}", name, most, outlets));
  }
  const OutletNumber old_last = last();
  count = outlets;
  for (Bank& b : banks) {
    if (b.last == old_last || b.last > last()) b.last = last();  // the last bank goes to the end of the device
  }
  std::erase_if(banks, [](const Bank& b) { return b.first > b.last; });
  return {};
}

}  // namespace greenroom
