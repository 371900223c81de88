// The tree of circuits with its breakers. Currents are constant between two calls of carry(); each circuit keeps two
// sums at all times, of everything and of what was not injected, so that a trip or an excess can be told apart later
// without a replay. Phases are summed as amps, which is exact on one phase and never too low on more.
#pragma once

#include <vector>

#include "hw/model/breaker.hpp"
#include "hw/model/spec.hpp"

namespace greenroom::model {

class Grid {
 public:
  static constexpr std::size_t mean_seconds = 600;

  struct Sum {  // one of the two sums of a circuit
    explicit Sum(const CircuitSpec& s) : breaker(s.edge, s.hard), ring(mean_seconds, 0) {}
    Breaker breaker;
    double amps{};
    double amp_seconds{};            // since the last whole second
    std::vector<std::int64_t> ring;  // milliamps, one a second
    std::int64_t ring_total{};
    double over_hard_As{};
    double over_soft_s{};
    [[nodiscard]] double mean() const { return static_cast<double>(ring_total) / 1000.0 / mean_seconds; }
  };
  struct Node {
    explicit Node(const CircuitSpec& s);
    int parent;
    double hard, continuous, base;
    Sum all, clean;
    double foreign{};      // injected right here (a heater)
    bool closed{true};     // its own breaker
    bool supplied{true};   // its own feed: false in a blackout
    bool live{true};       // closed and supplied, and all above it
    bool clean_tripped{};  // the clean current alone would have tripped it by now
    double peak_A{}, peak_theta{};
  };

  explicit Grid(const std::vector<CircuitSpec>&);

  // The loads of all outlets are given anew: clear, add each, then sum.
  void clear();
  void add(CircuitId c, double amps, double clean) {
    Node& n = nodes_[c.value];
    n.all.amps += amps;
    n.clean.amps += clean;
  }
  void sum();
  // Lets the present currents flow. Fills in the circuits that trip; the caller opens them.
  void carry(double seconds, std::vector<CircuitId>& trips);
  void whole_second();  // closes one second of the ten-minute mean
  void update_live();   // after a change of closed or supplied

  [[nodiscard]] Node& operator[](CircuitId c) { return nodes_[c.value]; }
  [[nodiscard]] bool live(CircuitId c) const { return nodes_[c.value].live; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  std::vector<Node> nodes_;  // parents before children
  std::size_t second_{};     // index into the rings
};

}  // namespace greenroom::model
