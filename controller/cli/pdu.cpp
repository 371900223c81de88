// greenroom pdu ...: one PDU on one line, without a room.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
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

struct PduVerb {
  std::string_view name;
  int (*run)(const std::vector<std::string>& arguments);
};
constexpr std::array verbs{
    PduVerb{"dialects", pdu_dialects}, PduVerb{"ports", pdu_ports}, PduVerb{"identify", pdu_identify},
    PduVerb{"read", pdu_read},         PduVerb{"set", pdu_set},     PduVerb{"check", pdu_check},
    PduVerb{"watch", pdu_watch},       PduVerb{"model", pdu_model},
};

// A standard file that its caller closed would be the first thing that a verb opens: a line, say, and then every answer
// would go out on it. What is put in its place cannot be written.
void hold_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDONLY));
  }
}

}  // namespace

int pdu(const std::vector<std::string>& arguments) {
  hold_standard_files();
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads may leave; an outlet is put back all the same
  const std::string verb = arguments.empty() ? "" : arguments.front();
  for (const auto& [name, run] : verbs) {
    if (verb == name) return run({arguments.begin() + 1, arguments.end()});
  }
  if (verb == "--help" || verb == "-h" || verb == "help") { return concluded("greenroom pdu", put_out(help)); }
  std::fprintf(stderr, "greenroom pdu: there is no verb \"%s\"; these are the verbs:\n\n%.*s", verb.c_str(),
               static_cast<int>(help.size()), help.data());
  return 2;
}

}  // namespace greenroom::cli
