// What `greenroom mac restore`, `revive` and `rehearse` share: one Mac at one port, an engine behind its gate, and the way
// back (rules.md R4, R14).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controller/cli/mac_port.hpp"
#include "controller/cli/mac_restore_gate.hpp"
#include "controller/cli/readiness.hpp"
#include "controller/cli/real_engines.hpp"
#include "firmware-bridge/process_engine.hpp"

namespace greenroom::cli {

struct RestoreOptions {
  MacOptions mac;
  EngineOptions engine;
  std::string serial, build;
  std::string jobs;  // directory of the runs' files and of approvals.jsonl
  std::string does;  // what the approval says
  bool no_hosts{};
  RestoreKind kind{};
};
void add_restore_options(CLI::App&, RestoreOptions&);
// As an option, or asked for at a terminal with these words.
Result<SerialNumber> typed_serial(const RestoreOptions&, const char* question);

// The Mac, and what drives it. All of it outlives the work.
struct MacAtHand {
  MacAtHand(const RestoreOptions& o, const MacPort& p, const SerialNumber& s, const char* v, asio::any_io_executor e,
            UsbBus& b, UsbTable& t, Clock& c, bool& owns)
      : options(o), port(p), serial(s), verb(v), executor(std::move(e)), bus(b), table(t), clock(c), engine_owns(owns) {}
  const RestoreOptions& options;
  const MacPort& port;
  const SerialNumber& serial;  // typed
  const char* verb;
  asio::any_io_executor executor;
  UsbBus& bus;
  UsbTable& table;
  Clock& clock;
  bool& engine_owns;  // the port: nothing of ours is sent there
};

// Makes the directory of jobs, takes this machine's USB, and does the work; the exit code. A signal is a failure.
int with_mac_at_hand(const RestoreOptions&, const MacPort&, const SerialNumber&, const char* verb,
                     const std::function<Task<void>(MacAtHand)>& work);

// In DFU, with an ECID of its own: by what the engine knows it.
Task<RestoreOrder> into_dfu(const MacAtHand&);
// The port's own way into DFU, and out of it.
UsbMacActions actions_at(const MacAtHand&);

// One run of the engine, and what became of it.
struct EngineRun {
  JobId id{};
  bool permitted{};
  std::string refused;
  Readiness machine;  // as it was seen last
};
// What every Mac's run would fail by is found, and the approval durable, before this one is touched.
Task<EngineRun> may_begin(const MacAtHand&, RealEngines&);
// Hosts, firmware, disk and clock, as they are now. Errc::refused names what is not well.
Task<Readiness> machine_ready(const MacAtHand&);
std::unique_ptr<ProcessEngine> engine_for(const MacAtHand&, RealEngines&);
Task<void> start_engine(const MacAtHand&, ProcessEngine&, const RestoreOrder&, JobId);

// Opens the gate when the Mac at the order's port says the serial number that was typed; else ends the engine.
asio::awaitable<void> keep_gate(const RestoreOrder&, const MacAtHand&, ProcessEngine&, EngineRun&);
// Until the engine has ended, with `gate` beside it. Fails when it cannot be followed that far; cancellation is off then.
Task<RestoreOutcome> attend(const MacAtHand&, ProcessEngine&, EngineRun&, asio::awaitable<void> gate, ProgressSink);

// A Mac that was refused, or whose run failed, is put back as soon as it shows recovery. What became of it.
Task<std::string> put_back(const MacAtHand&);
std::string by_hand(const PortPath&, const char* when);

}  // namespace greenroom::cli
