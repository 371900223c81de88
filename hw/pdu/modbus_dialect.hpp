// How a Modbus RTU unit, or several on one bus, are read and switched.
#pragma once

#include "hw/pdu/dialect_facts.hpp"

namespace greenroom {

struct ModbusDialect : DialectFacts {};

}  // namespace greenroom
