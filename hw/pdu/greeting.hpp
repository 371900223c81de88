// Whether what a device said when it was woken is how the devices of a dialect greet: to find the dialects that are worth a
// try without saying more to an unknown device than a line end. Pure. Called by `greenroom pdu identify`.
#pragma once

#include <string_view>

#include "hw/pdu/cli_dialect.hpp"

namespace greenroom {

// Its last line is a prompt of the dialect, or what its devices ask before they let somebody in.
bool greets_like(const CliDialect&, std::string_view heard);

}  // namespace greenroom
