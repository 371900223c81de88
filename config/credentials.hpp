// Who logs in to the PDUs of a room, apart from the room file, which many people read: DATA/credentials.toml, for its user
// alone. Callers: the service.
//
//   [pdu.left]
//   user = "apc"          # "" or absent: the device asks for none
//   password = "..."
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hw/base/result.hpp"

namespace greenroom {

struct PduLogin {
  std::string pdu, user, password;
};

// A missing file: no logins. Errc::bad_config, with the place: a mistake in it, a PDU that the room does not have, or a file
// that others may read.
Result<std::vector<PduLogin>> load_credentials(const std::string& path, const std::vector<std::string>& pdus);

}  // namespace greenroom
