// What every verb does with its options.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controller/simulate/world_spec.hpp"

namespace CLI {
class App;
}

namespace greenroom::cli {

// Parses; nothing when the verb may go on, else its exit code: 0 for --help, 2 when used wrongly.
std::optional<int> parsed(CLI::App&, const std::vector<std::string>& arguments);

// For an option that counts: CLI11 reads "-1" as 2^64 - 1, and tells its own ranges with 300 digits.
std::function<std::string(const std::string&)> whole_number(std::uint64_t from = 0);

// Adds --faults: none, some or all; none without it.
void add_faults(CLI::App&, sim::FaultLevel&);

}  // namespace greenroom::cli
