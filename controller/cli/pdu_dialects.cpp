// greenroom pdu dialects: which PDUs there are words for, and who says so.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/dialects.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"
#include "hw/pdu/wire_cost.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom pdu dialects";

nlohmann::ordered_json as_json(const Dialect& dialect) {
  const DialectFacts& d = facts(dialect);
  nlohmann::ordered_json json;
  json["id"] = d.id;
  json["name"] = d.name;
  json["kind"] = std::holds_alternative<CliDialect>(dialect) ? "cli" : "modbus-rtu";
  json["outlets"] = d.count;
  json["outlets_most"] = std::max(d.most, d.count);
  json["meters_outlets"] = d.meters_outlets;
  json["meters_banks"] = d.meters_banks;
  json["boot_policy"] = to_string(d.boot);
  json["baud"] = d.line.baud;
  // On the wire alone, at its usual rate, and for all its outlets; the device's own thinking comes on top.
  const WireTimes times = wire_times(dialect, 0);
  json["supervise_wire_s"] = in_seconds(times.supervise);
  json["full_wire_s"] = in_seconds(times.supervise + times.meters);
  if (d.count > 0) {
    const ShedTimes shed = shed_times(dialect, 0, d.count);
    json["shed_first_byte_s"] = in_seconds(shed.first_byte);
    json["shed_read_back_s"] = in_seconds(shed.read_back);
    json["shed_survivable_load"] = survivable_load(shed.read_back);
  }
  json["evidence"] = nlohmann::ordered_json::array();
  for (const DialectEvidence& e : d.evidence) {
    nlohmann::ordered_json one;
    one["facts"] = e.facts;
    one["trust"] = to_string(e.trust);
    one["source"] = e.source;
    json["evidence"].push_back(std::move(one));
  }
  json["left_out"] = d.left_out;
  json["proven_on_a_uart"] = false;  // no real device has been on a line of this project
  return json;
}

std::string as_text(const Dialect& dialect) {
  const DialectFacts& d = facts(dialect);
  std::string text = fmt::format("{}  {}\n", d.id, d.name);
  text += fmt::format("    {}; meters {}; {} baud; comes back {}\n",
                      d.count == 0 ? "no outlets" : fmt::format("{} outlets (up to {})", d.count, std::max(d.most, d.count)),
                      d.meters_outlets ? "each outlet"
                      : d.meters_banks ? "banks"
                                       : "nothing",
                      d.line.baud, to_string(d.boot));
  const WireTimes times = wire_times(dialect, 0);
  text += fmt::format("    wire: states {:.2f} s, all {:.2f} s", in_seconds(times.supervise),
                      in_seconds(times.supervise + times.meters));
  if (d.count > 0) {
    const ShedTimes shed = shed_times(dialect, 0, d.count);
    text += fmt::format(
        "; shed: first order {:.2f} s, all read back off {:.2f} s: a warm breaker carries {:.1f} times its rating so long",
        in_seconds(shed.first_byte), in_seconds(shed.read_back), survivable_load(shed.read_back));
  }
  text += "\n";
  for (const DialectEvidence& e : d.evidence)
    text += fmt::format("    {:<11}{}: {}\n", to_string(e.trust), fmt::join(e.facts, ", "), e.source);
  for (const std::string& sentence : d.left_out) text += fmt::format("    left out   {}\n", sentence);
  return text;
}

}  // namespace

int pdu_dialects(const std::vector<std::string>& arguments) {
  bool json = false;
  CLI::App app{"Which PDUs there are words for, and who says so. No real device has proven any of them on a UART yet.",
               verb};
  app.add_flag("--json", json, "an array, on one line");
  if (const auto code = parsed(app, arguments)) return *code;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  std::string text;
  for (const std::string& id : known_dialects()) {
    const auto dialect = dialect_for(verb, id, 0);
    if (!dialect) return 1;
    if (json) all.push_back(as_json(*dialect));
    else text += as_text(*dialect);
  }
  return concluded(verb, put_out(json ? json_line(all) : text));
}

}  // namespace greenroom::cli
