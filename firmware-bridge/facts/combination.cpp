#include "firmware-bridge/facts/combination.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom {
namespace {

// Once it has worked, what a cable, a port or one Mac does is no word on the combination.
bool speaks_of_it(const CombinationRun& run, bool has_worked) {
  return !has_worked || (run.owner != "technician" && run.owner != "repair");
}

}  // namespace

MayStart may_start(const KnownAs& known, std::span<const CombinationRun> runs) {
  using Answer = MayStart::Answer;
  if (known.known == Known::bad) return {Answer::stopped, known.why};
  const auto completed = [](const CombinationRun& r) { return r.completed; };
  const bool worked_here = std::any_of(runs.begin(), runs.end(), completed);
  const bool has_worked = worked_here || known.known == Known::good;

  // A success wipes the slate: what failed before it was not the combination.
  const auto last = std::find_if(runs.rbegin(), runs.rend(), completed).base();
  for (auto run = last; run != runs.end(); ++run) {
    if (run->running || !speaks_of_it(*run, has_worked)) continue;
    const auto alike = [&](const CombinationRun& other) { return !other.running && other.cause == run->cause; };
    if (std::count_if(last, runs.end(), alike) < 2) continue;
    return {Answer::stopped,
            fmt::format("this engine failed twice alike with this build and model: {}; try another build or "
                        "engine, or let it try again",
                        run->cause)};
  }
  if (has_worked) return {};
  const auto trying = std::find_if(runs.begin(), runs.end(), [](const CombinationRun& r) { return r.running; });
  if (trying == runs.end()) return {Answer::canary, ""};
  return {Answer::wait, fmt::format("the first Mac of this model with this build and engine, in slot {}", trying->slot)};
}

}  // namespace greenroom
