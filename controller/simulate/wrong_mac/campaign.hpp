// Many histories, over as many processes as there are cores; and the proof that the judge would notice: each clause of R4
// and R9 switched off in turn. Who calls: `greenroom simulate wrong-mac`, and the benchmark.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controller/domain/rules.hpp"
#include "hw/base/result.hpp"

namespace greenroom::sim::wrong_mac {

struct Sums {
  std::uint64_t histories{}, erased_right{}, wrong_erasures{}, false_certificates{};
  std::uint64_t undisturbed{}, undisturbed_erased{}, kills{};
  std::vector<std::string> first;  // of what must not be: "seed 17: ...", the first few of each process
  [[nodiscard]] double share() const {
    return undisturbed == 0 ? 1.0 : static_cast<double>(undisturbed_erased) / static_cast<double>(undisturbed);
  }
  // Nothing wrong, nothing false, and of the Macs that nothing was done to at least 99.9 % erased.
  [[nodiscard]] bool clean() const { return wrong_erasures == 0 && false_certificates == 0 && share() >= 0.999; }
};

struct Campaign {
  std::uint64_t first_seed{1}, histories{};
  RuleSet rules;
  unsigned processes{1};
};
// `progress`: how many are done, now and then.
Result<Sums> run_campaign(const Campaign&, const std::function<void(std::uint64_t done)>& progress);

struct Caught {
  std::string_view clause;
  // The first that something went wrong in; the last, where all together were not clean(); nothing: it was not missed.
  std::optional<std::uint64_t> seed;
  std::string words;
};
// One for each clause, in the order of clause_names.
std::vector<Caught> catch_each_clause(std::uint64_t first_seed, std::uint64_t seeds);

}  // namespace greenroom::sim::wrong_mac
