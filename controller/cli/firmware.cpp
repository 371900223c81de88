// greenroom firmware ...: the IPSW files of a room.
#include <array>
#include <cstdio>
#include <string_view>

#include "controller/cli/firmware_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

constexpr std::string_view help =
    "greenroom firmware VERB: the IPSW files of a room, in one folder that all engines read (--folder DIR; --json: one "
    "JSON value)\n"
    "\n"
    "  list        every file: version, build, which Macs it is for, and whether it is to be trusted; which one a Mac gets\n"
    "  add         takes a file into the folder, whole or not at all, and keeps its SHA-256\n"
    "  check       reads the files again and compares\n"
    "\n"
    "Each verb prints its options with --help. Exit codes: 0 done, 1 failed, 2 used wrongly.\n";

struct FirmwareVerb {
  std::string_view name;
  int (*run)(const std::vector<std::string>& arguments);
};
constexpr std::array verbs{FirmwareVerb{"list", firmware_list}, FirmwareVerb{"add", firmware_add},
                           FirmwareVerb{"check", firmware_check}};

}  // namespace

int firmware(const std::vector<std::string>& arguments) {
  const std::string verb = arguments.empty() ? "" : arguments.front();
  for (const auto& [name, run] : verbs) {
    if (verb == name) return run({arguments.begin() + 1, arguments.end()});
  }
  if (verb == "--help" || verb == "-h" || verb == "help") {
    std::fwrite(help.data(), 1, help.size(), stdout);
    return 0;
  }
  std::fprintf(stderr, "greenroom firmware: there is no verb \"%s\"; these are the verbs:\n\n%.*s", verb.c_str(),
               static_cast<int>(help.size()), help.data());
  return 2;
}

}  // namespace greenroom::cli
