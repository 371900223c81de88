// The cell as it truly is: batteries behind bricks, contacts, currents in every circuit, breakers on the fast edge of their
// band. Steps are as long as the caller says, and a current stays what it was at the step's begin (it only falls while a
// Mac charges), so excess and heat are never understated. No text, no PDU: meters.hpp reads it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "controller/domain/power/circuit_tree.hpp"
#include "controller/simulate/charging/cell.hpp"
#include "hw/base/random.hpp"
#include "hw/model/battery.hpp"
#include "hw/model/breaker.hpp"

namespace greenroom::sim::charging {

struct CircuitTruth {
  double amps{};
  double worst_theta{};   // on the fast edge, as a share of where it trips
  double over_hard_As{};  // amp-seconds above the hard limit
  double fault_As{};      // the same while more than three woke at once: beyond the envelope
  double over_soft_s{};   // with the ten-minute mean above the continuous limit
  double now_over_s{};    // with the present current above it
  int trips{};
  double if_dead{};  // the most that would flow with no further order and three more wake-ups at once, over the hard limit
};

class Plant {
 public:
  explicit Plant(const Cell&);

  void advance(double seconds);  // then the currents are those of the new instant
  // Contacts move. An arrival plugs the Mac in; before, nothing hangs there.
  void contact(std::uint32_t outlet, bool closed);
  void arrive(std::uint32_t outlet) { macs_[outlet].present = true; }
  void limit(std::uint32_t circuit, double share);  // a demand response, for the judging of the ten-minute mean

  [[nodiscard]] bool closed(std::uint32_t outlet) const { return macs_[outlet].closed; }
  [[nodiscard]] double amps(std::uint32_t outlet) const { return macs_[outlet].amps; }
  [[nodiscard]] double charge(std::uint32_t outlet) const { return macs_[outlet].battery.level(); }
  [[nodiscard]] double circuit_amps(std::uint32_t c) const { return circuits_[c].truth.amps; }
  [[nodiscard]] const CircuitTruth& truth(std::uint32_t c) const { return circuits_[c].truth; }
  [[nodiscard]] std::size_t circuits() const { return circuits_.size(); }
  // Were the controller dead from now on: notes what three simultaneous wake-ups would make of every circuit.
  void suppose_dead();
  void draw();  // the currents of this instant, after contacts moved

 private:
  struct Mac {
    model::Battery battery;
    double volt_factor{};  // watts at the wall to amps
    double idle_W{}, most_A{};
    bool present{}, closed{};
    double starts_in_s{};  // USB-PD: nothing flows before
    double wakes_in_s{};   // of time on
    double awake_s{};      // draws all that its brick can
    double amps{};
  };
  struct Node {
    std::uint32_t parent{no_circuit};
    std::vector<std::uint32_t> phases{};
    double hard{}, soft{}, trips_at{};
    model::Breaker breaker;
    CircuitTruth truth{};
    std::array<double, 3> gaps{};  // the largest between what one below may draw and what it draws
    // Above the continuous limit, in the last ten minutes by steps of a second: a ring, its sum, the second that is being
    // filled. Against the limit of its time, so that a limit that was lowered just now is not exceeded by the past.
    std::vector<double> ring{};
    double ring_As{}, filling_As{};
  };

  void judge(double seconds);
  void end_of_second();
  static double amps_of(const Mac&);

  const Cell& cell_;
  std::vector<Mac> macs_;
  std::vector<std::uint32_t> lowest_;
  std::vector<Node> circuits_;
  Random dice_;
  double second_{};        // of the second that is being filled
  std::size_t ring_at_{};  // the same for every circuit
  int awake_{};            // how many draw all that their bricks can
};

}  // namespace greenroom::sim::charging
