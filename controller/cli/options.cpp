#include "controller/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <map>

namespace greenroom::cli {

std::optional<int> parsed(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& e) { return app.exit(e, std::cout, std::cerr) == 0 ? 0 : 2; }
  return std::nullopt;
}

void add_faults(CLI::App& app, sim::FaultLevel& level) {
  const std::map<std::string, sim::FaultLevel> levels{
      {"none", sim::FaultLevel::none}, {"some", sim::FaultLevel::some}, {"all", sim::FaultLevel::all}};
  std::vector<std::string> names;
  for (const auto& [name, unused] : levels) names.push_back(name);
  app.add_option_function<std::string>(
         "--faults", [&level, levels](const std::string& name) { level = levels.at(name); }, "none, some or all")
      ->check(CLI::IsMember(names))
      ->default_str("none");
}

}  // namespace greenroom::cli
