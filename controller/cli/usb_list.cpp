// greenroom usb list | watch
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "config/macs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/usb_host.hpp"
#include "controller/cli/usb_rows.hpp"
#include "controller/cli/usb_verbs.hpp"

namespace greenroom::cli {
namespace {

bool shown(const UsbRow& row, bool all) { return all || row.mode.has_value(); }

Task<void> list(UsbTable& table, Clock& clock, bool json, bool all) {
  if (const auto known = co_await usb_settled(table, clock); !known) co_return known;
  const MacsFile macs = load_macs();
  std::vector<UsbRow> rows;
  for (const auto& [path, place] : table.places().all()) {
    if (!place.device) continue;
    UsbRow row = row_of(*place.device, macs.models);
    if (shown(row, all)) rows.push_back(std::move(row));
  }
  if (json) {
    std::string array;
    for (const UsbRow& row : rows) array += (array.empty() ? "" : ",") + json_of(row);
    co_return put_out("[" + array + "]\n");
  }
  if (rows.empty())
    std::fputs("greenroom usb list: no Mac shows itself on USB; a booted Mac does so only with macOS running\n", stderr);
  std::string lines = rows.empty() ? "" : heading_of_rows() + "\n";
  for (const UsbRow& row : rows) lines += text_of(row) + "\n";
  co_return put_out(lines);
}

}  // namespace

int usb_list(const std::vector<std::string>& arguments) {
  bool json = false, all = false;
  CLI::App app{
      "Every Mac on this machine's USB: port path, mode, ECID, model and serial number, as far as it tells them in "
      "its mode. Nothing is written to any.",
      "greenroom usb list"};
  app.add_flag("--json", json, "an array, on one line");
  app.add_flag("--all", all, "every device, hubs as well");
  if (const auto code = parsed(app, arguments)) return *code;
  return with_usb("greenroom usb list",
                  [json, all](UsbBus&, UsbTable& table, Clock& clock) { return list(table, clock, json, all); });
}

int usb_watch(const std::vector<std::string>& arguments) {
  bool json = false, all = false;
  double for_s = 0;
  CLI::App app{"What comes, changes mode and leaves, one a line.", "greenroom usb watch"};
  app.add_flag("--json", json, "one JSON object a line");
  app.add_flag("--all", all, "every device, hubs as well");
  app.add_option("--for", for_s, "ends after so many seconds; without it on a signal")->check(CLI::Range(0.1, 1e6));
  if (const auto code = parsed(app, arguments)) return *code;
  const MacsFile macs = load_macs();
  return with_usb("greenroom usb watch", [&](UsbBus&, UsbTable& table, Clock& clock) -> Task<void> {
    const TimePoint start = clock.now();
    Result<void> put;
    table.on_change([&table, &clock, &macs, &put, start, json, all](const PortPath& path, const UsbSighting* now) {
      const UsbPlace* known = table.places().at(path);
      if (known == nullptr) return;  // USB itself failed, which ends the watch
      const UsbPlace& place = *known;
      const UsbRow row = row_of(now != nullptr ? *now : *place.before, macs.models);
      if (!shown(row, all)) return;
      const Duration at = clock.now() - start;
      const std::string line =
          json ? json_of(table.last_change(), row, place, at) : text_of(table.last_change(), row, place, at);
      if (put) put = put_out(line + "\n");
    });
    const TimePoint end = for_s > 0 ? start + seconds_of(for_s) : never;
    auto watched = co_await usb_until(table, end);
    co_return watched ? put : watched;
  });
}

}  // namespace greenroom::cli
