// The model engine as a process of its own (`greenroom model-engine`): prints what idevicerestore prints, reaches its Mac
// in DFU and recovery over the world's socket, and in restore mode only through the socket that USBMUXD_SOCKET_ADDRESS
// names, as the real one reaches usbmuxd: held silent by the gate, it waits, gives up after its own time, and has erased
// nothing. Blocking, one thread. It needs its world and nothing else of ours: a service that dies does not end it.
#pragma once

#include <cstdint>
#include <string>

#include "controller/simulate/engine_run.hpp"

namespace greenroom::sim {

struct RemoteEngineOptions {
  std::string world;    // the world's socket
  std::string usbmuxd;  // path of the gate's socket; empty: there is none, and no way past
  std::uint64_t ecid{};
  std::uint64_t run{};  // the effect that started it
  RestoreKind kind{RestoreKind::erase};
  double speed{1};
};

// Runs to the engine's end and returns its exit code: 0 done, 1 failed, also when the world goes.
int run_remote_engine(const RemoteEngineOptions&);

}  // namespace greenroom::sim
