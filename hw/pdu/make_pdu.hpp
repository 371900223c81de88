// The driver of a dialect, whatever its kind. Who calls: main and simulate, which alone name what is concrete.
#pragma once

#include <memory>

#include "hw/async/clock.hpp"
#include "hw/pdu/cli_pdu.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

// Owns the line. No call may be in flight when the driver is destroyed. Errors of its calls: hw/pdu/pdu_queue.hpp.
std::unique_ptr<Pdu> make_pdu(Dialect, std::unique_ptr<SerialLine>, Clock&, Credentials = {});

}  // namespace greenroom
