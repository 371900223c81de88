// The tree of limits, flattened once from a room: who hangs on whom. Static while a room runs; used by the planner.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "controller/domain/room.hpp"

namespace greenroom {

inline constexpr std::uint32_t no_circuit = 0xffffffffU;

struct CircuitTree {
  // By circuit index; a parent's index is smaller than its children's (room.hpp).
  std::vector<std::uint32_t> parent;                 // no_circuit at a root
  std::vector<std::uint32_t> root;                   // the topmost circuit above (or itself): closes are spaced on it
  std::vector<Amps> hard, continuous;                // as the room file states them
  std::vector<std::uint32_t> neutral;                // of a phase: its neutral; else no_circuit
  std::vector<std::array<std::uint32_t, 3>> phases;  // of a neutral; else no_circuit, three times
  // By outlet index.
  std::vector<std::uint32_t> lowest;  // lowest circuit above the outlet
  // The outlets below circuit c are below[first[c] .. last[c]).
  std::vector<std::uint32_t> below, first, last;

  [[nodiscard]] std::size_t circuits() const { return parent.size(); }
  [[nodiscard]] std::size_t outlets() const { return lowest.size(); }
  [[nodiscard]] bool is_neutral(std::uint32_t c) const { return phases[c][0] != no_circuit; }
  [[nodiscard]] std::span<const std::uint32_t> outlets_below(std::uint32_t c) const {
    return std::span(below).subspan(first[c], last[c] - first[c]);
  }
};

CircuitTree make_tree(const Room&);

}  // namespace greenroom
