// What the BuildManifest.plist of an IPSW says, as far as a room needs it. Pure; fuzzed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware-bridge/facts/identity.hpp"

namespace greenroom {

// One way to install by erasing, for one board.
struct EraseInstall {
  ChipBoard chip_board;
  std::string device_class;        // "j314sap"
  std::vector<std::string> files;  // in the archive; the engine refuses an archive that lacks one
};

struct FirmwareManifest {
  std::string version;                     // "26.1"
  std::string build;                       // "25B78"; a seed's ends in a small letter, "25B5062a"
  std::vector<std::string> product_types;  // "MacBookPro18,3"; a T2's is "iBridge2,14"
  std::vector<EraseInstall> erase_installs;
  [[nodiscard]] const EraseInstall* for_board(ChipBoard) const;  // null: none
};

// "macos", "bridgeos" (a T2's own system), or "other": no Mac's at all.
std::string_view system_of(const FirmwareManifest&);

// Errc::protocol for what is no such list, is nested too deep or is too large; Errc::refused for a whole one that erases
// no Mac. The words follow "FILE: BuildManifest.plist ".
Result<FirmwareManifest> read_manifest(std::string_view xml);

constexpr std::size_t longest_manifest = 64U
                                         << 20U;  // bytes; one of two phones has 0.6 MB, a universal one some thirty boards

}  // namespace greenroom
