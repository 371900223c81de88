#include "tests/support/kis_boot.hpp"

#include <fmt/format.h>

#include <utility>

namespace greenroom::test {
namespace {

constexpr std::size_t header_size = 12, longest_piece = 0x4000, piece_header = header_size + 12;
constexpr std::uint8_t config_portal = 0x01, rsm_portal = 0x10, config_endpoint = 1, rsm_endpoint = 3;

std::uint64_t number(const Octets& bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

// A header, a size and a status.
Octets reply_of(std::uint8_t status) {
  Octets all(header_size + 8, 0);
  all[header_size] = 4;
  all[header_size + 4] = status;
  return all;
}

}  // namespace

std::optional<Octets> KisBoot::bulk(std::uint8_t endpoint, const Octets& data) {
  if ((endpoint & 0x80) != 0) return std::exchange(reply_, {});
  reply_ = answer_to(data, endpoint);
  return Octets{};
}

Octets KisBoot::refuse(std::string why) {
  wrong.push_back(std::move(why));
  return reply_of(1);
}

Octets KisBoot::answer_to(const Octets& request, std::uint8_t endpoint) {
  if (request.size() < header_size || request[2] != 0xa0) return refuse("a request without KIS' header");
  const std::uint8_t portal = request[3], arguments = request[4];
  const unsigned index = request[5] | (request[6] & 0x3U) << 8;
  if (number(request, 8, 4) != request.size() - header_size) return refuse("a request of another size than it says");
  if (endpoint == config_endpoint && portal == config_portal && request.size() == header_size + 4) {
    if (index == 0x0a && request[header_size] == 0x21) enabled_a_ = true;
    else if (index == 0x14 && request[header_size] == 1) enabled_b_ = true;
    else return refuse(fmt::format("a write to index {:#x}", index));
    return reply_of(0);
  }
  if (endpoint != rsm_endpoint || portal != rsm_portal) return refuse(fmt::format("portal {:#x}", portal));
  if (!enabled_a_ || !enabled_b_) return refuse("a request before it was opened");
  if (index == 0x100 && arguments == 0) return info_.info();
  if (index == 0x0d && arguments == 3) return piece(request);
  if (index != 0x103 || arguments != 1 || request.size() != header_size + 4)
    return refuse(fmt::format("index {:#x}", index));
  if (number(request, header_size, 4) != image_.size() || image_.empty()) return refuse("another length than came");
  booted_ = true;
  return reply_of(0);
}

// An address of 8 bytes, a size of 4, and the bytes.
Octets KisBoot::piece(const Octets& request) {
  if (request.size() <= piece_header || request.size() > piece_header + longest_piece)
    return refuse("a piece of another size");
  const std::uint64_t address = number(request, header_size, 8);
  if (address != 0 && address != image_.size())
    return refuse(fmt::format("a piece at {} after {} bytes", address, image_.size()));
  if (number(request, header_size + 8, 4) != request.size() - piece_header)
    return refuse("a piece of another size than it says");
  if (address == 0) image_.clear(), booted_ = false;
  image_.insert(image_.end(), request.begin() + piece_header, request.end());
  return reply_of(0);
}

}  // namespace greenroom::test
