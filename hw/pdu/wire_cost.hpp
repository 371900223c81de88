// What talking to a PDU costs at most in time on the wire, from the sizes that its dialect states: how often it can be
// supervised, and how soon a load can be shed. How long a device thinks about a message, nobody states: nothing of it is in
// the wire's times, and 20 ms a message in those of shedding.
// Callers: the room check, `greenroom pdu dialects`, benches.
#pragma once

#include <cstdint>

#include "hw/base/time.hpp"
#include "hw/pdu/dialect.hpp"

namespace greenroom {

struct WireTimes {
  Duration wake{};       // before each exchange; zero where none is needed
  Duration supervise{};  // states and what the branch meter says
  Duration meters{};     // the rest; zero where there is none
  Duration order{};      // one outlet
  Duration way_in{};     // of it, what stands before the byte that commits it: menus. Zero where the first message does
};
WireTimes wire_times(const Dialect&, std::uint32_t baud);  // baud 0: the dialect's

// A supervise exchange that is longer leaves a breaker alone for too long (rules.md R3: supervised every 3 s).
constexpr Duration longest_supervise = std::chrono::milliseconds{1500};

struct ShedTimes {
  Duration first_byte{};  // from the byte that shows the overload to the first that commits an order; menus on the way count
  Duration read_back{};   // to the last of so many outlets read back off
};
// Whichever of its outlets they are: a board that opens neighbours together is taken to be asked for those that are none.
ShedTimes shed_times(const Dialect&, std::uint32_t baud, std::uint16_t outlets);

// How many times its rating a warm breaker on the fast edge of its band carries for that long (power facts 1.3: before it,
// 0.8 In; 2.5 for 3 s, 2.0 for 5, 1.7 for 8, 1.5 for 12, 1.3 for 20); 1.0 beyond.
double survivable_load(Duration);

}  // namespace greenroom
