#include "controller/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace greenroom::cli {

std::optional<int> parsed(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& e) { return app.exit(e, std::cout, std::cerr) == 0 ? 0 : 2; }
  return std::nullopt;
}

void add_faults(CLI::App& app, sim::FaultLevel& level) {
  static const std::vector<std::string> names{"none", "some", "all"};  // as FaultLevel numbers them
  app.add_option_function<std::string>(
         "--faults",
         [&level](const std::string& name) {
           level = static_cast<sim::FaultLevel>(std::find(names.begin(), names.end(), name) - names.begin());
         },
         "none, some or all")
      ->check(CLI::IsMember(names))
      ->default_str("none");
}

}  // namespace greenroom::cli
