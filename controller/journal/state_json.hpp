// A room's folded state as one canonical text: what a snapshot holds. Lines of JSON without spaces between, one for each
// record, written and read without a tree of the whole:
//
//   ["visits","id, expected, serial, ...",3]    a table: its name, its columns, how many rows follow
//   [1,0,"C02XK0AAJGH5",...]                    a row: the values of the columns, in their order
//
// Times are whole microseconds, quantities thousandths, enumerations and indices numbers; an absent value is null. Names
// and indices are those of the setup it was folded under; under another setup it means nothing (Snapshot::fingerprint).
#pragma once

#include <string>
#include <string_view>

#include "controller/domain/decide.hpp"
#include "controller/journal/journal.hpp"

namespace greenroom {

// To be raised whenever the meaning of RoomState changes; part of the fingerprint. Other columns are seen by themselves.
inline constexpr int state_format = 5;

// What a journal folds to.
struct FoldedState {
  RoomState state;
  Facts open;  // the Started facts of effects that have no Ended, by seq: in doubt after a restart (rules.md R5)
  bool operator==(const FoldedState&) const = default;
};

std::string to_json(const FoldedState&);
// Errc::storage when the text is none of ours, of other columns, or points outside the setup; the caller then folds the
// whole journal.
Result<FoldedState> state_from_json(std::string_view, const RoomSetup&);

}  // namespace greenroom
