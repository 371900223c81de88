// A synthetic IPSW for a model T2 Mac: a zip of a BuildManifest.plist, boot images and a system image, all of them small
// and the same in every run. What the engine wants of it: reference as in docs/testing.md. Nothing in it is Apple's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/plist_json.hpp"

namespace greenroom::test {

struct Component {
  std::string name;    // as the manifest calls it
  std::string path;    // in the zip
  std::string tag;     // of four letters, as the engine sends it; empty for what is no IM4P
  Octets payload;      // without its wrapping
  bool by_iboot{};     // sent in recovery mode, with `firmware`
  bool is_firmware{};  // flashed with the rest
  bool is_extra{};     // listed when the device asks for its small firmwares (FUD)
  [[nodiscard]] Octets file() const;
};

struct ModelFirmware {
  std::string product = "iBridge2,4", board = "j132ap";
  std::uint64_t chip = 0x8012, board_id = 0x0c;
  std::string version = "15.6", build = "24G84";
  Octets unique_build;
  std::vector<Component> components;

  [[nodiscard]] const Component& at(std::string_view name) const;
  [[nodiscard]] Octets digest(const Component&) const;  // SHA-384 of the file
};

ModelFirmware t2_firmware();
Plist build_manifest(const ModelFirmware&);
// `without`: a component whose file is left out, though the manifest names it.
void write_ipsw(const std::string& path, const ModelFirmware&, std::string_view without = "");

}  // namespace greenroom::test
