// `greenroom gate`: the supervisor and the gate (rules.md R4) of one engine job, a small process of its own that
// outlives whoever starts it. One call starts it; nothing else is shared but files in the job's directory:
//   lock       held while the gate lives; a second gate for one job is turned away
//   work/      where the engine runs, its own to write in; when it has ended the gate removes all but *.log
//   gate.sock  what the engine takes for usbmuxd; made before the engine, because libusbmuxd never finds a socket that is
//              absent when it starts
//   gate.json  who the gate and the engine are (job_record.hpp), durable before the engine's first instruction
//   permit     made by the controller. Until it is there, connections to gate.sock are taken and held in silence; then
//              each is joined, byte for byte, with a connection of its own to the upstream socket
//   usbmuxd/, mux/usbmuxd  of a job with a usbmuxd of its own: where that runs, and its socket, the upstream one. It is
//              started first and heard to answer, because without it an engine fails after five minutes, when the Mac has
//              left DFU; usbmuxd.log has its words. Before the engine starts, mux/ is shut to its user: there is one way
//   stdout, stderr  the engine's; gate.log  the gate's own troubles
//   exit       how the engine ended, durable, after stdout and stderr are
// Engine and usbmuxd die with their gate (PR_SET_PDEATHSIG), so neither works unguarded. It runs in the job's work/ and
// reaches the socket as ../gate.sock, because a UNIX socket's path has room for 107 bytes and the data directory may lie
// deeper: name every path of it absolutely.
//
// With a user (rules.md R9) both are that user, without groups and without a way back; the gate stays who it is, so
// that the engine can neither write its own permit nor end its gate. This takes root, or the capabilities that
// config/systemd/greenroom.service gives; else nothing is started.
#pragma once

#include <string>
#include <vector>

#include "firmware-bridge/job_files.hpp"

namespace greenroom {

// A path longer than 107 bytes is reached through a handle of its directory. Not blocking.
Result<Fd> connect_unix(const std::string& path);

// Whether this process may run an engine as another user: Errc::refused with the capabilities that it lacks.
Result<void> check_may_become(const EngineUser&);

// Serves gate.sock in the working directory, the job's, until the engine's process ends.
void serve_gate(Fd listener, Fd directory_watch, Fd engine, std::string upstream);

// What follows the verb: --job DIR (--upstream SOCKET | --usbmuxd PROGRAM, and its options each as another --usbmuxd)
// [--user UID:GID] [--hold FILE, locked while the gate lives] -- ENGINE ARGUMENTS... Comes back when the engine runs and the
// gate has detached itself (0), or was not started: 1 with cause and remedy on stderr, 2 used wrongly or the job was started
// before. In the detached process it does not come back.
int run_gate(const std::vector<std::string>& arguments);

}  // namespace greenroom
