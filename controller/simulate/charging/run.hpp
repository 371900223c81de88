// One run of a cell: the product decides over model PDUs, the plant obeys the laws of batteries and breakers, until every
// Mac that can is at its goal. Pure: the same cell gives the same result, but for wall_s.
#pragma once

#include <cstdint>
#include <vector>

#include "controller/simulate/charging/cell.hpp"

namespace greenroom::sim::charging {

struct RunResult {
  bool finished{};      // every Mac that can was ready in time
  double makespan_s{};  // the last one's ready, as reported
  double p50_s{}, p95_s{};
  std::uint32_t devices{}, misses{}, due{};
  double hard_As{}, fault_As{};  // above hard limits, over all circuits; the second beyond the envelope of wake-ups
  double over_soft_s{};          // of the worst circuit: with its ten-minute mean above the continuous limit
  double over_soft_s_per_hour{};
  double now_over_s{};   // of the worst circuit: with the present current above it
  double worst_theta{};  // share of the way to a trip on the fast edge
  int trips{};
  double if_dead{};  // of the worst circuit and moment: with the controller dead and three more awake, over the hard limit
  std::uint64_t relay_operations{};
  int protected_opens{};
  int close_closes{};  // closes nearer than 200 ms on a common breaker
  int maps_revoked{};
  int false_full{};  // said to be full, and was not at its goal
  double virtual_s{}, wall_s{};
  std::uint64_t plans{};
  // What a picture needs, of the first seeds of cells of 48 slots and fewer: else empty.
  std::vector<double> load_A;  // of the first circuit, at every reading from the start on
  struct OnTime {
    std::uint32_t outlet{};
    double from_s{}, to_s{};
  };
  std::vector<OnTime> on_times;

  [[nodiscard]] double operations_per_device() const;
};

RunResult run(const Cell&, double longest_s);

}  // namespace greenroom::sim::charging
