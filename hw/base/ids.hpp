// Dense indices into the room's tables. They name places and things of one loaded room; the journal stores the names
// people use (slot "3-07"), never these numbers.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace greenroom {

template <class Tag>
struct Id {
  std::uint32_t value{};
  constexpr auto operator<=>(const Id&) const = default;
};

using CircuitId = Id<struct CircuitTag>;
using PduId = Id<struct PduTag>;
using OutletId = Id<struct OutletTag>;  // a switched outlet of the room, not the number printed on the device
using SlotId = Id<struct SlotTag>;
using VisitId = Id<struct VisitTag>;    // counts from 1 in the order visits open
using EffectId = Id<struct EffectTag>;  // counts from 1 in the order effects start
using CaseId = Id<struct CaseTag>;      // counts from 1

}  // namespace greenroom
