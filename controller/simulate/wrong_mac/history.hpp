// One history of a room whose people and hardware do everything wrong, and what became of its Macs. Real UsbTable, bench,
// domain and gate judgement; Macs, engines and people are models. From the same seed the same history.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "controller/domain/rules.hpp"

namespace greenroom::sim::wrong_mac {

struct HistoryResult {
  std::uint64_t seed{};
  std::vector<std::string> wrong_erasures, false_certificates;
  std::uint64_t erased_right{};
  std::uint64_t undisturbed{}, undisturbed_erased{};  // Macs of ours that nothing was done to
  std::uint64_t kills{}, facts{};
  [[nodiscard]] bool clean() const { return wrong_erasures.empty() && false_certificates.empty(); }
};

// `tell`: each line of the history as it happens, for a reader; may be empty.
HistoryResult live(std::uint64_t seed, RuleSet, const std::function<void(const std::string&)>& tell = {});

}  // namespace greenroom::sim::wrong_mac
