// greenroom usb ...: what is plugged in, without a room.
#include <array>
#include <cstdio>
#include <string_view>

#include "controller/cli/usb_verbs.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

constexpr std::string_view help =
    "greenroom usb VERB: the Macs on this machine's USB, without a room file (--json: one JSON value)\n"
    "\n"
    "  list        every Mac: its port path, mode, ECID, model, serial number\n"
    "  watch       what comes, changes mode and leaves, one a line, until it is told to end\n"
    "  trace       records what comes and leaves, and what is read of it, as text; or replays that\n"
    "\n"
    "Each verb prints its options with --help. Exit codes: 0 done, 1 failed, 2 used wrongly.\n";

struct UsbVerb {
  std::string_view name;
  int (*run)(const std::vector<std::string>& arguments);
};
constexpr std::array verbs{UsbVerb{"list", usb_list}, UsbVerb{"watch", usb_watch}, UsbVerb{"trace", usb_trace}};

}  // namespace

int usb(const std::vector<std::string>& arguments) {
  const std::string verb = arguments.empty() ? "" : arguments.front();
  for (const auto& [name, run] : verbs) {
    if (verb == name) return run({arguments.begin() + 1, arguments.end()});
  }
  if (verb == "--help" || verb == "-h" || verb == "help") {
    std::fwrite(help.data(), 1, help.size(), stdout);
    return 0;
  }
  std::fprintf(stderr, "greenroom usb: there is no verb \"%s\"; these are the verbs:\n\n%.*s", verb.c_str(),
               static_cast<int>(help.size()), help.data());
  return 2;
}

}  // namespace greenroom::cli
