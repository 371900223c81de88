// greenroom: one program, one verb a job.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "controller/cli/options.hpp"
#include "controller/cli/verbs.hpp"

namespace {

constexpr std::string_view help =
    "greenroom: restores Macs and powers their benches\n"
    "\n"
    "  greenroom demo [options]         a simulated room works through a batch of returned Macs\n"
    "  greenroom serve [options]        runs one room, for months\n"
    "  greenroom model [options]        a simulated world for a service in another process\n"
    "  greenroom simulate wrong-mac     histories in which everything is done wrong: is ever a wrong Mac erased?\n"
    "\n"
    "What a running room says (--data DIR names it, --json prints one JSON value):\n"
    "  greenroom status                 service, alarms, Macs, slots, cases\n"
    "  greenroom slots | slot ID        every slot and what it waits for | all of one\n"
    "  greenroom circuits | pdus        what they carry, against their limits | who answers\n"
    "  greenroom power                  what facilities must see to\n"
    "  greenroom chores | cases         what people do next | what went wrong, and who sees to it\n"
    "  greenroom batch list | show NAME  batches | every Mac of one\n"
    "  greenroom watch [--from SEQ]     every fact, one a line, as it comes\n"
    "What people tell it:\n"
    "  greenroom batch import FILE      a list of Macs (CSV)\n"
    "  greenroom command KIND [words]   lock-out, clear-lock, scan, step-done, close-case, limit, ...\n"
    "\n"
    "One PDU, this machine's USB, or one Mac on it, without a room:\n"
    "  greenroom pdu VERB               dialects, ports, identify, read, set, watch\n"
    "  greenroom usb VERB               list, watch, trace: which Mac is where, in which mode\n"
    "  greenroom mac VERB               identify, dfu, put-back, restore, revive: one Mac at one port\n"
    "  greenroom firmware VERB          list, add, check: the IPSW files, and which one a Mac gets\n"
    "  greenroom doctor                 is this machine fit to restore Macs? engine, usbmuxd, USB, disks, Apple's hosts\n"
    "\n"
    "Files, judged before they are used:\n"
    "  greenroom room check FILE        everything that is wrong with a room file\n"
    "  greenroom room udev --room FILE  udev rules that give each slot's Mac to that slot's user alone\n"
    "  greenroom room map --room FILE   proves outlets and USB ports: one Mac is carried from slot to slot\n"
    "  greenroom recipe check FILE...   everything that is wrong with recipe files\n"
    "  greenroom batch check FILE       everything that is wrong with a batch list (CSV)\n"
    "  greenroom journal VERB --data DIR   show, verify, backup, restore, adopt or retain a room's journal\n"
    "\n"
    "Each verb prints its options with --help. Exit codes: 0 done, 1 failed, 2 used wrongly.\n";

// A standard file that its caller closed would be the first thing that a verb opens: a line, an IPSW, say, and then every
// answer would go out on it. What is put in its place cannot be written.
void hold_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDONLY));
  }
}

namespace cli = greenroom::cli;
using cli::NamedVerb;
constexpr std::array verbs{
    NamedVerb{"demo", cli::demo},         NamedVerb{"serve", cli::serve},
    NamedVerb{"room", cli::room},         NamedVerb{"recipe", cli::recipe},
    NamedVerb{"batch", cli::batch},       NamedVerb{"journal", cli::journal},
    NamedVerb{"gate", cli::gate},         NamedVerb{"status", cli::status},
    NamedVerb{"slots", cli::slots},       NamedVerb{"slot", cli::slot},
    NamedVerb{"circuits", cli::circuits}, NamedVerb{"pdus", cli::pdus},
    NamedVerb{"pdu", cli::pdu},           NamedVerb{"power", cli::power},
    NamedVerb{"cases", cli::cases},       NamedVerb{"chores", cli::chores},
    NamedVerb{"watch", cli::watch},       NamedVerb{"command", cli::command},
    NamedVerb{"model", cli::model},       NamedVerb{"model-engine", cli::model_engine},
    NamedVerb{"usb", cli::usb},           NamedVerb{"mac", cli::mac},
    NamedVerb{"doctor", cli::doctor},     NamedVerb{"firmware", cli::firmware},
    NamedVerb{"simulate", cli::simulate},
};

}  // namespace

int main(int argc, char** argv) {
  hold_standard_files();
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) arguments.emplace_back("--help");
  return cli::run_verb("greenroom", help, verbs, arguments);
}
