#include "hw/pdu/drain.hpp"

#include <fmt/format.h>

namespace greenroom {

Task<void> drain(SerialLine& line, Clock& clock, Duration late) {
  // A line that never falls silent is no line to a PDU.
  constexpr Duration longest = std::chrono::seconds{10};
  const TimePoint limit = clock.now() + longest;
  while (clock.now() < limit) {
    const auto r = co_await line.read_some(clock.now() + late);
    if (r) continue;
    if (r.error().code == Errc::timeout) co_return Result<void>{};
    co_return fail(r.error());
  }
  co_return fail(Errc::protocol, fmt::format("bytes without end for {:.0f} s; is the baud rate right, or does somebody else "
                                             "speak on the line?",
                                             in_seconds(longest)));
}

}  // namespace greenroom
