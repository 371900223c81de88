// greenroom pdu set OUTLET on|off
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"

namespace greenroom::cli {
namespace {

Task<void> set_outlet(const PduOptions& options, const DialectFacts& known, Pdu& pdu, Clock& clock, OutletNumber number,
                      Switch to) {
  // Nothing is switched before the device has proven who it is and every state was read.
  const auto traits = co_await pdu.identify();
  if (!traits) co_return fail(traits.error());
  // An order expires 2 s after its decision unless it was sent (rules.md R7); a person decides now.
  SwitchOrder order(number, to, clock.now() + std::chrono::seconds{2}, nullptr);
  const auto outlet = co_await pdu.set(std::move(order));
  if (!outlet) co_return fail(outlet.error());
  const bool done = outlet->state == (to == Switch::on ? OutletState::on : OutletState::off);
  if (options.json) {
    nlohmann::ordered_json json;
    json["id"] = number;
    if (!known.names.empty()) json["name"] = known.name_of(number);
    json["ordered"] = to == Switch::on ? "on" : "off";
    json["state"] = to_string(outlet->state);
    fmt::print("{}\n", json.dump());
  } else {
    fmt::print("outlet {}: {} (read back)\n", known.name_of(number), to_string(outlet->state));
  }
  std::fflush(stdout);
  if (done) co_return Result<void>{};
  co_return fail(Errc::protocol,
                 fmt::format("outlet {} was ordered {} and reads {}: locked, held by an overload, or a relay that sticks",
                             known.name_of(number), to == Switch::on ? "on" : "off", to_string(outlet->state)));
}

}  // namespace

int pdu_set(const std::vector<std::string>& arguments) {
  PduOptions options;
  std::string outlet;
  std::string state;
  CLI::App app{"Switches one outlet, and prints what was read back.", "greenroom pdu set"};
  app.add_option("OUTLET", outlet, "the device's own number or name of it")->required();
  app.add_option("STATE", state, "on or off")->required()->check(CLI::IsMember({"on", "off"}));
  add_pdu_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  const auto dialect = dialect_for("greenroom pdu set", options.dialect, options.outlets);
  if (!dialect) return 2;
  const auto number = outlet_named(facts(*dialect), outlet);
  if (!number) {
    std::fprintf(stderr, "greenroom pdu set: %s\n", number.error().message.c_str());
    return 2;
  }
  const Switch to = state == "on" ? Switch::on : Switch::off;
  return with_pdu(options, "greenroom pdu set",
                  [&options, n = *number, to](Pdu& pdu, const DialectFacts& known, Clock& clock) {
                    return set_outlet(options, known, pdu, clock, n, to);
                  });
}

}  // namespace greenroom::cli
