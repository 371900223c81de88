#include "controller/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>

namespace greenroom::cli {

std::optional<int> parsed(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& e) { return app.exit(e, std::cout, std::cerr) == 0 ? 0 : 2; }
  return std::nullopt;
}

std::function<std::string(const std::string&)> whole_number(std::uint64_t from) {
  return [from](const std::string& text) -> std::string {
    constexpr std::uint64_t most = (1ULL << 53) - 1;  // what every JSON reader keeps exactly
    std::uint64_t value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc{} && stop == end && value >= from && value <= most) return {};
    return "a whole number from " + std::to_string(from) + " is needed, not \"" + text.substr(0, 40) + "\"";
  };
}

void add_faults(CLI::App& app, sim::FaultLevel& level) {
  using sim::FaultLevel;
  // In the order that --help tells them.
  static const std::vector<std::pair<std::string, FaultLevel>> levels{
      {"none", FaultLevel::none}, {"some", FaultLevel::some}, {"all", FaultLevel::all}};
  std::vector<std::string> names;
  for (const auto& each : levels) names.push_back(each.first);
  app.add_option_function<std::string>(
         "--faults",
         [&level](const std::string& given) {
           for (const auto& [name, meant] : levels) {
             if (name == given) level = meant;
           }
         },
         "none, some or all")
      ->check(CLI::IsMember(names))
      ->default_str("none");
}

}  // namespace greenroom::cli
