// greenroom mac ...: one Mac at one port, without a room's service.
#include <array>
#include <cstdio>
#include <string_view>

#include "controller/cli/mac_verbs.hpp"
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
    "\n"
    "Refused while a service has this machine's USB. Each verb prints its options with --help. Exit codes: 0 done, 1 "
    "failed,\n"
    "2 used wrongly.\n";

struct MacVerb {
  std::string_view name;
  int (*run)(const std::vector<std::string>& arguments);
};
constexpr std::array verbs{MacVerb{"identify", mac_identify}, MacVerb{"dfu", mac_dfu}, MacVerb{"put-back", mac_put_back}};

}  // namespace

int mac(const std::vector<std::string>& arguments) {
  const std::string verb = arguments.empty() ? "" : arguments.front();
  for (const auto& [name, run] : verbs) {
    if (verb == name) return run({arguments.begin() + 1, arguments.end()});
  }
  if (verb == "--help" || verb == "-h" || verb == "help") {
    std::fwrite(help.data(), 1, help.size(), stdout);
    return 0;
  }
  std::fprintf(stderr, "greenroom mac: there is no verb \"%s\"; these are the verbs:\n\n%.*s", verb.c_str(),
               static_cast<int>(help.size()), help.data());
  return 2;
}

}  // namespace greenroom::cli
