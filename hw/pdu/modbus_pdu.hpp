// Modbus RTU relays and meters, one or several units on one bus, driven by their dialect over a line that it owns.
// Who calls: make_pdu (hw/pdu/make_pdu.hpp), tests. No call may be in flight when it is destroyed.
#pragma once

#include <memory>

#include "hw/async/clock.hpp"
#include "hw/pdu/modbus_dialect.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

// Errors of its calls: hw/pdu/pdu_queue.hpp.
std::unique_ptr<Pdu> make_modbus_pdu(ModbusDialect, std::unique_ptr<SerialLine>, Clock&);

}  // namespace greenroom
