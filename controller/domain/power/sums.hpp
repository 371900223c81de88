// The sums of every circuit, made in one pass from the leaves to the roots and changed step by step while planning.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "controller/domain/power/planner.hpp"

namespace greenroom {

// How many outlets may jump to nameplate at once, unseen: max(3, the smallest k for which more than k of n has a
// probability below 1e-6). One outlet jumps once in two hours (power facts 4c) and a jump is unseen for at most 12 s,
// a full poll and an order: 1 in 600.
int surges_at_once(std::size_t outlets_on);

class Sums {
 public:
  Sums(const CircuitTree&, std::span<const OutletView>, std::span<const CircuitView>);

  struct Node {
    Amps present, reserve, expected, leased;
    Amps rising;                     // what unsettled outlets will add to a reading while they still count at nameplate
    Amps opening, opening_expected;  // what opens in flight or planned will take away
    Amps jump;                       // of a neutral: the gaps of its phases' outlets that may jump together
    std::uint32_t on{};              // outlets below that are on or may be
    bool unknown{};
  };
  [[nodiscard]] const Node& at(std::uint32_t c) const { return nodes_[c]; }
  [[nodiscard]] Amps hard(std::uint32_t c) const { return nodes_[c].present + nodes_[c].reserve; }
  // With all opens in flight carried out.
  [[nodiscard]] Amps hard_after(std::uint32_t c) const;
  [[nodiscard]] Amps soft_after(std::uint32_t c) const;

  // The circuit on which closing it would exceed a limit by most, the upper one of equals; nothing: it fits. `after`: once
  // the opens in flight are done. `without`: outlets that would be opened for it are already noted by will_open.
  [[nodiscard]] std::optional<std::uint32_t> binds(std::uint32_t outlet, bool after) const;
  [[nodiscard]] std::optional<std::uint32_t> lease_binds(std::uint32_t outlet) const;
  void add_close(std::uint32_t outlet);
  void add_lease(std::uint32_t outlet);
  void will_open(std::uint32_t outlet);
  void will_not_open(std::uint32_t outlet);
  // What opening it would certainly give back, at the least, to the hard sum and to the soft sum.
  [[nodiscard]] Amps gives_back(std::uint32_t outlet) const;
  [[nodiscard]] Amps gives_back_expected(std::uint32_t outlet) const;

 private:
  void take_outlets();
  void take_unsettled(std::uint32_t outlet);
  void add_up();
  void add_reserves();
  void add_neutrals();
  // On the neutral n: with more on its phase c (no_circuit: on none).
  [[nodiscard]] Amps neutral_hard(std::uint32_t n, std::uint32_t c, Amps more, bool rising, bool after) const;
  [[nodiscard]] Amps neutral_soft(std::uint32_t n, std::uint32_t c, Amps more, bool after) const;
  [[nodiscard]] Amps neutral_leased(std::uint32_t n, std::uint32_t c, Amps more) const;

  const CircuitTree& tree_;
  std::span<const OutletView> outlets_;
  std::span<const CircuitView> circuits_;
  std::vector<Node> nodes_;
  struct Work {
    Amps sure, loose;  // children's sums: certain, and only until a meter above carries them
    Amps unsettled, extra, settled_nameplate;
    Amps e_sure, e_loose, e_unsettled, foreign;
  };
  std::vector<Work> work_;
};

// What every circuit carries now, and the running mean of its expected current.
PowerMemory remember_sums(const Sums&, std::span<const CircuitView>, const PowerMemory& last, TimePoint now);

}  // namespace greenroom
