// The processes that run one room, one after another, and the room's time across them: one line from the first start of
// a data directory on, so that a deadline written down before a restart is a good deadline after it.
#pragma once

#include <string>

#include "controller/domain/members.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

// What a process knows of itself when it starts.
struct Incarnation {
  std::string program;   // "greenroom 0.1.0"
  std::string boot;      // this start of the machine, as its kernel names it; empty where unknown
  Duration boot_time{};  // CLOCK_BOOTTIME at the start of the process: counts naps, never jumps
  GREENROOM_MEMBERS(Incarnation, program, boot, boot_time)
};

// Folded from facts.
struct Lifetime {
  Incarnation last;     // the latest process
  TimePoint started{};  // room time when it started
  TimePoint last_fact{};
  WallTime last_wall{};
  GREENROOM_MEMBERS(Lifetime, last, started, last_fact, last_wall)
};

// Room time at which a new process takes over; zero in a room without a past. On the same start of the machine
// CLOCK_BOOTTIME says exactly how long nobody ran the room, whatever was done to the wall clock; after another start only
// the wall clock can say, and one that went back counts as no time at all. Never before the last fact.
// `speed`: room seconds in a second of CLOCK_BOOTTIME (1 but for simulated rooms); `wall` is the room's own.
TimePoint resume_at(const Lifetime&, const Incarnation& now, WallTime wall, double speed = 1.0);

}  // namespace greenroom
