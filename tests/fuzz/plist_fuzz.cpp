// Hostile BuildManifest.plist: no crash of ours or of libplist, and what is taken holds what a choice rests on.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "firmware-bridge/firmware_manifest.hpp"

using namespace greenroom;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = read_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) {
    require(!manifest.error().message.empty() && manifest.error().message.size() < 400);
    return 0;
  }
  require(!manifest->version.empty() && !manifest->build.empty() && !manifest->erase_installs.empty());
  require(system_of(*manifest) != "other");
  for (const EraseInstall& install : manifest->erase_installs) {
    require(manifest->for_board(install.chip_board) != nullptr);
    for (const std::string& file : install.files) require(!file.empty());
  }
  return 0;
}
