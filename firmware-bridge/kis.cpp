#include "firmware-bridge/kis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace greenroom {
namespace {

constexpr Duration one_transfer = std::chrono::seconds{10};  // libirecovery's USB_TIMEOUT
constexpr std::uint8_t version = 0xa0;
// A portal is reached by an endpoint of its own, each way.
constexpr std::uint8_t config_portal = 0x01, config_endpoint = 0x01;
constexpr std::uint8_t rsm_portal = 0x10, rsm_endpoint = 0x03;
// What macOS writes, too, before it asks; what it means is not known.
constexpr std::uint16_t enable_a = 0x0a, enable_b = 0x14;
constexpr std::uint32_t enable_a_value = 0x21, enable_b_value = 0x01;
constexpr std::uint16_t get_info = 0x100;

// Every answer: a header, what was asked for, then its size and a status.
constexpr std::size_t header_size = 12, info_size = 0x300, size_and_status = 8;
// In the info: the word offset of the nonces, and a device descriptor whose string indices are word offsets.
constexpr std::size_t nonces_at = 24, descriptor_at = 64;
constexpr std::size_t vendor_at = descriptor_at + 8, product_at = descriptor_at + 10, serial_at = descriptor_at + 16;

void put32(UsbBytes& to, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<std::byte>(value >> shift & 0xff));
}
std::uint32_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint32_t>(bytes[at + i]) << 8 * i;
  return value;
}

// A string descriptor, but that its length does not count its first two bytes.
Result<std::string> text_at(std::span<const std::byte> info, std::uint32_t words) {
  const std::size_t at = std::size_t{words} * 4;
  if (words >= info.size() / 4) return fail(Errc::protocol, "a string lies outside the answer");
  const auto length = std::to_integer<std::size_t>(info[at]);
  if (info[at + 1] != std::byte{3} || length % 2 != 0 || at + 2 + length > info.size())
    return fail(Errc::protocol, "a string is none, or does not end within the answer");
  std::string text;
  for (std::size_t i = 0; i < length; i += 2) text += static_cast<char>(info[at + 2 + i]);
  return text;
}

}  // namespace

UsbBytes kis_request(std::uint8_t portal, std::uint16_t index, std::uint16_t reply_words,
                     std::span<const std::uint32_t> arguments) {
  UsbBytes bytes;
  const auto put = [&bytes](unsigned value) { bytes.push_back(static_cast<std::byte>(value & 0xff)); };
  put(0), put(0);  // a sequence number that nobody looks at
  put(version), put(portal), put(static_cast<unsigned>(arguments.size()));
  // 10 bits of index, then 14 of the words of the answer.
  put(index);
  put((index >> 8 & 0x3U) | (static_cast<unsigned>(reply_words) << 2 & 0xfcU));
  put(static_cast<unsigned>(reply_words) >> 6);
  put32(bytes, static_cast<std::uint32_t>(arguments.size() * 4));
  for (const std::uint32_t argument : arguments) put32(bytes, argument);
  return bytes;
}

Result<KisInfo> parse_kis_info(const UsbBytes& answer) {
  if (answer.size() < header_size + info_size + size_and_status)
    return fail(Errc::protocol,
                fmt::format("{} bytes where {} were due", answer.size(), header_size + info_size + size_and_status));
  const std::uint32_t status = number(answer, header_size + info_size + 4, 4);
  if (status != 0) return fail(Errc::protocol, fmt::format("refused with status {:#x}", status));
  const std::span info(answer.data() + header_size, info_size);
  const auto iboot = text_at(info, number(info, serial_at, 1));
  if (!iboot) return fail(iboot.error());
  KisInfo out;
  out.vendor = static_cast<std::uint16_t>(number(info, vendor_at, 2));
  out.product = static_cast<std::uint16_t>(number(info, product_at, 2));
  out.iboot = *iboot;
  if (const auto nonces = text_at(info, number(info, nonces_at, 4))) out.nonces = *nonces;
  return out;
}

Task<UsbBytes> Kis::ask(std::uint8_t endpoint, UsbBytes request, std::size_t longest) {
  const std::size_t size = request.size();
  const auto sent =
      co_await device_.bulk_out(endpoint, std::move(request), std::min(deadline_, clock_.now() + one_transfer));
  if (!sent) co_return fail(sent.error());
  if (*sent != size) co_return fail(Errc::protocol, fmt::format("the Mac took {} of {} bytes", *sent, size));
  co_return co_await device_.bulk_in(endpoint, longest, std::min(deadline_, clock_.now() + one_transfer));
}

// That the answer says "4 bytes written" is not required: libirecovery goes on without it.
Task<void> Kis::write(std::uint16_t index, std::uint32_t value) {
  UsbBytes request = kis_request(config_portal, index, 1, std::array{value});
  const auto answer = co_await ask(config_endpoint, std::move(request), header_size + size_and_status);
  if (!answer) co_return fail(answer.error());
  co_return Result<void>{};
}

Task<KisInfo> Kis::info() {
  if (const auto a = co_await write(enable_a, enable_a_value); !a) co_return fail(a.error().within("KIS start"));
  if (const auto b = co_await write(enable_b, enable_b_value); !b) co_return fail(b.error().within("KIS start"));
  UsbBytes request = kis_request(rsm_portal, get_info, info_size / 4, {});
  const auto answer = co_await ask(rsm_endpoint, std::move(request), header_size + info_size + size_and_status);
  if (!answer) co_return fail(answer.error().within("KIS info"));
  auto info = parse_kis_info(*answer);
  if (!info) co_return fail(info.error().within("KIS info"));
  co_return info;
}

}  // namespace greenroom
