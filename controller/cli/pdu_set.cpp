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

constexpr const char* verb = "greenroom pdu set";

// What a person must know when it failed: may the contact have moved? `sent`: the device has the order
// (hw/pdu/pdu_talk.hpp).
Result<void> with_what_it_did(const Result<void>& outcome, bool sent) {
  if (outcome || outcome.error().code == Errc::usage) return outcome;
  constexpr std::string_view nothing = "nothing was switched";
  const Error& e = outcome.error();
  if (!sent && e.message.find(nothing) == std::string::npos) return fail(e.code, fmt::format("{}; {}", e.message, nothing));
  if (sent && e.code == Errc::cancelled)
    return fail(e.code, e.message + "; the order was sent, and its state was not read back");
  return outcome;
}

Task<void> set_outlet(const PduOptions& options, const DialectFacts& known, Pdu& pdu, Clock& clock, OutletNumber number,
                      Switch to, bool& sent) {
  // Nothing is switched before the device has proven who it is and every state was read.
  const auto traits = co_await pdu.identify();
  if (!traits) co_return fail(traits.error());
  // An order expires 2 s after its decision unless it was sent (rules.md R7); a person decides now.
  // It is asked for at the byte that commits it, the last thing before the device has it.
  SwitchOrder order(number, to, clock.now() + std::chrono::seconds{2}, [&sent]() -> Result<void> {
    sent = true;
    return {};
  });
  const auto outlet = co_await pdu.set(std::move(order));
  if (!outlet) co_return fail(outlet.error());
  const bool done = outlet->state == (to == Switch::on ? OutletState::on : OutletState::off);
  std::string text = fmt::format("outlet {}: {} (read back)\n", known.name_of(number), to_string(outlet->state));
  if (options.json) {
    nlohmann::ordered_json json;
    json["id"] = number;
    if (!known.names.empty()) json["name"] = known.name_of(number);
    json["ordered"] = to == Switch::on ? "on" : "off";
    json["state"] = to_string(outlet->state);
    text = json_line(json);
  }
  if (const auto put = put_out(text); !put) co_return put;
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
  CLI::App app{"Switches one outlet, and prints what was read back.", verb};
  app.add_option("OUTLET", outlet, "the device's own number or name of it")->required();
  app.add_option("STATE", state, "on or off")->required()->check(CLI::IsMember({"on", "off"}));
  add_pdu_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  auto dialect = dialect_for(verb, options.dialect, options.outlets);
  if (!dialect) return 2;
  const auto number = outlet_named(facts(*dialect), outlet);
  if (!number) {
    std::fprintf(stderr, "%s: %s\n", verb, number.error().message.c_str());
    return 2;
  }
  const Switch to = state == "on" ? Switch::on : Switch::off;
  bool sent = false;
  const auto outcome = drive(options, std::move(*dialect), verb,
                             [&options, n = *number, to, &sent](Pdu& pdu, const DialectFacts& known, Clock& clock) {
                               return set_outlet(options, known, pdu, clock, n, to, sent);
                             });
  return concluded(verb, with_what_it_did(outcome, sent));
}

}  // namespace greenroom::cli
