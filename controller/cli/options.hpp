// What every verb does with its options.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controller/simulate/world_spec.hpp"
#include "hw/base/result.hpp"

namespace CLI {
class App;
}

namespace greenroom::cli {

// Parses; nothing when the verb may go on, else its exit code: 0 for --help, 2 when used wrongly.
std::optional<int> parsed(CLI::App&, const std::vector<std::string>& arguments);

// All of it on stdout. Errc::storage where that cannot be written: an answer that nobody got is none. Errc::cancelled where
// who reads it has had enough.
Result<void> put_out(std::string_view text);

// The login name of who runs the program.
std::string whoever_asks();

// A word and what it runs: `greenroom usb`, and `list` of it.
struct NamedVerb {
  std::string_view name;
  int (*run)(const std::vector<std::string>& arguments);
};
// Runs the verb that stands first, or tells `help`; the exit code. `who` is "greenroom usb".
int run_verb(const char* who, std::string_view help, std::span<const NamedVerb> verbs,
             const std::vector<std::string>& arguments);

// For an option that counts: CLI11 reads "-1" as 2^64 - 1, and tells its own ranges with 300 digits.
constexpr std::uint64_t json_keeps = (1ULL << 53) - 1;  // what every JSON reader keeps exactly
std::function<std::string(const std::string&)> whole_number(std::uint64_t from = 0, std::uint64_t to = json_keeps);

// For an option that measures: CLI11 finds "nan" within every range.
std::function<std::string(const std::string&)> finite_number(double from, double to);
std::optional<double> finite(std::string_view text);
constexpr double longest_s = 1e9;  // some 31 years: what is still a time when it is counted in microseconds

// Adds --faults: none, some or all; none without it.
void add_faults(CLI::App&, sim::FaultLevel&);

}  // namespace greenroom::cli
