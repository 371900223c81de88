// A model Mac's boot ROM and iBoot as USB requests see them: DFU with its states, block order and trailer, recovery with its
// commands, variables and uploads. Pure; facts as libirecovery sends them, and DFU 1.0. What was asked wrongly is kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/usb_face.hpp"

namespace greenroom::test {

// DFU: 21/1 DNLOAD in blocks of at most 2048 bytes, numbered from 0, a trailer of 16 bytes at the end, an empty DNLOAD to
// finish; a port controller takes smaller blocks, and no trailer. A1/3 GETSTATUS, A1/5 GETSTATE, 21/4 CLRSTATUS, 21/6 ABORT.
class DfuModel {
 public:
  enum class Of { boot_rom, port_controller };
  DfuModel() = default;
  explicit DfuModel(Of of) : of_(of) {}
  std::optional<Octets> control(const UsbSetup&, const Octets& data);
  [[nodiscard]] bool manifested() const { return state_ == manifest; }  // a reset starts what was sent
  [[nodiscard]] const Octets& image() const { return image_; }          // what was sent whole, without its trailer
  std::vector<std::string> wrong;                                       // what no DFU device would have taken

 private:
  static constexpr std::uint8_t idle = 2, download_idle = 5, manifest = 8, error = 10;
  std::optional<Octets> download(std::uint16_t block, const Octets& data);
  void finish();
  Of of_ = Of::boot_rom;
  std::uint8_t state_ = idle;
  unsigned next_ = 0;
  bool short_block_ = false;
  Octets sent_, image_;
};

// Recovery: 40/0 or 40/1 a command with its zero, C0/0 its answer, 41/0 begins an upload, endpoint 04 takes it.
class RecoveryModel {
 public:
  std::optional<Octets> control(const UsbSetup&, const Octets& data);
  std::optional<Octets> bulk(std::uint8_t endpoint, const Octets& data);
  std::map<std::string, std::string> variables{{"auto-boot", "false"}, {"boot-stage", "2"}};
  std::map<std::string, std::string> saved;  // as of the last saveenv
  std::vector<std::string> commands;
  Octets uploaded;
  bool rebooted = false;

 private:
  std::string answer_;
};

std::uint32_t crc32_of_trailer(const Octets&);  // reflected EDB88320, begun with ones, not inverted at the end

}  // namespace greenroom::test
