// A combination: this engine, on Macs of this model, with this build. Engines fall behind macOS and new Macs, and then every
// Mac of a batch fails in one way; so a combination that nobody has seen work is tried on one Mac first, and one that fails
// twice alike is stopped, while its slots go on with other work. Pure; the domain asks before each start, with the runs of
// its own journal.
#pragma once

#include <span>
#include <string>

namespace greenroom {

enum class Known { good, bad, fresh };

struct KnownAs {
  Known known{Known::fresh};
  std::string why;  // of bad: cause and remedy
  bool operator==(const KnownAs&) const = default;
};

// A run of the combination in this room; in the order in which they began.
struct CombinationRun {
  std::string slot;
  bool running{};
  bool completed{};
  std::string cause, owner;  // of one that did not complete, as RestoreOutcome has them
};

struct MayStart {
  enum class Answer { go, canary, wait, stopped } answer{Answer::go};  // canary: go, alone
  std::string words;                                                   // of wait and stopped: what for, or why
};
MayStart may_start(const KnownAs&, std::span<const CombinationRun>);

}  // namespace greenroom
