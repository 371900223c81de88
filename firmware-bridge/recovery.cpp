#include "firmware-bridge/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom {
namespace {

// Source of all numbers: libirecovery, irecv_send_command_raw, irecv_getenv and irecv_send_buffer.
constexpr Duration one_transfer = std::chrono::seconds{10};
constexpr std::uint8_t to_device = 0x40, from_device = 0xc0, to_interface = 0x41;
constexpr std::size_t longest_command = 255, longest_answer = 255;
constexpr std::uint8_t upload_endpoint = 0x04;
constexpr std::size_t piece = 0x8000, packet = 512;  // a file that ends with a whole packet is followed by an empty one

}  // namespace

Result<UsbBytes> recovery_command(std::string_view words) {
  if (words.empty()) return fail(Errc::usage, "the command is empty");
  if (words.size() > longest_command)
    return fail(Errc::usage,
                fmt::format("the command has {} characters, and iBoot takes {}", words.size(), longest_command));
  if (words.find('\0') != std::string_view::npos) return fail(Errc::usage, "the command has a zero in it");
  UsbBytes bytes;
  for (const char c : words) bytes.push_back(static_cast<std::byte>(c));
  bytes.push_back(std::byte{0});
  return bytes;
}

std::uint8_t recovery_request(std::string_view words) {
  const std::string_view verb = words.substr(0, words.find(' '));
  return verb == "go" || verb == "bootx" ? 1 : 0;
}

std::string recovery_answer(const UsbBytes& bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    if (b == std::byte{0}) break;
    text += static_cast<char>(b);
  }
  text.erase(text.find_last_not_of(" \r\n\t") + 1);
  return text;
}

TimePoint Recovery::by() const { return std::min(deadline_, clock_.now() + one_transfer); }

Task<void> Recovery::command(std::string words) {
  auto bytes = recovery_command(words);
  if (!bytes) co_return fail(bytes.error());
  const ControlSetup setup{to_device, recovery_request(words), 0, 0};
  const auto sent = co_await device_.control_out(setup, std::move(*bytes), by());
  if (!sent) co_return fail(sent.error().within(fmt::format("recovery \"{}\"", words)));
  co_return Result<void>{};
}

Task<std::string> Recovery::getenv(std::string name) {
  std::string words = fmt::format("getenv {}", name);
  if (const auto asked = co_await command(std::move(words)); !asked) co_return fail(asked.error());
  const auto bytes = co_await device_.control_in({from_device, 0, 0, 0}, longest_answer, by());
  if (!bytes) co_return fail(bytes.error().within(fmt::format("recovery \"getenv {}\"", name)));
  co_return recovery_answer(*bytes);
}

Task<void> Recovery::set(std::string verb, std::string name, std::string value) {
  std::string words = fmt::format("{} {} {}", verb, name, value);
  if (const auto sent = co_await command(std::move(words)); !sent) co_return fail(sent.error());
  std::string asked = name;
  const auto now = co_await getenv(std::move(asked));
  if (!now) co_return fail(now.error());
  if (*now == value) co_return Result<void>{};
  co_return fail(Errc::protocol, fmt::format("recovery: {} reads \"{}\" after it was set to \"{}\"; restart the Mac and try "
                                             "again",
                                             name, now->substr(0, 60), value));
}

Task<void> Recovery::setenv(std::string name, std::string value) {
  std::string verb = "setenv";
  co_return co_await set(std::move(verb), std::move(name), std::move(value));
}
Task<void> Recovery::setenvnp(std::string name, std::string value) {
  std::string verb = "setenvnp";
  co_return co_await set(std::move(verb), std::move(name), std::move(value));
}
Task<void> Recovery::saveenv() {
  std::string words = "saveenv";
  co_return co_await command(std::move(words));
}

// The Mac may be gone before it has acknowledged: that is what was asked of it.
Task<void> Recovery::reboot() {
  std::string words = "reboot";
  const auto sent = co_await command(std::move(words));
  if (!sent && sent.error().code != Errc::device_gone) co_return sent;
  co_return Result<void>{};
}

Task<void> Recovery::upload(UsbBytes file) {
  if (file.empty()) co_return fail(Errc::usage, "the file is empty");
  UsbBytes nothing;
  const auto begun = co_await device_.control_out({to_interface, 0, 0, 0}, std::move(nothing), by());
  if (!begun) co_return fail(begun.error().within("recovery upload"));
  std::size_t at = 0;
  bool ended = false;
  while (!ended) {
    // What is left; after a file of whole packets that is nothing, and is sent all the same.
    const std::size_t size = std::min(piece, file.size() - at);
    UsbBytes part(file.begin() + static_cast<std::ptrdiff_t>(at), file.begin() + static_cast<std::ptrdiff_t>(at + size));
    const auto sent = co_await device_.bulk_out(upload_endpoint, std::move(part), by());
    const auto where = [at] { return fmt::format("recovery upload, byte {}", at); };
    if (!sent) co_return fail(sent.error().within(where()));
    if (*sent != size) co_return fail(Errc::protocol, fmt::format("{}: the Mac took {} of {} bytes", where(), *sent, size));
    at += size;
    ended = size == 0 || (at == file.size() && file.size() % packet != 0);
  }
  co_return Result<void>{};
}

}  // namespace greenroom
