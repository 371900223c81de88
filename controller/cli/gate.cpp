// greenroom gate: holds one engine and its erase gate. Started by the service; by hand only to look into a fault.
#include <algorithm>
#include <cstdio>

#include "controller/cli/verbs.hpp"
#include "firmware-bridge/gate_process.hpp"

namespace greenroom::cli {

int gate(const std::vector<std::string>& arguments) {
  const auto options_end = std::find(arguments.begin(), arguments.end(), "--");
  if (std::find(arguments.begin(), options_end, "--help") == options_end) return run_gate(arguments);
  std::printf(
      "usage: greenroom gate --job DIR (--upstream SOCKET | --usbmuxd PROGRAM...) [--user UID:GID] [--hold FILE] -- ENGINE "
      "ARGUMENTS...\n"
      "\n"
      "Starts the engine in DIR/work, as that user, with USBMUXD_SOCKET_ADDRESS at DIR/gate.sock, and detaches itself.\n"
      "Connections are held in silence until the file DIR/permit is there; then each is joined with SOCKET, or with the\n"
      "usbmuxd that PROGRAM starts in DIR/usbmuxd and that answers at DIR/mux/usbmuxd before the engine starts; each "
      "option\n"
      "of it is another --usbmuxd. The engine's output is kept in DIR/stdout and DIR/stderr, how it ended in DIR/exit. "
      "Give\n"
      "absolute paths to the engine.\n"
      "Exit codes: 0 the engine runs, 1 it could not be started, 2 used wrongly or DIR's job was started before.\n");
  return 0;
}

}  // namespace greenroom::cli
