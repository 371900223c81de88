// What the gate starts, each in a process of its own that ends with the gate: the engine, and before it the job's own
// usbmuxd where it has one. All paths are relative to the job's directory, in which the gate works. Used by the gate alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-bridge/job_files.hpp"

namespace greenroom {

// Under the name that usbmuxd itself gives it.
inline constexpr const char* usbmuxd_socket = "mux/usbmuxd";

struct GateOrder {
  std::string directory;
  std::string upstream;              // the socket of a usbmuxd that runs already, or
  std::vector<std::string> usbmuxd;  // what starts one for this job
  std::optional<EngineUser> user;
  std::vector<std::string> engine;
  std::string hold;  // a file that the gate has locked while it lives; empty: none
};

struct Pipe {
  Fd read, write;
};
Pipe make_pipe();
// To the end: it comes when the last writer has closed, by exec or by its end.
std::string read_all(const Fd&);
void say(const Fd&, std::string_view);

// Ends when it answers at usbmuxd_socket; from then on that folder is the gate's alone, and who has the engine's user cannot
// go around the gate. Nothing is left of one that ended, or said nothing for 10 s.
Result<void> start_usbmuxd(const GateOrder&);

// Writes down who gate and engine are (gate.json), durable, before the engine's first instruction. Its pid.
Result<std::int32_t> start_engine(const GateOrder&);
// When it has ended, and with it all that was started here.
ExitRecord reap_engine(std::int32_t pid);

// The last steps of a forked child. Comes back from none: what failed is written to `failed`.
struct ChildRole {
  std::string_view what;  // "the engine"
  const std::vector<std::string>& words;
  const char *out, *err;  // files that take its output
  const char* folder;     // where it runs
};
[[noreturn]] void become_child(const ChildRole&, const std::optional<EngineUser>&, std::int32_t gate, const Fd& failed);
// Dies with the gate: nothing of it may live on unguarded. The gate may have died before this took effect.
void die_with(std::int32_t gate);
// Every child of the gate, and what they left behind.
void end_children();

}  // namespace greenroom
