// A room's folded state as one canonical text (keys sorted, no spaces): what a snapshot holds. Names and indices are
// those of the setup it was folded under; under another setup it means nothing (Snapshot::fingerprint).
#pragma once

#include <string>
#include <string_view>

#include "controller/domain/decide.hpp"
#include "controller/journal/journal.hpp"

namespace greenroom {

// To be raised whenever the text's shape or the meaning of RoomState changes; part of the fingerprint.
inline constexpr int state_format = 1;

// What a journal folds to.
struct FoldedState {
  RoomState state;
  Facts open;  // the Started facts of effects that have no Ended, by seq: in doubt after a restart (rules.md R5)
};

std::string to_json(const FoldedState&);
// Errc::storage when the text is none of ours; the caller then folds the whole journal.
Result<FoldedState> state_from_json(std::string_view);

}  // namespace greenroom
