#include "hw/pdu/make_pdu.hpp"

#include <utility>

#include "hw/pdu/modbus_pdu.hpp"

namespace greenroom {

std::unique_ptr<Pdu> make_pdu(Dialect d, std::unique_ptr<SerialLine> line, Clock& clock, Credentials c) {
  if (auto* units = std::get_if<ModbusDialect>(&d)) return make_modbus_pdu(std::move(*units), std::move(line), clock);
  return make_cli_pdu(std::get<CliDialect>(std::move(d)), std::move(line), clock, std::move(c));
}

}  // namespace greenroom
