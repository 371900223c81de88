// What the firmware verbs share: the folder, its lock, and reading a file whole.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "firmware-bridge/firmware_folder.hpp"

namespace CLI {
class App;
}

namespace greenroom::cli {

int firmware_list(const std::vector<std::string>& arguments);
int firmware_add(const std::vector<std::string>& arguments);
int firmware_check(const std::vector<std::string>& arguments);

// --folder, without which GREENROOM_FIRMWARE, else /var/lib/greenroom/firmware; and --json.
struct FirmwareOptions {
  std::string folder;
  bool json{};
};
void add_firmware_options(CLI::App&, FirmwareOptions&);
void add_firmware_folder(CLI::App&, const char* option, std::string& folder);  // that folder by another name

// Reads `from` to its end, and writes the same to `to` (-1: nowhere). 64 small hex digits. `going` is told how many bytes
// are done; false from it ends the work with Errc::cancelled.
using Going = std::function<bool(std::uint64_t done)>;
Result<std::string> sha256_of(int from, int to, const Going& going);

// {"name", "size_B", "version", ...}: a file as list, add and check tell it.
std::string file_json(const FirmwareFolder&, const FirmwareFile&);

}  // namespace greenroom::cli
