// The queue of one line. Calls wait in it and never overlap on the wire: off before on before supervise before full; a
// later call overtakes between exchanges, never inside one. What holds for every PDU, whatever it speaks, is here: orders
// that expire, read-back, doubt. Who calls: make_cli_pdu and make_modbus_pdu build one; the bench uses it as a Pdu.
#pragma once

#include <memory>

#include "hw/async/clock.hpp"
#include "hw/pdu/dialect_facts.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/pdu/pdu_talk.hpp"

namespace greenroom {

// Switches are read back by states(), one for all orders that were sent before it. While it still shows the old state it
// is repeated, until the dialect's relay and queue times have passed; then what was read is returned.
// set() fails with
//   refused, expired   nothing was switched
//   busy, protocol, device_gone   nothing was switched
//   timeout            in doubt: the order was sent, and what became of it could not be read
// `facts` outlives the queue. No call may be in flight when it is destroyed.
std::unique_ptr<Pdu> make_pdu_queue(const DialectFacts& facts, std::unique_ptr<PduTalk>, Clock&);

}  // namespace greenroom
