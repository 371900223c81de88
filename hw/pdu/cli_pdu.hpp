// A PDU with a command line, driven by its dialect. One owner of the line; calls wait in a queue and never overlap on
// the wire: off before on before supervise before full; a later call overtakes between exchanges, never inside one.
// Who calls: main and simulate make it, the bench uses it as a Pdu, from the loop. No call may be in flight when it is
// destroyed.
#pragma once

#include <memory>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

// For devices that ask; never part of a dialect.
struct Credentials {
  Credentials() = default;
  Credentials(std::string u, std::string p) : user(std::move(u)), password(std::move(p)) {}
  std::string user, password;
};

// Switches are read back by a supervise exchange, one for all orders that were sent before it. While it still shows
// the old state it is repeated, until the dialect's relay and queue times have passed; then what was read is returned.
// set() fails with
//   refused, expired   nothing was switched
//   busy, protocol, device_gone   nothing was switched
//   timeout            in doubt: the order was sent, and what became of it could not be read
std::unique_ptr<Pdu> make_cli_pdu(Dialect, std::unique_ptr<SerialLine>, Clock&, Credentials = {});

}  // namespace greenroom
