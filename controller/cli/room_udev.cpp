// greenroom room udev: the fence of a room as files of this machine (config/usb_fence.hpp). Prints; installs nothing.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "config/room.hpp"
#include "config/usb_fence.hpp"
#include "controller/cli/fence.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/setup_files.hpp"
#include "controller/cli/usb_host.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {

int room_udev(const std::vector<std::string>& arguments) {
  std::string file, host = host_name();
  bool users = false, check = false;
  CLI::App app{
      "Rules for udev: the Mac at a slot's USB port belongs to that slot's user, and no other engine can open it.\n"
      "\n"
      "  greenroom room udev --room FILE --users >/etc/sysusers.d/greenroom.conf && systemd-sysusers\n"
      "  greenroom room udev --room FILE >/etc/udev/rules.d/72-greenroom.rules\n"
      "  udevadm control --reload && udevadm trigger --subsystem-match=usb\n",
      "greenroom room udev"};
  app.add_option("--room", file, "room file")->required();
  app.add_option("--host", host, "the machine, as the data ports of the room name it")->capture_default_str();
  app.add_flag("--users", users, "the users that the rules name, for sysusers.d, instead");
  app.add_flag("--check", check, "whether they are set up on this machine; what is missing, and exit code 1")
      ->excludes("--users");
  if (const auto code = parsed(app, arguments)) return *code;
  const RoomFile room = load_room(file);
  if (complain(room.complaints) || !room.room) return 1;
  if (check) {
    const Fence fence = find_fence(*room.room, host);
    if (!fence.missing.empty()) std::fprintf(stderr, "greenroom room udev: %s\n", fence.missing.c_str());
    else std::printf("the fence stands: %zu slots, each with a user of its own\n", fence.users.size());
    return fence.missing.empty() ? 0 : 1;
  }
  const auto slots = slot_users(*room.room, host);
  const Result<void> told = slots ? put_out(users ? sysusers(*slots) : udev_rules(*slots)) : fail(slots.error());
  if (told) return 0;
  std::fprintf(stderr, "greenroom room udev: %s\n", told.error().message.c_str());
  return told.error().code == Errc::usage ? 2 : 1;
}

}  // namespace greenroom::cli
