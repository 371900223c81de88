// An IPSW as a zip file: its directory and its manifest, read without trusting either. Fuzzed.
#pragma once

#include <functional>

#include "firmware-bridge/firmware_manifest.hpp"

namespace greenroom {

// `fd` is a regular file and stays open. Reads the directory and the manifest, not the contents: a whole 15 GB file
// takes some milliseconds. Errc::protocol for one that is truncated, is no zip, or lies; Errc::refused for a good one
// that is for no Mac. The words follow "FILE: " and end with what to do.
Result<FirmwareManifest> read_ipsw(int fd);

// Unpacks every entry to nowhere and compares its CRC-32: finds a download with holes. Takes as long as the disk and the
// inflater do, so never on the loop. `at` hears how many bytes of the archive are done; false from it ends the check with
// Errc::cancelled.
Result<void> check_ipsw_contents(int fd, const std::function<bool(std::uint64_t done)>& at);

}  // namespace greenroom
