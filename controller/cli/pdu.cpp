// greenroom pdu ...: one PDU on one line, without a room.
#include <array>
#include <csignal>
#include <string_view>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_verbs.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

constexpr std::string_view help =
    "greenroom pdu VERB: one PDU on one line, without a room file (--line URL --dialect ID; --json: one JSON value)\n"
    "\n"
    "  dialects                   which PDUs there are words for, and who says so\n"
    "  ports                      the serial ports of this machine, and who has them\n"
    "  identify                   who answers, what it can do, and who else would read it; without --dialect: who it is\n"
    "  read                       every outlet and bank, once\n"
    "  set OUTLET on|off          switches one outlet, and prints what was read back\n"
    "  check                      the commissioning test, and its sheet\n"
    "  watch                      reads again and again, one line a reading\n"
    "  model                      a simulated PDU on a pty, for other people's programs\n"
    "\n"
    "Each verb prints its options with --help. Exit codes: 0 done, 1 failed, 2 used wrongly.\n";

constexpr std::array verbs{
    NamedVerb{"dialects", pdu_dialects}, NamedVerb{"ports", pdu_ports}, NamedVerb{"identify", pdu_identify},
    NamedVerb{"read", pdu_read},         NamedVerb{"set", pdu_set},     NamedVerb{"check", pdu_check},
    NamedVerb{"watch", pdu_watch},       NamedVerb{"model", pdu_model},
};

}  // namespace

int pdu(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads may leave; an outlet is put back all the same
  return run_verb("greenroom pdu", help, verbs, arguments);
}

}  // namespace greenroom::cli
