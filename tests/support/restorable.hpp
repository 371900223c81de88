// usb-testbed --mode restorable: one model T2 Mac, at 1-4.2 and in DFU, that goes from stage to stage by what it is sent.
#pragma once

#include <string>

namespace greenroom::test {

// Runs the command against it, with all that an engine asks in its environment: the usbmuxd, and proxies to the signing
// server. Writes the IPSW that the Mac takes, and what became of it, one line a fact; each where a path is given. The
// command's exit code.
int run_restorable(char* const* command, const std::string& ipsw, const std::string& report);

}  // namespace greenroom::test
