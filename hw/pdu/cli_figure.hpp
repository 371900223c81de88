// A figure in a reply. Pure. Who calls: cli_text.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hw/pdu/cli_dialect.hpp"

namespace greenroom {

// Decimal text in thousandths, exactly: "2.9" with scale 1000 is 2900. Nothing when it is no plain decimal number, or finer
// than millionths: no device tells more than thousandths, and a line may bring anything.
std::optional<std::int64_t> decimal(std::string_view text, std::int64_t scale);

// Low voltage ends at 1000 V (IEC 60038), and nothing in a rack carries a thousand amps or a megawatt: a figure above is a
// digit too many, not a load.
bool possible(Says, std::int64_t milli);

}  // namespace greenroom
