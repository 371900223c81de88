// A test in the engine's place at a model Mac's USB port.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/support/img4.hpp"
#include "tests/support/mac_boot.hpp"

namespace greenroom::test {

class MacBootTest : public testing::Test {
 protected:
  explicit MacBootTest(ModelFirmware firmware) : firmware_(std::move(firmware)) {}

  [[nodiscard]] Octets image(const std::string& name) const {
    const Component& c = firmware_.at(name);
    return img4(im4p(c.tag, c.payload), mac_.ticket());
  }
  bool upload(const Octets& bytes) { return mac_.control({0x41, 0, 0, 0, 0}, {}) && mac_.bulk(4, bytes); }
  bool command(std::string_view text, std::uint8_t request = 0) {
    Octets line(text.begin(), text.end());
    line.push_back(0);
    return mac_.control({0x40, request, 0, 0, 0}, line).has_value();
  }
  // By DFU, in blocks of 2048, with the trailer that the ROM wants.
  void download(Octets bytes) {
    for (const std::uint8_t b : {0xff, 0xff, 0xff, 0xff, 0xac, 0x05, 0x00, 0x01, 0x55, 0x46, 0x44, 0x10})
      bytes.push_back(static_cast<std::uint8_t>(b));
    const std::uint32_t crc = crc32_of_trailer(bytes);
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(crc >> shift));
    std::uint16_t block = 0;
    for (auto at = bytes.begin(); at < bytes.end(); at += std::min<std::ptrdiff_t>(2048, bytes.end() - at))
      mac_.control({0x21, 1, block++, 0, 0}, {at, at + std::min<std::ptrdiff_t>(2048, bytes.end() - at)});
    mac_.control({0x21, 1, block, 0, 0}, {});
    mac_.reset();
  }

  const ModelFirmware firmware_;
  MacBoot mac_{model_mac(0, !firmware_.apple_silicon()), firmware_};
};

}  // namespace greenroom::test
