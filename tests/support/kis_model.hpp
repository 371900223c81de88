// A model Mac in KIS as bulk requests see it: two writes, and one answer with its inner descriptor. Pure; facts as
// libirecovery reads them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/usb_face.hpp"

namespace greenroom::test {

struct KisModel {
  explicit KisModel(std::string i) : iboot(std::move(i)) {}

  std::string iboot, nonces = "NONC:8B2D0102 SNON:00FF00FF";
  std::uint16_t product = 0x1227;
  std::uint8_t status = 0;
  std::vector<std::pair<std::uint8_t, Octets>> asked;  // by endpoint
  Octets reply;

  void take(std::uint8_t endpoint, const Octets& request) {
    asked.emplace_back(endpoint, request);
    reply = endpoint == 3 ? info() : Octets(20, 0);
  }
  [[nodiscard]] Octets info() const {
    constexpr std::size_t header = 12, descriptor = header + 64;
    Octets all(header + 0x300 + 8, 0);
    const auto put = [&all](std::size_t at, unsigned value) { all[at] = static_cast<std::uint8_t>(value); };
    const auto text = [&put](std::size_t words, const std::string& t) {
      put(header + words * 4, static_cast<unsigned>(2 * t.size()));
      put(header + words * 4 + 1, 3);
      for (std::size_t i = 0; i < t.size(); ++i) put(header + words * 4 + 2 + 2 * i, static_cast<unsigned char>(t[i]));
    };
    put(descriptor + 8, 0xac), put(descriptor + 9, 0x05);
    put(descriptor + 10, product), put(descriptor + 11, product >> 8);
    put(descriptor + 16, 40);  // iSerialNumber, in words
    text(40, iboot);
    put(header + 24, 120);
    text(120, nonces);
    put(header + 0x300 + 4, status);
    return all;
  }
};

}  // namespace greenroom::test
