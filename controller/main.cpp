// greenroom: one program, one verb a job.
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

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
    "  greenroom mac VERB               identify, dfu, put-back: one Mac at one port\n"
    "  greenroom firmware VERB          list, add, check: the IPSW files, and which one a Mac gets\n"
    "  greenroom doctor                 is this machine fit to restore Macs? engine, usbmuxd, USB, disks, Apple's hosts\n"
    "\n"
    "Files, judged before they are used:\n"
    "  greenroom room check FILE        everything that is wrong with a room file\n"
    "  greenroom room udev --room FILE  udev rules that give each slot's Mac to that slot's user alone\n"
    "  greenroom recipe check FILE...   everything that is wrong with recipe files\n"
    "  greenroom batch check FILE       everything that is wrong with a batch list (CSV)\n"
    "  greenroom journal VERB --data DIR   show, verify, backup, restore, adopt or retain a room's journal\n"
    "\n"
    "Each verb prints its options with --help. Exit codes: 0 done, 1 failed, 2 used wrongly.\n";

struct Verb {
  std::string_view name;
  int (*run)(const std::vector<std::string>& arguments);
};

namespace cli = greenroom::cli;
constexpr std::array verbs{
    Verb{"demo", cli::demo},         Verb{"serve", cli::serve},
    Verb{"room", cli::room},         Verb{"recipe", cli::recipe},
    Verb{"batch", cli::batch},       Verb{"journal", cli::journal},
    Verb{"gate", cli::gate},         Verb{"status", cli::status},
    Verb{"slots", cli::slots},       Verb{"slot", cli::slot},
    Verb{"circuits", cli::circuits}, Verb{"pdus", cli::pdus},
    Verb{"pdu", cli::pdu},           Verb{"power", cli::power},
    Verb{"cases", cli::cases},       Verb{"chores", cli::chores},
    Verb{"watch", cli::watch},       Verb{"command", cli::command},
    Verb{"model", cli::model},       Verb{"model-engine", cli::model_engine},
    Verb{"usb", cli::usb},           Verb{"mac", cli::mac},
    Verb{"doctor", cli::doctor},     Verb{"firmware", cli::firmware},
    Verb{"simulate", cli::simulate},
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> all(argv + 1, argv + argc);
  const std::string verb = all.empty() ? "--help" : all.front();
  const std::vector<std::string> rest(all.begin() + (all.empty() ? 0 : 1), all.end());
  for (const auto& [name, run] : verbs) {
    if (verb == name) return run(rest);
  }
  if (verb == "--help" || verb == "-h" || verb == "help") {
    std::fwrite(help.data(), 1, help.size(), stdout);
    return 0;
  }
  std::fprintf(stderr, "greenroom: there is no verb \"%s\"; these are the verbs:\n\n%.*s", verb.c_str(),
               static_cast<int>(help.size()), help.data());
  return 2;
}
