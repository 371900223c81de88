// greenroom mac ...: one Mac at one port, without a room's service.
#include <array>
#include <string_view>

#include "controller/cli/mac_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

constexpr std::string_view help =
    "greenroom mac VERB --port host/1-4.2 | --slot NAME --room FILE: one Mac on this machine's USB (--json: one JSON "
    "value)\n"
    "\n"
    "  identify    who it is: mode, ECID, model, serial number; in DFU its state, in recovery its variables\n"
    "  dfu         brings it into DFU\n"
    "  put-back    out of recovery, auto-boot on, or out of DFU: to the system it has\n"
    "  restore     ERASES it and restores it, once it has said the serial number that you typed\n"
    "  revive      restores its system and keeps the data where it can, behind the same gate\n"
    "  rehearse    proves on a sacrificial Mac, once for each model, what a room relies on: ERASES it\n"
    "\n"
    "Refused while a service has this machine's USB. Each verb prints its options with --help. Exit codes: 0 done, 1 "
    "failed,\n"
    "2 used wrongly.\n";

constexpr std::array verbs{NamedVerb{"identify", mac_identify}, NamedVerb{"dfu", mac_dfu},
                           NamedVerb{"put-back", mac_put_back}, NamedVerb{"restore", mac_restore},
                           NamedVerb{"revive", mac_revive},     NamedVerb{"rehearse", mac_rehearse}};

}  // namespace

int mac(const std::vector<std::string>& arguments) { return run_verb("greenroom mac", help, verbs, arguments); }

}  // namespace greenroom::cli
