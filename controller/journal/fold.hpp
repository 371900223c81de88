// From a journal to the state of its room. Who calls: whoever starts a bench; tests of old journals.
#pragma once

#include "controller/journal/state_json.hpp"

namespace greenroom {

// From the snapshot where one fits the fingerprint, else from the first fact. Errc::storage when a fact cannot be read or is
// missing; a snapshot that cannot be read is passed over with a warning.
Result<FoldedState> fold(const Journal&, const RoomSetup&, std::string_view fingerprint);

// The effect that a fact starts; 0: none.
std::uint64_t started_effect(const FactBody&);

// Takes one fact in: the state, and which effects are open.
void fold_in(const RoomSetup&, FoldedState&, const Fact&);

// Of all that folding looks at, and that gives the indices in a state their meaning: the names and order of circuits, PDUs,
// outlets, slots, models, recipes and their steps, which hangs on which, and the state's own format; no limits and no
// times. SHA-256 in hex.
std::string fingerprint_of(const RoomSetup&);

}  // namespace greenroom
