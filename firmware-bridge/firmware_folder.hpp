// The folder of firmware on disk: what is there, and what is kept of it (firmware_library.hpp judges). Reads; a verb of the
// command line writes, under a lock. Who calls: the firmware verbs, and whoever starts a restore.
#pragma once

#include "firmware-bridge/firmware_library.hpp"

namespace greenroom {

struct FirmwareFolder {
  std::string path;
  std::uint64_t free_bytes{};       // for this user
  std::string boot;                 // this start of the machine
  std::vector<FirmwareFile> files;  // *.ipsw, in the order of names
  std::vector<DigestRecord> digests;
};

// One that cannot be read, or is no IPSW for Macs, is listed with its trouble. Errc::storage when the folder itself or its
// list of digests cannot be read. Of a file that is as it was `before`, the manifest is not unpacked again.
Result<FirmwareFolder> read_firmware_folder(const std::string& path, const FirmwareFolder& before = {});

// One file, as it would stand in that list.
FirmwareFile read_firmware_file(const std::string& path, const DigestRecord*, std::string_view boot,
                                const FirmwareFile* before = nullptr);

const DigestRecord* record_of(const FirmwareFolder&, std::string_view name);  // null: none

// Writes the folder's list of digests, whole or not at all, and durable.
Result<void> write_digests(const FirmwareFolder&);

}  // namespace greenroom
