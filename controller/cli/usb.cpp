// greenroom usb ...: what is plugged in, without a room.
#include <array>
#include <string_view>

#include "controller/cli/options.hpp"
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

constexpr std::array verbs{NamedVerb{"list", usb_list}, NamedVerb{"watch", usb_watch}, NamedVerb{"trace", usb_trace}};

}  // namespace

int usb(const std::vector<std::string>& arguments) { return run_verb("greenroom usb", help, verbs, arguments); }

}  // namespace greenroom::cli
