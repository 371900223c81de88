// greenroom mac identify
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "config/macs.hpp"
#include "controller/cli/mac_port.hpp"
#include "controller/cli/mac_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/usb_host.hpp"
#include "firmware-bridge/dfu.hpp"
#include "firmware-bridge/recovery.hpp"

namespace greenroom::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration patience = std::chrono::seconds{30};

// What only the Mac itself can say, by requests that change nothing in it.
struct Asked {
  explicit Asked(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
  std::string name, value;
};

Task<std::vector<Asked>> ask(UsbBus& bus, Clock& clock, PortPath path, MacMode mode) {
  std::vector<Asked> all;
  if (mode != MacMode::dfu && mode != MacMode::recovery) co_return all;
  const auto device = open_mac(bus, path);
  if (!device) co_return fail(device.error());
  const TimePoint deadline = clock.now() + patience;
  if (mode == MacMode::dfu) {
    Dfu dfu(**device, clock, deadline);
    const auto state = co_await dfu.state();
    if (!state) co_return fail(state.error().within(fmt::format("port {}", path.text())));
    all.emplace_back("dfu_state", std::string(to_string(*state)));
    co_return all;
  }
  Recovery recovery(**device, clock, deadline);
  for (const char* name : {"auto-boot", "boot-stage", "build-version"}) {
    std::string variable = name;
    const auto value = co_await recovery.getenv(std::move(variable));
    if (!value) co_return fail(value.error().within(fmt::format("port {}", path.text())));
    std::string key = name;
    key[key.find('-')] = '_';
    all.emplace_back(std::move(key), *value);
  }
  co_return all;
}

std::string shown(const UsbRow& row, const DfuHint& hint, const std::vector<Asked>& asked, bool json) {
  if (json) {
    Json object = Json::parse(json_of(row));
    const auto name = [](std::string_view known) { return known.empty() ? Json() : Json(known); };
    object["dfu_port"] = name(to_string(hint.port));
    object["dfu_keys"] = name(to_string(hint.keys));
    for (const Asked& a : asked) object[a.name] = a.value.empty() ? Json() : Json(a.value);
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  std::string text = fmt::format("{}\n{}\n", heading_of_rows(), text_of(row));
  for (const Asked& a : asked) text += fmt::format("    {} {}\n", a.name, a.value.empty() ? "-" : a.value);
  if (!row.model.empty()) text += fmt::format("    DFU: {}\n", dfu_words(hint, "the Mac"));
  return text;
}

Task<void> identify(UsbBus& bus, UsbTable& table, Clock& clock, const MacPort& port, bool json) {
  if (const auto known = co_await usb_settled(table, clock); !known) co_return known;
  const MacsFile macs = load_macs();
  // In KIS a Mac says who it is only when it is asked; the table tells it then as if it had shown it.
  const auto named = co_await learn_kis(bus, table, clock, port.path);
  const auto row = mac_at(table, port.path, macs.models);
  if (!row) co_return fail(row.error());
  const auto asked = co_await ask(bus, clock, port.path, *row->mode);
  const std::vector<Asked> none;
  if (const auto put = put_out(shown(*row, dfu_hint(*row, macs.models), asked ? *asked : none, json)); !put) co_return put;
  if (!named) co_return fail(named.error());
  if (!asked) co_return fail(asked.error());  // what was known without asking stands there all the same
  co_return Result<void>{};
}

}  // namespace

int mac_identify(const std::vector<std::string>& arguments) {
  constexpr const char* verb = "greenroom mac identify";
  MacOptions options;
  CLI::App app{
      "Who the Mac at a port is. In DFU it is asked for its state, in recovery for auto-boot, boot-stage and build-version; "
      "nothing in it changes.",
      verb};
  add_mac_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  const auto port = mac_port(options);
  if (!port) return refused(verb, port.error());
  return with_mac(verb, port->path, [&port, &options](UsbBus& bus, UsbTable& table, Clock& clock) {
    return identify(bus, table, clock, *port, options.json);
  });
}

}  // namespace greenroom::cli
