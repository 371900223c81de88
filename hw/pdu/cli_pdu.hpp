// A PDU with a command line, driven by its dialect over a line that it owns. Who calls: make_pdu (hw/pdu/make_pdu.hpp),
// tests. No call may be in flight when it is destroyed.
#pragma once

#include <memory>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/pdu/cli_dialect.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

// For devices that ask; never part of a dialect.
struct Credentials {
  Credentials() = default;
  Credentials(std::string u, std::string p) : user(std::move(u)), password(std::move(p)) {}
  std::string user, password;
};

// Errors of its calls: hw/pdu/pdu_queue.hpp.
std::unique_ptr<Pdu> make_cli_pdu(CliDialect, std::unique_ptr<SerialLine>, Clock&, Credentials = {});

}  // namespace greenroom
