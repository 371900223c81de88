#include "tests/support/engine/ipsw.hpp"

#include <zip.h>

#include <algorithm>
#include <stdexcept>

namespace greenroom::test::engine {

Ipsw::Ipsw(const std::string& path) : zip_(zip_open(path.c_str(), ZIP_RDONLY, nullptr)) {
  if (zip_ == nullptr) throw std::runtime_error(path);
  const Octets bytes = file("BuildManifest.plist");
  manifest_ = parse_plist({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).value_or(Plist::object());
}

Ipsw::~Ipsw() { zip_discard(zip_); }

bool Ipsw::has(const std::string& path) const { return zip_name_locate(zip_, path.c_str(), 0) >= 0; }

Octets Ipsw::file(const std::string& path) const {
  zip_stat_t about{};
  if (zip_stat(zip_, path.c_str(), 0, &about) != 0) return {};
  Octets bytes(about.size);
  zip_file_t* in = zip_fopen(zip_, path.c_str(), 0);
  std::size_t at = 0;
  for (zip_int64_t n = 1; in != nullptr && n > 0; at += static_cast<std::size_t>(std::max<zip_int64_t>(n, 0)))
    n = zip_fread(in, bytes.data() + at, bytes.size() - at);
  if (in != nullptr) zip_fclose(in);
  bytes.resize(at);
  return bytes;
}

Plist Ipsw::identity(const std::string& board) const {
  for (const Plist& one : manifest_.value("BuildIdentities", Plist::array())) {
    const Plist& info = one.at("Info");
    if (text_in(info, "DeviceClass") == board && text_in(info, "Variant").find("Erase Install (IPSW)") != std::string::npos)
      return one;
  }
  return nullptr;
}

std::string path_of(const Plist& identity, const std::string& component) {
  const Plist& parts = identity.at("Manifest");
  return parts.contains(component) ? text_in(parts.at(component).at("Info"), "Path") : "";
}

std::vector<std::string> loaded_by_iboot(const Plist& identity, bool in_the_first_recovery) {
  std::vector<std::string> names;
  for (const auto& [name, part] : identity.at("Manifest").items()) {
    const Plist& info = part.at("Info");
    if (info.value("IsLoadedByiBoot", false) && info.value("IsLoadedByiBootStage1", false) == in_the_first_recovery)
      names.push_back(name);
  }
  return names;
}

Octets with_tag_of(const std::string& component, Octets im4p) {
  static const std::map<std::string, std::string> tags{{"RestoreLogo", "rlgo"},       {"RestoreTrustCache", "rtsc"},
                                                       {"RestoreDeviceTree", "rdtr"}, {"RestoreKernelCache", "rkrn"},
                                                       {"RestoreSEP", "rsep"},        {"RestoreRamDisk", "rdsk"}};
  const auto tag = tags.find(component);
  if (tag == tags.end()) return im4p;
  static constexpr std::string_view before("\x16\x04IM4P\x16\x04", 8);
  const auto at = std::search(im4p.begin(), im4p.end(), before.begin(), before.end());
  if (im4p.end() - at >= 12) std::copy(tag->second.begin(), tag->second.end(), at + 8);
  return im4p;
}

}  // namespace greenroom::test::engine
