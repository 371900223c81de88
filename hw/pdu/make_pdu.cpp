#include "hw/pdu/make_pdu.hpp"

#include <utility>

namespace greenroom {

std::unique_ptr<Pdu> make_pdu(Dialect d, std::unique_ptr<SerialLine> line, Clock& clock, Credentials c) {
  return make_cli_pdu(std::get<CliDialect>(std::move(d)), std::move(line), clock, std::move(c));
}

}  // namespace greenroom
