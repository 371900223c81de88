#include "controller/cli/options.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <sstream>

namespace greenroom::cli {

std::optional<int> parsed(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& e) {
    std::ostringstream help;
    if (app.exit(e, help, std::cerr) != 0) return 2;
    const auto put = put_out(help.str());
    if (put) return 0;
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), put.error().message.c_str());
    return 1;
  }
  return std::nullopt;
}

Result<void> put_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  if (errno == EPIPE) return fail(Errc::cancelled, "whoever reads stdout has had enough");
  return fail(Errc::storage, std::string("stdout cannot be written: ") + std::strerror(errno));
}

std::string whoever_asks() {
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : fmt::format("uid {}", ::getuid());
}

int run_verb(const char* who, std::string_view help, std::span<const NamedVerb> verbs,
             const std::vector<std::string>& arguments) {
  const std::string verb = arguments.empty() ? "" : arguments.front();
  for (const auto& [name, run] : verbs) {
    if (verb == name) return run({arguments.begin() + 1, arguments.end()});
  }
  if (verb == "--help" || verb == "-h" || verb == "help") {
    const auto put = put_out(help);
    if (put) return 0;
    std::fprintf(stderr, "%s: %s\n", who, put.error().message.c_str());
    return 1;
  }
  std::fprintf(stderr, "%s: there is no verb \"%s\"; these are the verbs:\n\n%.*s", who, verb.c_str(),
               static_cast<int>(help.size()), help.data());
  return 2;
}

std::function<std::string(const std::string&)> whole_number(std::uint64_t from, std::uint64_t to) {
  return [from, to](const std::string& text) -> std::string {
    std::uint64_t value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc{} && stop == end && value >= from && value <= to) return {};
    const std::string most = to == json_keeps ? "" : fmt::format(" to {}", to);
    return fmt::format("a whole number from {}{} is needed, not \"{}\"", from, most, text.substr(0, 40));
  };
}

std::optional<double> finite(std::string_view text) {
  double value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::function<std::string(const std::string&)> finite_number(double from, double to) {
  return [from, to](const std::string& text) -> std::string {
    const auto value = finite(text);
    if (value && *value >= from && *value <= to) return {};
    return fmt::format("a number from {} to {} is needed, not \"{}\"", from, to, text.substr(0, 40));
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
