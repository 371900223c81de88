// The fence of rules.md R9 as the machine's own files: a user for each slot that has a data port, and udev rules that give
// the Mac at that port to that user alone. Pure. Who calls: `greenroom room udev`, which prints them; the service, which
// runs a slot's engine as its user.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controller/domain/room.hpp"
#include "hw/base/result.hpp"

namespace greenroom {

struct SlotUser {
  std::string slot;  // "3-07"
  std::string port;  // "1-4.2", as the kernel names the place on this machine
  std::string user;  // "greenroom-3-07"
};

// The slots whose data port is on this machine, in the order of the room. Errc::bad_config where two slots would share a
// user, a user's name is too long for the system, or no slot has a data port; Errc::usage where all are of other hosts.
Result<std::vector<SlotUser>> slot_users(const Room&, std::string_view host);

// For /etc/udev/rules.d/72-greenroom.rules (udev(7)).
std::string udev_rules(std::span<const SlotUser>);
// For /etc/sysusers.d/greenroom.conf (sysusers.d(5)): these users, and the service's own.
std::string sysusers(std::span<const SlotUser>);

// What this machine has of it, looked up by whoever asks.
struct FenceSigns {
  std::vector<std::string> absent;   // users that the system does not know
  std::optional<std::string> rules;  // what rules_path holds; nothing: there is no such file
  std::string cannot_become;         // why this process may not start engines as them; empty: it may
};
inline constexpr std::string_view rules_path = "/etc/udev/rules.d/72-greenroom.rules";

// What is not set up, and what to do; empty: the fence stands. Without it one restore runs at a time on this machine.
std::string fence_missing(std::span<const SlotUser>, const FenceSigns&);

}  // namespace greenroom
