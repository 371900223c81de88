// What a receiver hears of bytes that were sent at another rate than its own. Pure. Used by `pdu model`, whose pty carries
// bytes at any rate.
#pragma once

#include <string>
#include <string_view>

namespace greenroom::model {

// The bytes follow each other without a pause, eight bits, no parity, one stop bit; before and behind them the line rests.
// A byte with a bad stop bit is heard all the same, as a port hands it on that was not told to check.
std::string heard(std::string_view bytes, double sent_baud, double heard_baud);

}  // namespace greenroom::model
