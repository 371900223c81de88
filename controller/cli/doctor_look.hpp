// Looks at this machine for `greenroom doctor`. Whatever may take long is done in a child process, which is ended at its
// deadline: a name server, a host or a program that says nothing holds up nobody.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "controller/cli/doctor_judge.hpp"

namespace greenroom::cli {

struct HostAsked {
  std::string host;
  std::uint16_t port{443};
  std::string proxy;  // "10.0.0.1:3128"; empty: straight on
};
// All at the same time: it takes `patience_s` at most, whatever their number.
std::vector<HostSeen> look_at_hosts(std::span<const HostAsked>, int patience_s);

// What `program --version` prints first. Errc::usage where there is no such program, Errc::timeout where it says nothing.
Result<std::string> version_line(const std::string& program, int patience_s);

std::vector<UsbNode> usb_nodes();
std::vector<std::string> fence_rules();
std::optional<std::uint64_t> free_bytes(const std::string& folder);
bool clock_is_kept();
std::vector<std::string> environment();

}  // namespace greenroom::cli
