// The commissioning test's way through a PDU: identity, timed readings, and each outlet switched and switched back. Needs no
// terminal and no room; the command calls it on a real line, tests on a model's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "controller/cli/pdu_check_judge.hpp"
#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"

namespace greenroom::cli {

struct CheckPlan {
  std::vector<OutletNumber> outlets;            // switched, in this order; none: nothing is switched
  int reads{5};                                 // of each depth, for the round trips
  std::function<void(const std::string&)> say;  // what is done next, one line
};

struct CheckWalk {
  PduTraits traits;
  std::optional<PduReading> first;
  std::vector<Duration> supervise, full;  // times of the readings that came
  std::vector<std::string> void_readings;
  std::vector<Toggle> toggles;  // of the outlets that were begun
  bool cancelled{};
  std::string gone;  // why it ended where nobody answers any more; empty: somebody does
};

// Fails when nobody answers as the dialect says, or it is cancelled before somebody has: then nothing was switched. Anything
// later is told in the walk. An outlet
// that was switched is switched back whatever happened, also when the task is cancelled.
Task<CheckWalk> walk_pdu(Pdu&, const DialectFacts&, Clock&, CheckPlan);

// How one outlet is switched and put back.
struct ToggleHow {
  // What is done while it is switched; it leaves what the meters said in Toggle::switched. Fails only when cancelled.
  std::function<Task<void>(Toggle&)> meanwhile;
  Duration settle{};                     // what the meters have after it was put back
  std::optional<OutletState> only_from;  // touched only when it reads so; nothing: on or off
};

// Reads, switches Toggle::outlet, and puts it back whatever happens meanwhile. Fails when cancelled, or when nobody answers
// any more. All that is passed outlives it.
Task<void> toggle(Pdu&, Clock&, Toggle&, const ToggleHow&);

}  // namespace greenroom::cli
