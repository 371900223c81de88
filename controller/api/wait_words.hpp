// Why something waits, in words: every wait names the circuit, rule, tool or person it waits for (rules.md R6).
#pragma once

#include <string>

#include "controller/api/room_view.hpp"

namespace greenroom {

struct WaitsFor {
  std::string kind;   // circuit | pdu | rule | tool | person | mac | place; empty: waits for nothing
  std::string name;   // which one: "branch", "left", "restore engine", "facilities"
  std::string words;  // the whole of it, as the rest of "waits for ..."
};

// Why an outlet that is wanted is off, or a protected step waits for it; nothing when it waits for nothing.
WaitsFor why_outlet_waits(const RoomView&, OutletId);

// Where a slot stands, as one state and its reason.
struct SlotStanding {
  std::string state;  // free | stranger | waiting | running | hands | held | done
  WaitsFor waits_for;
  std::string owner;          // who sees to it: a role, or "greenroom"
  TimePoint since{long_ago};  // in this state; long_ago: unknown
  TimePoint deadline{never};
};
SlotStanding standing_of(const RoomView&, SlotId);
SlotStanding standing_of(const RoomView&, const Visit&);

// The line of a PDU, in words: "answers", "has not answered since the start", "lost: no reply within 2 s".
std::string line_words(const RoomView&, PduId);
bool line_answers(const RoomView&, PduId);

// The lock-outs that keep this outlet open: its own name, its PDU's, its circuits'.
std::vector<std::string> locks_above(const RoomView&, OutletId);

}  // namespace greenroom
