// A restore by the stand-in engine that really makes the transfers: an Apple-silicon Mac in DFU, to DONE. Options, lines,
// waits and exit codes of a git build (engine.md); of the lines, those that say where it stands and why it ends.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace greenroom::test::engine {

struct RunOptions {
  std::uint64_t ecid = 0;
  std::string ipsw, server;  // server: of -s
  // speed N, hang TEXT; spoil NAME: one byte of that component is another one, "ticket" of the Mac's own ticket,
  // "RootTicket" of that answer; skip TEXT: the commands of recovery that begin so are left out.
  std::map<std::string, std::string> orders;
};

int run_transfers(const RunOptions&);  // the exit code

}  // namespace greenroom::test::engine
