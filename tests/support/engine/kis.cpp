#include "tests/support/engine/kis.hpp"

#include <algorithm>

namespace greenroom::test::engine {
namespace {

constexpr std::uint8_t config = 0x01, rsm = 0x10;  // portals
constexpr std::size_t header_size = 12, info_size = 0x300, tail_size = 8;

void put(Octets& to, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

Octets request(std::uint8_t portal, std::uint16_t index, std::uint8_t arguments, std::uint16_t reply_words,
               const Octets& body) {
  Octets all{0, 0, 0xa0, portal, arguments};
  put(all, static_cast<std::uint64_t>(index) | static_cast<std::uint64_t>(reply_words) << 10, 3);
  put(all, body.size(), 4);
  all.insert(all.end(), body.begin(), body.end());
  return all;
}

// The answer, by the portal's own endpoint; empty where none came.
Octets ask(libusb_device_handle* handle, Octets bytes) {
  constexpr unsigned patience_ms = 10'000;
  const std::uint8_t endpoint = bytes[3] == config ? 1 : 3;
  int moved = 0;
  const int size = static_cast<int>(bytes.size());
  if (libusb_bulk_transfer(handle, endpoint, bytes.data(), size, &moved, patience_ms) != 0 || moved != size) return {};
  Octets reply(header_size + info_size + tail_size);
  const auto in = static_cast<std::uint8_t>(endpoint | 0x80);
  if (libusb_bulk_transfer(handle, in, reply.data(), static_cast<int>(reply.size()), &moved, patience_ms) != 0) return {};
  reply.resize(static_cast<std::size_t>(moved));
  return reply;
}

bool well(const Octets& reply) { return reply.size() >= tail_size && reply[reply.size() - 4] == 0; }

bool open_portal(libusb_device_handle* handle) {
  return well(ask(handle, request(config, 0x0a, 1, 1, {0x21, 0, 0, 0}))) &&
         well(ask(handle, request(config, 0x14, 1, 1, {0x01, 0, 0, 0})));
}

// At an offset in words: twice the number of letters, 3, and the letters of two bytes each.
std::string text_at(const Octets& info, std::size_t words) {
  const std::size_t at = words * 4;
  if (at + 2 > info.size() || at + 2 + info[at] > info.size()) return "";
  std::string text;
  for (std::size_t i = 0; i < info[at]; i += 2) text += static_cast<char>(info[at + 2 + i]);
  return text;
}

}  // namespace

std::string kis_strings(libusb_device_handle* handle) {
  if (!open_portal(handle)) return "";
  const Octets reply = ask(handle, request(rsm, 0x100, 0, info_size / 4, {}));
  if (reply.size() != header_size + info_size + tail_size || !well(reply)) return "";
  const Octets info(reply.begin() + header_size, reply.end() - tail_size);
  return text_at(info, info[64 + 16]) + " " + text_at(info, info[24]);
}

bool kis_send(libusb_device_handle* handle, const Octets& image) {
  constexpr std::size_t longest = 0x4000;
  for (std::size_t at = 0; at < image.size(); at += longest) {
    const std::size_t size = std::min(longest, image.size() - at);
    Octets body;
    put(body, at, 8);
    put(body, size, 4);
    const auto from = image.begin() + static_cast<std::ptrdiff_t>(at);
    body.insert(body.end(), from, from + static_cast<std::ptrdiff_t>(size));
    if (!well(ask(handle, request(rsm, 0x0d, 3, 0, body)))) return false;
  }
  Octets length;
  put(length, image.size(), 4);
  return well(ask(handle, request(rsm, 0x103, 1, 0, length)));
}

}  // namespace greenroom::test::engine
