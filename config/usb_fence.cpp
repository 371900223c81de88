#include "config/usb_fence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/reader/reader.hpp"

namespace greenroom {
namespace {

constexpr std::size_t longest_user = 31;  // sysusers.d(5), user and group names

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out.push_back(lower(c));
  return out;
}

// Nothing of a room file but this and the port's digits reaches the system's files.
std::string user_of(std::string_view slot) {
  std::string user = "greenroom-";
  for (const char c : lower(slot)) user.push_back((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-');
  return user;
}

// "1-04.2" is the kernel's 1-4.2.
std::string kernel_name(std::string_view port) {
  std::string name;
  bool leading = true;
  for (const char c : port) {
    if (leading && c == '0') continue;
    leading = c == '-' || c == '.';
    name.push_back(c);
  }
  return name;
}

}  // namespace

Result<std::vector<SlotUser>> slot_users(const Room& room, std::string_view host) {
  std::vector<SlotUser> users;
  std::set<std::string> elsewhere;
  for (const Slot& slot : room.slots) {
    if (slot.data_port.empty()) continue;
    const std::size_t slash = slot.data_port.find('/');
    const std::string of = lower(slot.data_port.substr(0, slash));
    if (of != lower(host)) {
      elsewhere.insert(of);
      continue;
    }
    SlotUser one{slot.name, kernel_name(std::string_view(slot.data_port).substr(slash + 1)), user_of(slot.name)};
    if (one.user.size() > longest_user) {
      return fail(Errc::bad_config, fmt::format("slot {} would need a user named \"{}\", and {} letters are the most: give "
                                                "it a shorter name",
                                                quoted(slot.name), one.user, longest_user));
    }
    const auto same = std::find_if(users.begin(), users.end(), [&one](const SlotUser& u) { return u.user == one.user; });
    if (same != users.end()) {
      return fail(Errc::bad_config,
                  fmt::format("slots {} and {} would share the user \"{}\": name them apart by letters and digits",
                              quoted(same->slot), quoted(slot.name), one.user));
    }
    users.push_back(std::move(one));
  }
  if (!users.empty()) return users;
  if (elsewhere.empty()) return fail(Errc::bad_config, "no slot has a data port: there is nothing to fence");
  return fail(Errc::usage, fmt::format("no slot has its data port on {}, but on {}: name that machine with --host",
                                       quoted(host), fmt::join(elsewhere, ", ")));
}

// Before 73-seat-late.rules, which opens what is tagged uaccess to whoever sits at the screen, and after 39 and 70, which
// tag. `:=` is final: no later file gives the Mac away. SYSTEMD_WANTS is how 39-usbmuxd.rules starts the system's usbmuxd.
std::string udev_rules(std::span<const SlotUser> users) {
  std::string text =
      "# Greenroom's fence: the Mac at a slot's USB port belongs to that slot's user, and to nobody else.\n"
      "# Made by `greenroom room udev`; make it anew when a slot or a port changes.\n"
      "ACTION==\"remove\", GOTO=\"greenroom_end\"\n"
      "SUBSYSTEM!=\"usb\", GOTO=\"greenroom_end\"\n"
      "ENV{DEVTYPE}!=\"usb_device\", GOTO=\"greenroom_end\"\n"
      "ATTR{idVendor}!=\"05ac\", GOTO=\"greenroom_end\"\n"
      "# WTF, DFU, recovery 1 to 4, Port DFU, KIS: the engine's. Restore mode and booted Macs, T2 too: its usbmuxd's.\n"
      "ATTR{idProduct}!=\"1222|1227|128[0-3]|f014|1881|129?|12a?|190[1-5]|8600\", GOTO=\"greenroom_end\"\n";
  for (const SlotUser& one : users) {
    text += fmt::format("KERNEL==\"{}\", OWNER:=\"{}\", ENV{{GREENROOM_FENCE}}=\"1\"\n", one.port, one.user);
  }
  return text +
         "ENV{GREENROOM_FENCE}==\"1\", MODE:=\"0600\", TAG-=\"uaccess\", ENV{SYSTEMD_WANTS}=\"\"\n"
         "LABEL=\"greenroom_end\"\n";
}

std::string fence_missing(std::span<const SlotUser> users, const FenceSigns& seen) {
  constexpr std::string_view make = "as `greenroom room udev --help` says";
  if (!seen.absent.empty()) {
    return fmt::format("{} of {} users of slots are not there, {} first: make them {}", seen.absent.size(), users.size(),
                       seen.absent.front(), make);
  }
  if (!seen.rules) return fmt::format("{} is not there: make it {}", rules_path, make);
  if (*seen.rules != udev_rules(users)) {
    return fmt::format("{} is not what this room and this version need: make it anew, {}", rules_path, make);
  }
  return seen.cannot_become;
}

std::string sysusers(std::span<const SlotUser> users) {
  std::string text =
      "# Greenroom's service, and a user for each slot with a USB port: its engine runs as that user.\n"
      "# Made by `greenroom room udev --users`.\n"
      "u greenroom - \"Greenroom\" /var/lib/greenroom\n";
  for (const SlotUser& one : users) text += fmt::format("u {} - \"Greenroom slot\"\n", one.user);
  return text;
}

}  // namespace greenroom
