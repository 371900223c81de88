// greenroom firmware ...: the IPSW files of a room.
#include <array>
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

constexpr std::array verbs{NamedVerb{"list", firmware_list}, NamedVerb{"add", firmware_add},
                           NamedVerb{"check", firmware_check}};

}  // namespace

int firmware(const std::vector<std::string>& arguments) { return run_verb("greenroom firmware", help, verbs, arguments); }

}  // namespace greenroom::cli
