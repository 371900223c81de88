// What the data of a Modbus reply says, by the dialect. Pure. Callers: modbus_pdu.cpp.
#pragma once

#include <string>
#include <string_view>

#include "hw/pdu/modbus_dialect.hpp"

namespace greenroom {

// Every outlet unknown, every bank unmetered, in the dialect's order.
PduReading blank_reading(const ModbusDialect&);

// Puts what a read says where it belongs. `data` is exactly as long as the read demands. Errc::protocol: a value that this
// device cannot show; then nothing of the reading may be used.
Result<void> fill(const ModbusDialect&, const ModbusRead&, std::string_view data, PduReading&);

// What an identify read shows ("firmware 2.00"), empty when only its shape counts. Errc::refused: somebody else.
Result<std::string> examine(const ModbusCheck&, std::string_view data);

}  // namespace greenroom
