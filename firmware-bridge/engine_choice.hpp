// What is started for one job on a real Mac: the engine's command line for the Mac that stands at the job's port, with the
// image of the firmware library that it gets, or why nothing may be started. Pure. Who calls: the service, which looks at
// the programs, at USB and at the disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-bridge/engine_compat.hpp"
#include "firmware-bridge/firmware_folder.hpp"
#include "firmware-bridge/process_engine.hpp"

namespace greenroom {

// The words that start one for a job, from what `program --help` prints: its socket where the gate looks for it, no file of
// its pid, its folder the one it runs in (gate_process.hpp), and no pairing with a Mac that it sees. Errc::refused for one
// that can have no socket of its own.
Result<std::vector<std::string>> usbmuxd_words(const std::string& program, std::string_view help);

struct EngineAtHand {
  std::string program;  // an absolute path, or a name to be found in PATH
  EngineVersion version;
  std::vector<std::string> usbmuxd;  // empty: one that runs already
};

// What Macs of one model would be restored with, before one stands at a port.
struct Prospect {
  std::string build;  // empty: none fits; known.why says what is wrong
  KnownAs known;      // bad also where the engine or the folder cannot do it, with cause and remedy
};
Prospect prospect_of(const EngineVersion&, std::span<const EngineRow>, const std::string& family,
                     const std::string& product_type, ChipBoard, std::string_view which, const FirmwareFolder&);

// `seen`: the device at the job's port; null: none. The job's firmware is the recipe's word for it ("macos", "25B78").
// Errc::refused with cause and remedy, also where the job was decided with another engine or build than it would get.
Result<EngineCommand> choose_engine(const RestoreJob&, const EngineAtHand&, const UsbSighting* seen, const FirmwareFolder&,
                                    const std::optional<EngineUser>&);

}  // namespace greenroom
