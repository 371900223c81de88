// The dialect of a PDU, read and parsed: config finds the text and hw/pdu knows what it means, and neither may know the
// other. Who calls: whoever makes drivers, here and in controller/cli.
#pragma once

#include "controller/domain/room.hpp"
#include "hw/base/result.hpp"
#include "hw/pdu/dialect.hpp"

namespace greenroom::sim {

// Errc::usage when there is none such, Errc::bad_config with the first thing that is wrong.
Result<Dialect> load_dialect(const PduConfig&);

}  // namespace greenroom::sim
