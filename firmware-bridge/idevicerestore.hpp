// The command line of idevicerestore for one job, by the engine's generation. Pure. Who calls: what starts engines, as
// EngineProgram's `command`.
#pragma once

#include <string>

#include "firmware-bridge/engine_compat.hpp"
#include "firmware-bridge/process_engine.hpp"

namespace greenroom {

// `program`: an absolute path, or a name to be found in PATH. The job's firmware must be an absolute path: the engine runs
// in a directory of the job's and keeps there what it unpacks.
EngineCommand idevicerestore_command(std::string program, EngineGeneration, const RestoreJob&);

}  // namespace greenroom
