// greenroom doctor: is this machine fit to restore Macs, and what would make it so?
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "config/macs.hpp"
#include "controller/cli/doctor_look.hpp"
#include "controller/cli/firmware_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/rehearsal_sheet.hpp"
#include "controller/cli/screen.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom doctor";
using Json = nlohmann::ordered_json;

struct Options {
  FirmwareOptions firmware;
  std::string engine{"idevicerestore"}, usbmuxd{"usbmuxd"}, data;
  std::vector<std::string> hosts;
  int patience_s{5};
  bool needs{};     // only what each restore needs anew
  bool no_hosts{};  // of these all but the hosts
};

// gs signs (the engine asks it); gg and humb are asked by the Mac itself, through the engine. The engine opens those
// connections itself (idevicerestore, fdr.c), so a proxy of the environment carries the first alone.
std::vector<HostAsked> hosts_of(const Options& options) {
  const auto env = environment();
  if (options.hosts.empty())
    return {{"gs.apple.com", 443, proxy_for("gs.apple.com", env).value_or("")},
            {"gg.apple.com", 443, ""},
            {"humb.apple.com", 443, ""}};
  std::vector<HostAsked> hosts;
  for (const std::string& text : options.hosts) {
    HostAsked asked;
    const std::size_t colon = text.rfind(':');
    asked.host = text.substr(0, colon);
    if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), asked.port);
    asked.proxy = proxy_for(asked.host, env).value_or("");
    hosts.push_back(std::move(asked));
  }
  return hosts;
}

std::string user_name() {
  const struct passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : fmt::format("user {}", geteuid());
}

std::string usbmuxd_version(const std::string& program, int patience_s) {
  const auto line = version_line(program, patience_s);  // "usbmuxd 1.1.1-71-g2efa75a"
  if (!line) return {};
  const std::size_t blank = line->find(' ');
  return blank == std::string::npos ? *line : line->substr(blank + 1);
}

int this_year() {
  const std::time_t now = std::time(nullptr);
  struct tm date {};
  return gmtime_r(&now, &date) != nullptr ? date.tm_year + 1900 : 0;
}

void examine_hosts(const Options& options, std::vector<Finding>& all) {
  for (const HostSeen& host : look_at_hosts(hosts_of(options), options.patience_s))
    all.push_back(judge_host(host, options.patience_s));
}

std::vector<Finding> examine_needs(const Options& options) {
  std::vector<Finding> all{judge_needed_disk(options.data, free_bytes(options.data)),
                           judge_verified(read_firmware_folder(options.firmware.folder)),
                           judge_clock(this_year(), clock_is_kept())};
  if (!options.no_hosts) examine_hosts(options, all);
  return all;
}

std::vector<Finding> examine(const Options& options) {
  std::vector<Finding> all;
  const auto version = version_line(options.engine, options.patience_s).and_then([](const std::string& line) {
    return parse_engine_version(line);
  });
  all.push_back(judge_engine(options.engine, version));
  all.push_back(judge_usbmuxd(usbmuxd_version(options.usbmuxd, options.patience_s)));
  const auto nodes = usb_nodes();
  all.push_back(judge_nodes(nodes, user_name()));
  all.push_back(judge_fence(fence_rules()));
  all.push_back(judge_topology(nodes));
  all.push_back(judge_disk(options.data, free_bytes(options.data)));
  all.push_back(judge_firmware(read_firmware_folder(options.firmware.folder)));
  const Rehearsed rehearsed = read_rehearsals(options.data, load_macs().models);
  all.push_back(judge_rehearsals(rehearsed.product_types, rehearsed.troubles));
  all.push_back(judge_clock(this_year(), clock_is_kept()));
  examine_hosts(options, all);
  return all;
}

const char* word(Verdict verdict) { return verdict == Verdict::good ? "good" : verdict == Verdict::warn ? "warn" : "bad"; }

std::string as_json(const std::vector<Finding>& all, bool fit) {
  Json json;
  json["good"] = fit;
  json["findings"] = Json::array();
  for (const Finding& f : all) {
    Json one;
    one["what"] = f.what;
    one["verdict"] = word(f.verdict);
    one["words"] = f.words;
    one["remedy"] = f.remedy.empty() ? Json() : Json(f.remedy);
    json["findings"].push_back(std::move(one));
  }
  return json_line(json);
}

std::string as_text(const std::vector<Finding>& all) {
  std::string text;
  for (const Finding& f : all) {
    text += fmt::format("{:<5} {}: {}\n", word(f.verdict), f.what, plain(f.words));
    if (!f.remedy.empty()) text += fmt::format("      -> {}\n", plain(f.remedy));
  }
  return text;
}

// "HOST" or "HOST:PORT".
std::string host_check(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return text.empty() ? "a host is needed" : "";
  return colon == 0 ? "a host is needed before the colon" : whole_number(1, 65535)(text.substr(colon + 1));
}

}  // namespace

int doctor(const std::vector<std::string>& arguments) {
  Options options;
  const char* data = std::getenv("GREENROOM_DATA");
  options.data = data != nullptr ? data : "/var/lib/greenroom";
  CLI::App app{
      "Looks at what a restore needs: the engine, usbmuxd, USB and its rights, disks, firmware, the clock, and Apple's "
      "hosts. "
      "Writes nothing, and asks no device. Exit code 1 when a restore would fail.",
      verb};
  add_firmware_options(app, options.firmware);
  app.add_option("--data", options.data, "the service's data directory; without it $GREENROOM_DATA")->capture_default_str();
  app.add_option("--engine", options.engine, "the engine's program")->capture_default_str();
  app.add_option("--usbmuxd", options.usbmuxd, "usbmuxd's program")->capture_default_str();
  app.add_option("--host", options.hosts, "HOST or HOST:PORT, asked instead of Apple's; may stand several times")
      ->check(host_check);
  app.add_option("--patience", options.patience_s, "seconds that a host or a program may take")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  app.add_flag("--needs", options.needs, "only what a service asks before each restore: disk, firmware, clock and hosts");
  app.add_flag("--no-hosts", options.no_hosts, "with --needs: hosts are not asked");
  if (const auto code = parsed(app, arguments)) return *code;
  const auto all = options.needs ? examine_needs(options) : examine(options);
  const bool fit = std::none_of(all.begin(), all.end(), [](const Finding& f) { return f.verdict == Verdict::bad; });
  const int code = concluded(verb, put_out(options.firmware.json ? as_json(all, fit) : as_text(all)));
  return code != 0 ? code : fit ? 0 : 1;
}

}  // namespace greenroom::cli
