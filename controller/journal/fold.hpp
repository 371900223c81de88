// From a journal to the state of its room. Who calls: whoever starts a bench; tests of old journals.
#pragma once

#include "controller/journal/state_json.hpp"

namespace greenroom {

// From the snapshot where one fits the fingerprint, else from the first fact. Errc::storage when a fact cannot be read;
// a snapshot that cannot be read is passed over with a warning.
Result<FoldedState> fold(const Journal&, const RoomSetup&, std::string_view fingerprint);

// The effect that a fact starts; 0: none.
std::uint64_t started_effect(const FactBody&);

// Takes one fact in: the state, and which effects are open.
void fold_in(const RoomSetup&, FoldedState&, const Fact&);

// Of everything that gives indices in a state their meaning: circuits, PDUs, outlets, slots, models, recipes and the
// state's own format. SHA-256 in hex.
std::string fingerprint_of(const RoomSetup&);

}  // namespace greenroom
