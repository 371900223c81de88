#include "controller/cli/mac_port.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "config/reader/reader.hpp"
#include "config/room.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/usb_host.hpp"
#include "hw/serial/open_line.hpp"

namespace greenroom::cli {
namespace {

// "1-4.2" is of this machine, and so is "host/1-4.2", as examples have it.
Result<PortPath> port_here(const std::string& text) {
  const std::string here = host_name();
  const auto slash = text.find('/');
  const std::string host = slash == std::string::npos ? here : text.substr(0, slash);
  const std::string rest = slash == std::string::npos ? text : text.substr(slash + 1);
  auto path = PortPath::parse(fmt::format("{}/{}", here, rest));
  if (!path)
    return fail(Errc::usage, fmt::format("{} is no USB port: it is written as host/1-4.2, as `greenroom usb list` shows it",
                                         greenroom::quoted(text)));
  if (host != here && host != "host")
    return fail(Errc::usage, fmt::format("port {} is on the machine {}, and this one is {}", text, host, here));
  return path;
}

Result<MacPort> port_of_slot(const MacOptions& options) {
  const RoomFile file = load_room(options.room);
  if (complain(file.complaints) || !file.room) return fail(Errc::bad_config, fmt::format("{} is wrong", options.room));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < file.room->slots.size(); ++i) {
    const Slot& slot = file.room->slots[i];
    names.push_back(slot.name);
    if (slot.name != options.slot) continue;
    if (slot.data_port.empty()) return fail(Errc::usage, fmt::format("slot {} has no data_port", slot.name));
    auto path = port_here(slot.data_port);
    if (!path) return fail(path.error().within(fmt::format("slot {}", slot.name)));
    MacPort port(std::move(*path));
    port.entry = slot.dfu_entry;
    port.via = file.dfu_vias[i];
    return port;
  }
  const auto guess = nearest(options.slot, names);
  return fail(Errc::usage, fmt::format("{} has no slot {}{}", options.room, greenroom::quoted(options.slot),
                                       guess ? fmt::format("; did you mean {}?", greenroom::quoted(*guess)) : ""));
}

}  // namespace

DfuHint dfu_hint(const UsbRow& row, std::span<const MacModel> models) {
  const auto model = std::find_if(models.begin(), models.end(), [&row](const MacModel& m) { return m.name == row.model; });
  return model == models.end() ? DfuHint{} : model->dfu;
}

void add_mac_options(CLI::App& app, MacOptions& options) {
  auto* port = app.add_option("--port", options.port, "the USB port, host/1-4.2, as `greenroom usb list` shows it");
  auto* slot = app.add_option("--slot", options.slot, "or a slot of a room file, whose data_port it is");
  auto* room = app.add_option("--room", options.room, "that room file");
  slot->needs(room);
  room->needs(slot);
  port->excludes(slot);
  app.add_flag("--json", options.json, "one JSON value on one line");
}

void add_dfu_options(CLI::App& app, MacOptions& options, double within_s) {
  options.within_s = within_s;
  app.add_option("--via", options.via,
                 "how the Mac is sent the message: macvdmtool, tuxvdmtool[:/dev/i2c-1], or the line of a vdmtool board "
                 "(serial:..., pty:..., tcp:...); by_hand: you are told what to press. Without it as the slot has it, else "
                 "by_hand");
  app.add_option("--within", options.within_s, "seconds that all of it may take")
      ->check(finite_number(1, 3600))
      ->capture_default_str();
}

Result<MacPort> mac_port(const MacOptions& options) {
  if (options.port.empty() && options.slot.empty())
    return fail(Errc::usage, "name the Mac's place: --port, or --slot and --room");
  Result<MacPort> port = fail(Errc::usage, "");
  if (options.slot.empty()) {
    auto path = port_here(options.port);
    if (!path) return fail(path.error());
    port = MacPort(std::move(*path));
  } else {
    port = port_of_slot(options);
  }
  if (!port || !options.via) return port;
  port->entry = DfuEntry::by_hand;
  if (*options.via == "by_hand") return port;
  auto via = parse_dfu_via(*options.via);
  if (!via) return fail(Errc::usage, fmt::format("--via: {}; or by_hand", via.error().message));
  port->entry = DfuEntry::vdm;
  port->via = std::move(*via);
  return port;
}

int refused(const char* verb, const Error& why) {
  std::fprintf(stderr, "%s: %s\n", verb, why.message.c_str());
  return why.code == Errc::usage ? 2 : 1;
}

Result<UsbRow> mac_at(const UsbTable& table, const PortPath& path, std::span<const MacModel> models) {
  const auto seen = table.at(path);
  if (!seen)
    return fail(Errc::device_gone,
                fmt::format("port {}: nothing is plugged in there; `greenroom usb list` shows what is where", path.text()));
  UsbRow row = row_of(*seen, models);
  if (row.mode) return row;
  return fail(Errc::refused, fmt::format("port {}: {}", path.text(), classify(*seen).error().message));
}

std::unique_ptr<DfuMeans> dfu_means(const DfuVia& via, asio::any_io_executor executor, Clock& clock,
                                    const std::string& owner) {
  if (via.kind == DfuVia::Kind::dongle) {
    return dfu_by_dongle(clock, via.text, [executor, &clock, line = via.line, owner] {
      LineSettings settings;
      settings.baud = dongle_baud;
      return open_line(executor, clock, line, settings, owner);
    });
  }
  std::vector<std::string> words{via.kind == DfuVia::Kind::macvdmtool ? "macvdmtool" : "tuxvdmtool"};
  if (!via.bus.empty()) words.insert(words.end(), {"--bus", via.bus});
  return dfu_by_tool(std::move(executor), clock, DfuTool(std::move(words)));
}

DfuMeansOfPorts dfu_means(const MacPort& port, const std::optional<UsbRow>& row, std::span<const MacModel> models,
                          asio::any_io_executor executor, Clock& clock, const char* verb) {
  DfuMeansOfPorts all;
  if (port.entry == DfuEntry::vdm) {
    if (port.via) all.emplace(port.path, dfu_means(*port.via, std::move(executor), clock, verb));
    return all;
  }
  DfuHint hint = row ? dfu_hint(*row, models) : DfuHint{};
  if (port.entry == DfuEntry::by_outlet) hint.keys = DfuKeys::desktop;
  all.emplace(port.path, dfu_by_hand(DfuHands(dfu_words(hint, "the Mac"), restart_by_hand(), [](const std::string& words) {
                std::fprintf(stderr, "%s\n", words.c_str());
              })));
  return all;
}

}  // namespace greenroom::cli
