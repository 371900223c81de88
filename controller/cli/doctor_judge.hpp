// What `greenroom doctor` makes of what it saw on this machine. Pure; doctor_look.hpp looks.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "firmware-bridge/engine_compat.hpp"
#include "firmware-bridge/firmware_folder.hpp"

namespace greenroom::cli {

enum class Verdict { good, warn, bad };  // bad: a restore will fail. warn: it may, or some will

struct Finding {
  std::string what;  // "host gs.apple.com"
  Verdict verdict{};
  std::string words, remedy;  // remedy: empty when good
};

// How far a connection came.
enum class HostStage { resolve, connect, proxy, tls, done };
struct HostSeen {
  std::string host;
  std::uint16_t port{443};
  std::string proxy;                      // "10.0.0.1:3128", where the environment names one for this host
  HostStage reached{HostStage::resolve};  // the stage it failed in, or done
  bool timed_out{};
  std::string error;   // of that stage, as the system words it
  std::string issuer;  // the organisation that issued the certificate, or its name
  bool trusted{};      // by a root that this machine knows
  bool name_fits{};
};
Finding judge_host(const HostSeen&, int patience_s);

// `name` is what was looked for; an error when it could not be run, or is another program.
Finding judge_engine(const std::string& name, const Result<EngineVersion>&);

// "1.1.1-71-g2efa75a"; empty: there is no such program.
Finding judge_usbmuxd(const std::string& version);

// A device of Apple's, or a hub, as sysfs names it.
struct UsbNode {
  std::string place;  // "1-4.2"; "usb1" is bus 1 itself
  std::uint16_t vendor{}, product{};
  bool hub{};
  unsigned speed_Mbps{}, ports{};  // ports: of a hub
  bool may_open{};                 // by this user
};
Finding judge_nodes(std::span<const UsbNode>, const std::string& user);
Finding judge_topology(std::span<const UsbNode>);
// The rules files that name the ids of Port DFU and Debug USB, which libirecovery's own rules lack.
Finding judge_fence(std::span<const std::string> rules_files);

Finding judge_disk(const std::string& folder, std::optional<std::uint64_t> free_bytes);
// Before a restore: what cannot be looked at is not taken for well.
Finding judge_needed_disk(const std::string& folder, std::optional<std::uint64_t> free_bytes);
Finding judge_clock(int year, bool synchronised);
Finding judge_firmware(const Result<FirmwareFolder>&);
// Is there any that an engine may be given: whole, and its digest verified since this machine started?
Finding judge_verified(const Result<FirmwareFolder>&);

// The models whose rehearsal passed on this machine, by product type, and what is no sheet of one.
Finding judge_rehearsals(const std::set<std::string>& product_types, std::span<const std::string> troubles);

// "NAME=value" lines of the environment that curl, and so the engine, takes for this host; nothing: straight on.
std::optional<std::string> proxy_for(const std::string& host, std::span<const std::string> environment);

}  // namespace greenroom::cli
