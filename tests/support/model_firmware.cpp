#include "tests/support/model_firmware.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>
#include <zip.h>

#include <set>
#include <stdexcept>

#include "tests/support/img4.hpp"

namespace greenroom::test {
namespace {

std::string hex_number(std::uint64_t value) { return fmt::format("0x{:02X}", value); }

// Where a component is sent under another tag than its file has, the engine writes it in: iBoot knows by the tag what an
// image is for. Seen of 1.0.0.
std::string tag_in_file(const Component& c) {
  if (c.name == "RestoreKernelCache") return "krnl";
  if (c.name == "RestoreDeviceTree") return "dtre";
  if (c.name == "RestoreSEP") return "sepi";
  if (c.name == "RestoreLogo") return "logo";
  if (c.name == "RestoreTrustCache") return "trst";
  return c.tag;
}

class Zip {
 public:
  explicit Zip(const std::string& path) : zip_(zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr)) {
    if (zip_ == nullptr) throw std::runtime_error(path + " cannot be made");
  }
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;
  ~Zip() {
    if (zip_ != nullptr) zip_discard(zip_);
  }
  // The bytes must live until close().
  void add(const std::string& name, const Octets& bytes, bool packed) {
    zip_source_t* source = zip_source_buffer(zip_, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(zip_, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) throw std::runtime_error(name + " cannot be added");
    const auto at = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(zip_, at, packed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    constexpr time_t always_the_same = 1'700'000'000;
    zip_file_set_mtime(zip_, at, always_the_same, 0);
  }
  void close() {
    if (zip_close(zip_) != 0) throw std::runtime_error(zip_strerror(zip_));
    zip_ = nullptr;
  }

 private:
  zip_t* zip_;
};

}  // namespace

// BaseSystem was in no request of git's (seen); a port controller has a ticket of its own.
bool Component::trusted() const { return !path.empty() && name != "OS" && name != "BaseSystem" && name != port_firmware; }

Octets Component::file() const { return tag.empty() ? payload : im4p(tag_in_file(*this), payload); }

const Component& ModelFirmware::at(std::string_view name) const {
  for (const Component& c : components) {
    if (c.name == name) return c;
  }
  throw std::logic_error(fmt::format("there is no component {}", name));
}

Octets ModelFirmware::digest(const Component& c) const {
  const Octets file = c.file();
  Octets sum(SHA384_DIGEST_LENGTH);
  SHA384(file.data(), file.size(), sum.data());
  return sum;
}

// Which components a real T2's IPSW has beside those that every restore needs is unverified.
ModelFirmware t2_firmware() {
  ModelFirmware f;
  f.unique_build = noise(1, 20);
  const std::string flash = "Firmware/all_flash/";
  const auto add = [&f](std::string name, std::string path, std::string tag, std::uint32_t seed,
                        std::size_t size) -> Component& {
    f.components.push_back({std::move(name), std::move(path), std::move(tag), noise(seed, size)});
    return f.components.back();
  };
  add("iBSS", "Firmware/dfu/iBSS.j132.RELEASE.im4p", "ibss", 2, 200'000);
  add("iBEC", "Firmware/dfu/iBEC.j132.RELEASE.im4p", "ibec", 3, 200'001);
  add("RestoreLogo", flash + "applelogo.im4p", "rlgo", 4, 4'000);
  add("RestoreTrustCache", "Firmware/ramdisk.dmg.trustcache", "rtsc", 5, 3'000).by_iboot = true;
  add("ftap", "Firmware/ftap.im4p", "ftap", 6, 2'000).by_iboot = true;
  add("RestoreRamDisk", "ramdisk.dmg", "rdsk", 7, 900'000);
  add("RestoreDeviceTree", flash + "DeviceTree.j132ap.im4p", "rdtr", 8, 30'000);
  add("RestoreKernelCache", "kernelcache.release.ibridge2p", "rkrn", 9, 700'000);
  add("KernelCache", "kernelcache.release.ibridge2p", "krnl", 9, 700'000);
  add("LLB", flash + "LLB.j132.RELEASE.im4p", "illb", 10, 60'000).is_firmware = true;
  add("iBoot", flash + "iBoot.j132.RELEASE.im4p", "ibot", 11, 60'001).is_firmware = true;
  add("DeviceTree", flash + "DeviceTree.j132ap.im4p", "dtre", 8, 30'000).is_firmware = true;
  add("SEP", flash + "sep-firmware.j132.RELEASE.im4p", "sepi", 12, 40'000);
  add("RestoreSEP", flash + "sep-firmware.j132.RELEASE.im4p", "rsep", 12, 40'000);
  add("StaticTrustCache", "Firmware/os.dmg.trustcache", "trst", 13, 500).is_extra = true;
  add("OS", "os.dmg", "", 14, 3'000'000);
  return f;
}

// What git builds of the engine took for a Mac's (seen); the four letters of what T2 Macs lack, and which components a real
// IPSW of Apple silicon has beside those that every restore needs, are unverified.
ModelFirmware m1_firmware() {
  ModelFirmware f;
  f.product = "MacBookAir10,1";
  f.board = "j313ap";
  f.chip = 0x8103;
  f.board_id = 0x26;
  f.macos_variant = "macOS Customer";
  f.unique_build = noise(101, 20);
  const std::string flash = "Firmware/all_flash/";
  const auto add = [&f](std::string name, std::string path, std::string tag, std::uint32_t seed,
                        std::size_t size) -> Component& {
    f.components.push_back({std::move(name), std::move(path), std::move(tag), noise(seed, size)});
    return f.components.back();
  };
  add("iBSS", "Firmware/dfu/iBSS.j313.RELEASE.im4p", "ibss", 102, 200'000);
  add("iBEC", "Firmware/dfu/iBEC.j313.RELEASE.im4p", "ibec", 103, 200'001);
  f.components.push_back({"Ap,LocalPolicy", "", "lpol", {0}});
  add("RestoreDCP", "Firmware/dcp/restoredcp.im4p", "rdcp", 104, 20'000);
  add("ftap", "Firmware/x/ftap.im4p", "ftap", 105, 2'000);
  for (auto last = f.components.rbegin(); last != f.components.rbegin() + 2; ++last) last->by_iboot = last->by_ibss = true;
  add("RestoreLogo", flash + "applelogo.im4p", "rlgo", 106, 4'000);
  add("RestoreTrustCache", "Firmware/ramdisk.dmg.trustcache", "rtsc", 107, 3'000).by_iboot = true;
  add("RestoreRamDisk", "ramdisk.dmg", "rdsk", 108, 900'000);
  add("RestoreDeviceTree", flash + "DeviceTree.j313ap.im4p", "rdtr", 109, 30'000);
  add("RestoreSEP", flash + "sep-firmware.j313.RELEASE.im4p", "rsep", 110, 40'000);
  add("RestoreKernelCache", "kernelcache.release.mac13g", "rkrn", 111, 700'000);
  add("KernelCache", "kernelcache.release.mac13g", "krnl", 111, 700'000);
  add("LLB", flash + "LLB.j313.RELEASE.im4p", "illb", 112, 60'000).is_firmware = true;
  add("iBoot", flash + "iBoot.j313.RELEASE.im4p", "ibot", 113, 60'001).is_firmware = true;
  add("DeviceTree", flash + "DeviceTree.j313ap.im4p", "dtre", 109, 30'000).is_firmware = true;
  add("SEP", flash + "sep-firmware.j313.RELEASE.im4p", "sepi", 110, 40'000);
  add("StaticTrustCache", "Firmware/os.dmg.trustcache", "trst", 114, 500).is_extra = true;
  add("SystemVolume", "Firmware/os.dmg.root_hash", "isys", 115, 200);
  add("Ap,SystemVolumeCanonicalMetadata", "Firmware/os.dmg.mtree", "msys", 116, 500);
  add("BaseSystem", "basesystem.dmg", "bsys", 117, 300'000);
  add("OS", "os.dmg", "", 118, 3'000'000);
  add(port_firmware, "Firmware/USBPortController/port.bin", "", 122, 5'000);
  f.files["RestoreVersion.plist"] = noise(119, 241);
  f.files["SystemVersion.plist"] = noise(120, 238);
  f.files[global_manifest(f)] = noise(121, 3'000);
  return f;
}

std::string global_manifest(const ModelFirmware& f) {
  return fmt::format("Firmware/Manifests/restore/{}/apticket.{}.im4m", f.macos_variant, f.board);
}

Plist build_identity(const ModelFirmware& f) {
  Plist manifest = Plist::object();
  for (const Component& c : f.components) {
    if (c.path.empty()) continue;
    Plist info{{"Path", c.path}};
    if (c.by_iboot) info["IsLoadedByiBoot"] = true;
    if (c.by_ibss) info["IsLoadedByiBootStage1"] = true;
    if (c.is_firmware) info["IsFirmwarePayload"] = true;
    if (c.is_extra) info["IsFUDFirmware"] = true;
    manifest[c.name] = {{"Digest", plist_data(f.digest(c))}, {"Info", info}, {"Trusted", c.trusted()}};
  }
  Plist info{{"BuildNumber", f.build},     {"DeviceClass", f.board},         {"BuildTrain", "Model"},
             {"RestoreBehavior", "Erase"}, {"MinimumSystemPartition", 1000}, {"Variant", "Customer Erase Install (IPSW)"}};
  if (f.apple_silicon()) info["MacOSVariant"] = f.macos_variant;
  return {{"ApBoardID", hex_number(f.board_id)},
          {"ApChipID", hex_number(f.chip)},
          {"ApSecurityDomain", "0x01"},
          {"Info", info},
          {"Manifest", manifest},
          {"UniqueBuildID", plist_data(f.unique_build)}};
}

Plist build_manifest(const ModelFirmware& f) {
  return {{"ProductVersion", f.version},
          {"ProductBuildVersion", f.build},
          {"SupportedProductTypes", Plist::array({f.product})},
          {"BuildIdentities", Plist::array({build_identity(f)})}};
}

void write_ipsw(const std::string& path, const ModelFirmware& f, std::string_view without) {
  const std::string text = print_plist(build_manifest(f));
  const Octets manifest(text.begin(), text.end());
  std::vector<Octets> kept;  // until the zip is written
  kept.reserve(f.components.size());
  std::set<std::string> names;
  Zip zip(path);
  zip.add("BuildManifest.plist", manifest, true);
  for (const Component& c : f.components) {
    if (c.path.empty() || c.name == without || !names.insert(c.path).second) continue;  // two components may be one file
    kept.push_back(c.file());
    zip.add(c.path, kept.back(), c.name != "OS");
  }
  for (const auto& [name, bytes] : f.files) zip.add(name, bytes, true);
  zip.close();
}

}  // namespace greenroom::test
