// The dialect of a room's PDU, read, parsed and sized to the unit: config finds the text and hw/pdu knows what it means, and
// neither may know the other. Who calls: whoever makes drivers, here and in controller/cli.
#pragma once

#include <string_view>

#include "controller/domain/room.hpp"
#include "hw/base/result.hpp"
#include "hw/pdu/cli_pdu.hpp"
#include "hw/pdu/dialect.hpp"

namespace greenroom::sim {

// With as many outlets as the room says that this unit has. Errc::usage when there is none such, or none with so many
// outlets; Errc::bad_config with the first thing that is wrong.
Result<Dialect> load_dialect(const Room&, PduId);

// Of the model device that speaks the dialect of this id; empty where it asks for none.
Credentials factory_login(std::string_view dialect);

}  // namespace greenroom::sim
