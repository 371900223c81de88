#include "controller/cli/doctor_judge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "firmware-bridge/apple_device.hpp"

namespace greenroom::cli {
namespace {

Finding good(std::string what, std::string words) { return {std::move(what), Verdict::good, std::move(words), {}}; }
Finding warn(std::string what, std::string words, std::string remedy) {
  return {std::move(what), Verdict::warn, std::move(words), std::move(remedy)};
}
Finding bad(std::string what, std::string words, std::string remedy) {
  return {std::move(what), Verdict::bad, std::move(words), std::move(remedy)};
}

constexpr const char* new_engine = "build idevicerestore, libirecovery and usbmuxd from git (docs/restoring.md)";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// "host", ".host" and "*.host" of no_proxy mean the host and all below it, "*" every one (curl's rule).
bool excepted(const std::string& host, std::string list) {
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    std::string one = lower(list.substr(at, end - at));
    at = end + 1;
    one.erase(0, one.find_first_not_of(' '));
    one.erase(one.find_last_not_of(' ') + 1);
    if (one == "*") return true;
    one.erase(0, one.find_first_not_of("*."));
    if (one.empty() || host.size() < one.size() || host.compare(host.size() - one.size(), one.size(), one) != 0) continue;
    if (host.size() == one.size() || host[host.size() - one.size() - 1] == '.') return true;
  }
  return false;
}

// How many hubs stand between the machine and this place: "1-4.2.1" has two.
std::size_t hubs_above(const std::string& place) {
  return static_cast<std::size_t>(std::count(place.begin(), place.end(), '.'));
}

std::optional<MacMode> mode_of(const UsbNode& node) {
  if (node.vendor != 0x05ac) return std::nullopt;
  return mode_by_id({*PortPath::parse("host/1-1"), node.vendor, node.product, 0, ""});
}

}  // namespace

Finding judge_rehearsals(const std::set<std::string>& product_types, std::span<const std::string> troubles) {
  const std::string what = "rehearsals";
  const std::string words = product_types.empty() ? "no model was rehearsed here: Macs of each are restored one at a time"
                                                  : fmt::format("{}; Macs of other models are restored one at a time",
                                                                fmt::join(product_types, " "));
  if (!troubles.empty())
    return warn(what, fmt::format("{}; {}", words, fmt::join(troubles, "; ")), "then start the service again");
  if (product_types.empty()) return warn(what, words, "greenroom mac rehearse, with one Mac of each model that may be lost");
  return good(what, words);
}

std::optional<std::string> proxy_for(const std::string& host, std::span<const std::string> environment) {
  const auto value = [environment](const std::string& name) -> std::optional<std::string> {
    for (const std::string& line : environment) {
      if (line.compare(0, name.size() + 1, name + "=") == 0 && line.size() > name.size() + 1)
        return line.substr(name.size() + 1);
    }
    return std::nullopt;
  };
  const auto first = [&value](std::initializer_list<const char*> names) -> std::optional<std::string> {
    for (const char* name : names) {
      if (auto found = value(name)) return found;
    }
    return std::nullopt;
  };
  if (const auto list = first({"no_proxy", "NO_PROXY"}); list && excepted(lower(host), *list)) return std::nullopt;
  auto proxy = first({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  if (!proxy) return std::nullopt;
  if (const std::size_t scheme = proxy->find("://"); scheme != std::string::npos) proxy->erase(0, scheme + 3);
  proxy->erase(std::min(proxy->find('/'), proxy->size()));
  if (const std::size_t user = proxy->rfind('@'); user != std::string::npos) proxy->erase(0, user + 1);  // with its password
  if (proxy->find(':') == std::string::npos) *proxy += ":1080";                                          // curl's own
  return proxy;
}

Finding judge_host(const HostSeen& seen, int patience_s) {
  const std::string what = "host " + seen.host;
  const std::string late = fmt::format("no answer within {} s", patience_s);
  const std::string why = seen.timed_out ? late : seen.error;
  const bool proxied = !seen.proxy.empty();
  const std::string at = fmt::format("{}:{}", seen.host, seen.port);
  switch (seen.reached) {
    case HostStage::resolve:
      if (proxied)
        return bad(what, fmt::format("the proxy {} cannot be resolved: {}", seen.proxy, why),
                   "correct https_proxy in the service's environment, or unset it");
      return bad(what, fmt::format("cannot be resolved: {}", why),
                 "check that this machine has a network, and its name servers (/etc/resolv.conf)");
    case HostStage::connect:
      if (proxied)
        return bad(what, fmt::format("the proxy {} cannot be reached: {}", seen.proxy, why),
                   "correct https_proxy in the service's environment, or unset it");
      return bad(what, fmt::format("{} cannot be reached: {}", at, why), fmt::format("let the firewall pass TCP to {}", at));
    case HostStage::proxy:
      return bad(what, fmt::format("the proxy {} gives no way to {}: {}", seen.proxy, at, why),
                 fmt::format("have it allow CONNECT to {}", at));
    case HostStage::tls:
      return bad(what, fmt::format("{} speaks no TLS: {}", at, why),
                 fmt::format("something on the way answers in its place, a sign-in page or a filter: let {} pass as it is",
                             seen.host));
    case HostStage::done: break;
  }
  const std::string through = proxied ? fmt::format(", through the proxy {}", seen.proxy) : "";
  if (!seen.name_fits)
    return bad(what, fmt::format("answers with the certificate of another host, issued by {}{}", seen.issuer, through),
               fmt::format("something on the way answers in its place: let {} pass as it is", seen.host));
  // Some of Apple's hosts have certificates by Apple's own root, which Debian does not know (gdmf.apple.com, as SOFA notes),
  // so the issuer decides. That all three of ours are issued by Apple is unverified: hence no more than a warning where a
  // root that this machine knows vouches for another.
  if (seen.issuer == "Apple Inc.") return good(what, fmt::format("reached; its certificate is by Apple{}", through));
  const std::string remedy =
      fmt::format("take {} out of TLS inspection: the engine and the Mac accept no other certificate", seen.host);
  if (seen.trusted)
    return warn(what, fmt::format("TLS may be intercepted: its certificate is by {}, not by Apple{}", seen.issuer, through),
                remedy);
  return bad(
      what,
      fmt::format("TLS is intercepted: its certificate is by {}, which this machine does not trust{}", seen.issuer, through),
      remedy);
}

Finding judge_engine(const std::string& name, const Result<EngineVersion>& version) {
  if (!version) return bad("engine", fmt::format("{} {}", name, version.error().message), new_engine);
  const EngineAbility ability = ability_of(*version);
  std::string words = fmt::format("idevicerestore {}", version->text);
  if (!version->libirecovery.empty()) words += fmt::format(", libirecovery {}", version->libirecovery);
  for (const std::string& cannot : {ability.no_t2, ability.no_apple_silicon, ability.no_m3_and_later}) {
    if (!cannot.empty()) words += "; " + cannot;
  }
  if (ability.remedy.empty()) return good("engine", words + "; can restore T2 and Apple silicon");
  return warn("engine", words, ability.remedy);
}

Finding judge_usbmuxd(const std::string& version) {
  if (version.empty()) return bad("usbmuxd", "is not installed; without it no Mac is reached in its restore OS", new_engine);
  // After its last release came --socket, in January 2021, and 05ac:1901 to 1905, in September.
  if (compare_versions(version, "1.1.1") <= 0)
    return warn(
        "usbmuxd",
        fmt::format("{} does not see Macs with Apple silicon in their restore OS, and can have no socket of a job's own",
                    version),
        new_engine);
  return good("usbmuxd", fmt::format("{}; each restore starts one of its own", version));
}

Finding judge_nodes(std::span<const UsbNode> nodes, const std::string& user) {
  std::size_t macs = 0;
  std::string shut;
  for (const UsbNode& node : nodes) {
    if (!mode_of(node)) continue;
    ++macs;
    if (!node.may_open) shut += (shut.empty() ? "" : ", ") + node.place;
  }
  if (macs == 0) return good("usb", fmt::format("no Mac is on USB now, so nothing was tried as {}", user));
  if (!shut.empty())
    return bad("usb", fmt::format("{} may not open the Macs at {}", user, shut),
               "set up the rules that `greenroom room udev` prints, then plug them in again");
  return good("usb",
              fmt::format("{} may open {}", user, macs == 1 ? "the Mac on USB" : fmt::format("all {} Macs on USB", macs)));
}

Finding judge_fence(std::span<const std::string> rules_files) {
  if (rules_files.empty())
    return warn("fence", "no udev rule gives a Mac to its own slot: one restore at a time on this machine",
                "greenroom room udev --room FILE prints the rules and the users");
  return good("fence", fmt::format("{} {} the Macs to their slots", fmt::join(rules_files, ", "),
                                   rules_files.size() == 1 ? "gives" : "give"));
}

Finding judge_topology(std::span<const UsbNode> nodes) {
  std::size_t hubs = 0, deepest = 0;
  std::string slow, shared, deep;
  for (const UsbNode& node : nodes) {
    if (node.hub && node.place.find('-') != std::string::npos) {
      ++hubs;
      deepest = std::max(deepest, hubs_above(node.place) + 1);
      // A Mac restores at 480 Mbit/s, behind a faster hub as well: its USB 2 half has one upstream of its own.
      if (hubs_above(node.place) == 0 && node.speed_Mbps <= 480)
        shared += fmt::format("; {} shares 480 Mbit/s among {} ports", node.place,
                              node.ports == 0 ? "its" : std::to_string(node.ports));
    }
    if (!mode_of(node)) continue;
    if (node.speed_Mbps != 0 && node.speed_Mbps < 480)
      slow += fmt::format("{}{} ({} Mbit/s)", slow.empty() ? "" : ", ", node.place, node.speed_Mbps);
    if (hubs_above(node.place) >= 3) deep += (deep.empty() ? "" : ", ") + node.place;
  }
  const std::string words = fmt::format("{} hub{}, {} deep at most{}", hubs, hubs == 1 ? "" : "s", deepest, shared);
  if (!slow.empty())
    return warn("topology", fmt::format("{}; too slow for a restore: {}", words, slow),
                "use a USB-C cable that carries data, without an adapter");
  // One hub in between works, three in a row fail (idevicerestore issue 236).
  if (!deep.empty() || deepest >= 3)
    return warn("topology", fmt::format("{}; three hubs in a row fail{}{}", words, deep.empty() ? "" : ": ", deep),
                "plug hubs into the machine, not into hubs");
  return good("topology", words);
}

Finding judge_disk(const std::string& folder, std::optional<std::uint64_t> free_bytes) {
  const std::string what = "disk " + folder;
  if (!free_bytes)
    return warn(what, "cannot be looked at", fmt::format("make {} and give it to the service's user", folder));
  const double gigabytes = static_cast<double>(*free_bytes) / 1e9;
  const std::string words = fmt::format("{:.1f} GB free", gigabytes);
  const char* remedy = "make room there, or put it on a larger disk";
  if (gigabytes < 1) return bad(what, words, remedy);
  // idevicerestore 1.0.0 unpacks the whole system image before it starts; git builds do where it is deflated.
  if (gigabytes < 20) return warn(what, words + "; an engine that unpacks a system image needs 20 GB", remedy);
  return good(what, words);
}

Finding judge_needed_disk(const std::string& folder, std::optional<std::uint64_t> free_bytes) {
  Finding found = judge_disk(folder, free_bytes);
  if (!free_bytes) found.verdict = Verdict::bad;
  return found;
}

Finding judge_clock(int year, bool synchronised) {
  // This was written in 2026.
  if (year < 2026)
    return bad("clock", fmt::format("it says {}, so no certificate of today is valid", year),
               "set the clock, and let systemd-timesyncd keep it");
  if (!synchronised) return warn("clock", "nothing keeps it right", "let systemd-timesyncd or chrony keep it");
  return good("clock", "is kept right");
}

Finding judge_firmware(const Result<FirmwareFolder>& folder) {
  const std::string what = "firmware";
  if (!folder) return warn(what, folder.error().message, "then greenroom firmware add FILE");
  std::string stale, untrusted;
  std::size_t usable = 0;
  for (const FirmwareFile& file : folder->files) {
    if (file.manifest && file.trust == FirmwareTrust::verified) ++usable;
    else if (file.manifest && file.trust == FirmwareTrust::kept) stale += (stale.empty() ? "" : ", ") + file.name;
    else
      untrusted += fmt::format("{}{} ({})", untrusted.empty() ? "" : ", ", file.name,
                               file.trouble.empty() ? to_string(file.trust) : file.trouble);
  }
  if (folder->files.empty()) return warn(what, fmt::format("{} has no IPSW", folder->path), "greenroom firmware add FILE");
  if (!untrusted.empty())
    return warn(what, fmt::format("no Mac gets {}", untrusted), "greenroom firmware add or check, or delete");
  if (!stale.empty())
    return warn(what, fmt::format("not verified since this machine started: {}", stale), "greenroom firmware check --stale");
  return good(what, fmt::format("{} IPSW, verified", usable));
}

Finding judge_verified(const Result<FirmwareFolder>& folder) {
  const std::string what = "firmware";
  if (!folder) return bad(what, folder.error().message, "then greenroom firmware add FILE");
  const auto usable = [](const FirmwareFile& f) { return f.manifest && f.trust == FirmwareTrust::verified; };
  const auto count = std::count_if(folder->files.begin(), folder->files.end(), usable);
  if (count > 0) return good(what, fmt::format("{} IPSW, verified", count));
  if (folder->files.empty()) return bad(what, fmt::format("{} has no IPSW", folder->path), "greenroom firmware add FILE");
  return bad(what, fmt::format("no IPSW in {} was verified since this machine started", folder->path),
             "greenroom firmware check --stale");
}

}  // namespace greenroom::cli
