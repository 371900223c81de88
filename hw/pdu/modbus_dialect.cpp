#include "hw/pdu/modbus_dialect.hpp"

#include "hw/pdu/dialect_reader.hpp"

namespace greenroom {

ModbusDialect read_modbus_dialect(Document& doc) {
  doc.root().complain("dialect", "kind \"modbus-rtu\" cannot be read yet");
  return {};
}

}  // namespace greenroom
