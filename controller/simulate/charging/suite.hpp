// A suite: many cells, each with many seeds, the product and the planners that it is compared with; what they come to. Runs
// on all cores; the result is the same for any number of workers, but for wall times.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/simulate/charging/needs.hpp"
#include "controller/simulate/charging/run.hpp"

namespace greenroom::sim::charging {

enum class Suite : std::uint8_t { headline, wall_only, bank_meter, hard_is_continuous, stress };
inline constexpr std::array suites{Suite::headline, Suite::wall_only, Suite::bank_meter, Suite::hard_is_continuous,
                                   Suite::stress};
std::string_view to_string(Suite);
std::optional<Suite> suite_named(std::string_view);

// What a cell is there for: figures are pooled by it.
enum class Part : std::uint8_t { cells, wall_only, deadlines };

struct Task {
  Part part{};
  CellSpec spec;
  bool baselines{};  // the other planners as well: cells of 48 slots and fewer
};
// In the order of the table: by cell, then by seed.
std::vector<Task> tasks_of(Suite, std::uint64_t first_seed, std::uint64_t last_seed);

struct Outcome {
  CellBound bound;
  RunResult product;
  std::vector<std::pair<Planner, RunResult>> others;

  [[nodiscard]] double ratio(const RunResult& r) const { return bound.demand_s > 0 ? r.makespan_s / bound.demand_s : 1.0; }
};
Outcome perform(const Task&);

// Called now and then with the share that is done, 0..1, on the caller's thread.
using Progress = std::function<void(double)>;
std::vector<Outcome> perform_all(const std::vector<Task>&, unsigned workers, const Progress&);

}  // namespace greenroom::sim::charging
