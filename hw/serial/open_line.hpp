// From a line's URL to the line. Callers: the service, the pdu verbs. `model:` lines are not made here: their world does.
//
// One owner (rules.md R14): a port or pty is locked for as long as it is open, and who asks in vain is told by whom.
// Nobody can lock a console server from here: give each tcp: port to one program, and let the console server refuse the
// second client where it can.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string_view>

#include "hw/async/clock.hpp"
#include "hw/base/result.hpp"
#include "hw/serial/line_settings.hpp"
#include "hw/serial/line_url.hpp"
#include "hw/serial/ports.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

// The URL's ?baud= goes before that of the settings. `owner` is who we are ("greenroom pdu read").
// The clock is a real one and outlives the line.
// A serial: or pty: line is open, or the error says why not. A tcp: line connects at its first byte, within 5 s.
// An opened line whose device went away fails with device_gone and opens the same path again at a later read or write,
// a second after the last try at the earliest: also when the device came back under another number.
Result<std::unique_ptr<SerialLine>> open_line(asio::any_io_executor, Clock&, const LineUrl&, LineSettings,
                                              std::string_view owner);

// The same for a service, which starts before its adapters are plugged in: nothing is opened yet, the first read or
// write does, and fails with what open_line would have said.
Result<std::unique_ptr<SerialLine>> late_line(asio::any_io_executor, Clock&, const LineUrl&, LineSettings,
                                              std::string_view owner);

}  // namespace greenroom
