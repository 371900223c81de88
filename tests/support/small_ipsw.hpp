// IPSW files of a few kilobytes, for whoever reads one: the shape of Apple's, none of its contents. And zip files that no
// honest program would write.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace greenroom::test {

struct Identity {
  std::string chip{"0x8103"}, board{"0x26"}, device_class{"j313ap"};
  std::string variant{"Customer Erase Install (IPSW)"};
  std::vector<std::string> files{"Firmware/iBSS.im4p"};
};

// As Apple writes them (the build manifest of an iPhone, 17F80, was looked at).
inline std::string manifest_xml(const std::vector<Identity>& identities = {{}},
                                const std::vector<std::string>& types = {"MacBookAir10,1"},
                                const std::string& version = "26.1", const std::string& build = "25B78") {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
      "<plist version=\"1.0\">\n<dict>\n<key>BuildIdentities</key>\n<array>\n";
  for (const Identity& i : identities) {
    xml += "<dict><key>ApBoardID</key><string>" + i.board + "</string><key>ApChipID</key><string>" + i.chip +
           "</string><key>Info</key><dict><key>DeviceClass</key><string>" + i.device_class +
           "</string><key>FDRSupport</key><true/>" +
           "<key>RestoreBehavior</key><string>Erase</string><key>Variant</key><string>" + i.variant +
           "</string></dict><key>Manifest</key><dict>";
    for (const std::string& file : i.files) {
      xml += "<key>" + file +
             "</key><dict><key>Digest</key><data>\nAAAA\n</data><key>Info</key><dict><key>Path</key><string>" + file +
             "</string></dict></dict>";
    }
    xml += "</dict></dict>\n";
  }
  xml += "</array>\n<key>ProductBuildVersion</key><string>" + build + "</string>\n<key>ProductVersion</key><string>" +
         version + "</string>\n<key>SupportedProductTypes</key><array>";
  for (const std::string& type : types) xml += "<string>" + type + "</string>";
  return xml + "</array>\n</dict>\n</plist>\n";
}

using ZipEntries = std::vector<std::pair<std::string, std::string>>;

inline void write_zip(const std::string& path, const ZipEntries& entries) {
  int error = 0;
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  ASSERT_NE(zip, nullptr) << error;
  for (const auto& [name, data] : entries) {
    zip_source_t* source = zip_source_buffer(zip, data.data(), data.size(), 0);
    ASSERT_GE(zip_file_add(zip, name.c_str(), source, ZIP_FL_ENC_UTF_8), 0) << zip_strerror(zip);
  }
  ASSERT_EQ(zip_close(zip), 0) << zip_strerror(zip);
}

inline ZipEntries small_ipsw(std::string manifest = manifest_xml()) {
  return {
      {"BuildManifest.plist", std::move(manifest)}, {"Firmware/iBSS.im4p", "iBSS"}, {"os.dmg", std::string(100000, 'o')}};
}

// A folder that goes with the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = testing::TempDir() + "greenroom-ipsw-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace greenroom::test
