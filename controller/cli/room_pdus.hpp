// The PDUs of a room file, driven by a verb that needs no service.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "config/credentials.hpp"
#include "controller/domain/room.hpp"
#include "hw/async/clock.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/pdu.hpp"

namespace greenroom::cli {

// DATA/credentials.toml.
Result<std::vector<PduLogin>> pdu_logins(const Room&, const std::string& data);

// Takes its line, for `verb` (rules.md R14).
Result<std::unique_ptr<Pdu>> open_pdu(const PduConfig&, Dialect, const std::vector<PduLogin>&, asio::any_io_executor, Clock&,
                                      const char* verb);

}  // namespace greenroom::cli
