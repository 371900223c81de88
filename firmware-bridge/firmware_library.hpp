// The firmware of a room: IPSW files in one folder, which all engines read and none writes. Which of them a Mac gets is
// judged here, from values; firmware_folder.hpp reads the disk. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-bridge/firmware_manifest.hpp"

namespace greenroom {

// By this a file is the one that was hashed: what was written into or put in its place since has another.
struct FileMark {
  std::uint64_t size{}, inode{}, mtime_ns{};
  bool operator==(const FileMark&) const = default;
};

// What is kept of a file beside it, in FOLDER/greenroom-firmware.json. The digest belongs to the file, not to a room: it
// is found by every service and verb that uses the folder, and goes with it. It guards against a disk that decays and a
// copy that was cut off; against forgery the Mac itself is on guard, which starts only what Apple has signed.
struct DigestRecord {
  std::string name;  // in the folder
  FileMark mark;
  std::string sha256;  // as it was added, 64 small hex digits
  std::string found;   // as it was last hashed
  std::string boot;    // the machine's start (boot_id) in which that was
};
std::string print(const std::vector<DigestRecord>&);
// Errc::storage for what is no such list.
Result<std::vector<DigestRecord>> parse_digests(std::string_view);

enum class FirmwareTrust {
  verified,  // hashed since this machine started, and not touched since
  kept,      // hashed before that
  changed,   // its size, time or inode is another than when it was hashed
  damaged,   // hashed, and not what was added
  unknown,   // never added
};
std::string_view to_string(FirmwareTrust);
FirmwareTrust trust_in(const FileMark&, const DigestRecord*, std::string_view boot);

struct FirmwareFile {
  std::string name;
  FileMark mark;
  std::optional<FirmwareManifest> manifest;  // nothing: trouble says why
  std::string trouble;
  std::string sha256;  // empty: never added
  FirmwareTrust trust{FirmwareTrust::unknown};
};

// "26.1" after "15.6"; "25B78" after "25A354". Below 0: the first is older.
int compare_versions(std::string_view, std::string_view);
int compare_builds(std::string_view, std::string_view);
// A beta: Apple's build numbers of betas end in a small letter. Taken only where a recipe names that very build.
bool is_seed(std::string_view build);

// `which` is a recipe's word (its `firmware`): "macos" or "bridgeos" for the newest of that system, or one build
// ("25B78") or version ("26.1").
struct FirmwareChoice {
  const FirmwareFile* file{};  // never null
  std::string why;
};
// Errc::refused with the cause and the remedy when the library has none for this Mac.
Result<FirmwareChoice> choose_firmware(std::span<const FirmwareFile>, ChipBoard, std::string_view which);

// The other file of the same build for the same models; null: none. Their digests, where both are known, tell whether it
// is a copy or one of the two is not what it says.
const FirmwareFile* same_as(std::span<const FirmwareFile>, const FirmwareFile&);

}  // namespace greenroom
