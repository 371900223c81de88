#include "firmware-bridge/dfu_blocks.hpp"

#include <fmt/format.h>

#include <array>

namespace greenroom {
namespace {

constexpr std::size_t block_size = 0x800;
constexpr std::size_t most_blocks = 0xffff;  // the empty block that ends a download has a number, too

// USB DFU 1.0's suffix: any device, vendor 05ac, DFU 1.00, "UFD", 16 bytes long. The checksum follows it.
constexpr std::array<unsigned char, 12> suffix{0xff, 0xff, 0xff, 0xff, 0xac, 0x05, 0x00, 0x01, 0x55, 0x46, 0x44, 0x10};
constexpr std::size_t trailer_size = suffix.size() + 4;

UsbBytes trailer_of(std::span<const std::byte> image) {
  UsbBytes trailer;
  for (const unsigned char b : suffix) trailer.push_back(static_cast<std::byte>(b));
  const std::uint32_t sum = dfu_checksum(trailer, dfu_checksum(image));
  for (int shift = 0; shift < 32; shift += 8) trailer.push_back(static_cast<std::byte>(sum >> shift & 0xff));
  return trailer;
}

}  // namespace

std::string_view to_string(DfuState state) {
  constexpr std::array<std::string_view, 11> names{"appIDLE",          "appDETACH",   "dfuIDLE",
                                                   "dfuDNLOAD-SYNC",   "dfuDNBUSY",   "dfuDNLOAD-IDLE",
                                                   "dfuMANIFEST-SYNC", "dfuMANIFEST", "dfuMANIFEST-WAIT-RESET",
                                                   "dfuUPLOAD-IDLE",   "dfuERROR"};
  const auto number = static_cast<std::size_t>(state);
  return number < names.size() ? names[number] : "no state of DFU";
}

DfuRemedy remedy_for(DfuState state) {
  if (state == DfuState::idle) return DfuRemedy::none;
  return state == DfuState::error ? DfuRemedy::clear_status : DfuRemedy::abort;
}

std::uint32_t dfu_checksum(std::span<const std::byte> bytes, std::uint32_t begun) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < t.size(); ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0xedb88320U : 0U);
      t[i] = c;
    }
    return t;
  }();
  for (const std::byte b : bytes) begun = (begun >> 8) ^ table[(begun ^ std::to_integer<std::uint32_t>(b)) & 0xff];
  return begun;
}

Result<std::vector<DfuBlock>> dfu_blocks(std::span<const std::byte> image) {
  if (image.empty()) return fail(Errc::usage, "the boot image is empty: take the one of the firmware file again");
  const std::size_t count = (image.size() + block_size - 1) / block_size;
  if (count > most_blocks)
    return fail(Errc::usage, fmt::format("the boot image has {} bytes, and DFU takes at most {}: that is no boot image",
                                         image.size(), most_blocks * block_size));
  std::vector<DfuBlock> blocks;
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = image.subspan(i * block_size, std::min(block_size, image.size() - i * block_size));
    blocks.emplace_back(static_cast<std::uint16_t>(i), UsbBytes(part.begin(), part.end()), true);
  }
  const UsbBytes trailer = trailer_of(image);
  DfuBlock& last = blocks.back();
  if (last.bytes.size() + trailer_size > block_size) {
    last.asks_status = false;
    blocks.emplace_back(last.number, trailer, true);
  } else {
    last.bytes.insert(last.bytes.end(), trailer.begin(), trailer.end());
  }
  return blocks;
}

}  // namespace greenroom
