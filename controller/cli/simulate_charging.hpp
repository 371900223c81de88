// greenroom simulate charging: its options, and what it does with them.
#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace greenroom::cli {

struct ChargingOptions {
  std::string suite{"headline"}, seeds{"0..19"}, csv, report;
  std::uint64_t processes{};
  bool json{};
};

// The subcommand, which fills the options when it is parsed.
CLI::App* add_charging(CLI::App& simulate, ChargingOptions&);
int simulate_charging(const ChargingOptions&);

}  // namespace greenroom::cli
