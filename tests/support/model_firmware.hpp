// Synthetic IPSWs for model Macs: a zip of a BuildManifest.plist, boot images and a system image, all of them small and the
// same in every run. What the engine wants of it: reference as in docs/testing.md. Nothing in it is Apple's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/plist_json.hpp"

namespace greenroom::test {

struct Component {
  std::string name;    // as the manifest calls it
  std::string path;    // in the zip; empty for what the engine makes by itself
  std::string tag;     // of four letters, as the engine sends it; empty for what is no IM4P
  Octets payload;      // without its wrapping
  bool by_iboot{};     // sent in recovery mode, with `firmware`
  bool by_ibss{};      // already in the first recovery
  bool is_firmware{};  // flashed with the rest
  bool is_extra{};     // listed when the device asks for its small firmwares (FUD)
  [[nodiscard]] Octets file() const;
  [[nodiscard]] bool trusted() const;  // stands in the restore's ticket
};

// What a Mac in Port DFU wants first.
constexpr const char* port_firmware = "USBPortController1,USBFirmware";

struct ModelFirmware {
  std::string product = "iBridge2,4", board = "j132ap";
  std::uint64_t chip = 0x8012, board_id = 0x0c;
  std::string version = "15.6", build = "24G84";
  std::string macos_variant;  // "macOS Customer" takes the engine to the path of Apple silicon; a T2 has none
  Octets unique_build;
  std::vector<Component> components;
  std::map<std::string, Octets> files;  // in the zip beside the components, by path

  [[nodiscard]] bool apple_silicon() const { return !macos_variant.empty(); }
  [[nodiscard]] const Component& at(std::string_view name) const;
  [[nodiscard]] Octets digest(const Component&) const;  // SHA-384 of the file
};

ModelFirmware t2_firmware();
ModelFirmware m1_firmware();  // of a MacBook Air of 2020, chip 8103, board 26
Plist build_identity(const ModelFirmware&);
Plist build_manifest(const ModelFirmware&);
// Where the ticket of the whole build lies in the zip, for every Mac of its board.
std::string global_manifest(const ModelFirmware&);
// `without`: a component whose file is left out, though the manifest names it.
void write_ipsw(const std::string& path, const ModelFirmware&, std::string_view without = "");

}  // namespace greenroom::test
