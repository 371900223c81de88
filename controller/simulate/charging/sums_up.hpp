// What a suite's outcomes come to: by cell, pooled, and for the planners that it is compared with.
#pragma once

#include <string>
#include <vector>

#include "controller/simulate/charging/suite.hpp"

namespace greenroom::sim::charging {

struct Row {
  std::string cell;
  Part part{};
  std::size_t slots{};
  std::uint64_t runs{}, unfinished{};
  double mean{}, worst{};   // makespan over the demand bound
  double integer_mean{};    // over the integer bound; 0: none
  double p50_s{}, p95_s{};  // ready
  std::uint64_t misses{}, due{};
  double over_soft_s_per_hour{};  // of the worst run
  double now_over_s_per_hour{};   // of the mean run
  double hard_As{}, fault_As{};   // summed over runs
  double worst_theta{}, if_dead{};
  int trips{}, protected_opens{}, close_closes{}, maps_revoked{}, false_full{};
  double operations_per_device{};  // of the mean run
  double times_real{};             // virtual seconds over seconds of a core
};

struct Compared {
  Planner planner{};
  std::uint64_t runs{}, unfinished{}, trips{};
  double mean{}, worst{}, miss_ratio{}, hard_As{}, operations_per_device{};
};

struct Summary {
  std::string suite;
  std::uint64_t first_seed{}, last_seed{};
  std::vector<Row> rows;
  std::vector<Compared> baselines;
  double mean{}, p99{}, worst_cell_mean{}, mean_wall_only{};
  std::string worst_cell;
  double worst_over_integer{};  // worst mean over the integer bound, of cells whose mean is above 1.08
  double hard_As{}, fault_As{}, over_soft_s_per_hour{}, miss_ratio{}, operations_per_device{}, worst_operations{};
  double worst_theta{}, if_dead{};
  int trips{}, protected_opens{}, close_closes{}, false_full{}, maps_revoked{};
  std::uint64_t runs{}, unfinished{};
  double times_real_48{};  // of cells of 48 slots and fewer
  double wall_s{};

  // None of our own figures that must be zero is not.
  [[nodiscard]] bool clean() const {
    return trips == 0 && hard_As == 0 && protected_opens == 0 && close_closes == 0 && unfinished == 0;
  }
};

Summary sum_up(Suite, const std::vector<Task>&, const std::vector<Outcome>&);

std::string as_text(const Summary&);
std::string as_json(const Summary&);  // one line
std::string as_csv(const std::vector<Task>&, const std::vector<Outcome>&);
std::string as_html(const Summary&, const std::vector<Task>&, const std::vector<Outcome>&);

}  // namespace greenroom::sim::charging
