// What a restore needs of this machine and its network beside the Mac: Apple's hosts, whole firmware, room on the disk, a
// clock that is right. A run that lacks one fails in the middle, with its Mac in DFU. Whoever asks them says what it found;
// the visits wait for it before DFU, and ask again at the gate. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/base/time.hpp"

namespace greenroom {

struct Readiness {
  struct Lack {
    std::string cause, remedy;  // sentences
  };
  std::vector<Lack> lacks;                    // of firmware, disk and clock, when they were last looked at
  TimePoint hosts_reached{TimePoint::min()};  // when all of Apple's hosts last answered
  std::optional<Lack> hosts;                  // why they did not, when they were last asked
};

// Apple signs each restore for this one Mac, at its start: an answer of a while ago says that the next one will come.
inline constexpr Duration hosts_answer_for = std::chrono::minutes{10};
// So that one answer may be missed.
inline constexpr Duration readiness_asked_every = std::chrono::minutes{5};

// The first thing that a restore would fail for, in words of cause and remedy; nothing: it may start.
std::optional<std::string> not_ready(const Readiness&, TimePoint now);

}  // namespace greenroom
