#include "tests/support/engine/mux.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace greenroom::test::engine {
namespace {

std::string word32(std::size_t value, bool big) {
  std::string bytes(4, '\0');
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (big ? 24 - 8 * i : 8 * i));
  return bytes;
}

std::size_t number(const std::string& bytes, bool big) {
  std::size_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::size_t{static_cast<std::uint8_t>(bytes[i])} << (big ? 24 - 8 * i : 8 * i);
  return value;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

bool Socket::readable(std::chrono::milliseconds within) const {
  pollfd one{fd_, POLLIN, 0};
  return poll(&one, 1, static_cast<int>(within.count())) == 1;
}

bool Socket::put(const std::string& bytes) const {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

std::optional<std::string> Socket::take(std::size_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const ssize_t n = read(fd_, bytes.data() + at, size - at);
    if (n <= 0) return std::nullopt;
    at += static_cast<std::size_t>(n);
  }
  return bytes;
}

std::optional<Plist> Socket::take_bare() const {
  std::string text;
  while (text.find("</plist>\n") == std::string::npos) {
    const auto byte = take(1);
    if (!byte) return std::nullopt;
    text += *byte;
  }
  return parse_plist(text);
}

Socket connect_mux() {
  const char* set = std::getenv("USBMUXD_SOCKET_ADDRESS");
  if (set == nullptr || std::strncmp(set, "UNIX:", 5) != 0) return Socket();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, set + 5, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Socket made(fd);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? std::move(made) : Socket();
}

// A header of 16 bytes: length, version 1, kind 8 for a property list, a tag.
bool mux_say(const Socket& to, const Plist& message) {
  const std::string body = print_plist(message);
  return to.put(word32(16 + body.size(), false) + word32(1, false) + word32(8, false) + word32(1, false) + body);
}

std::optional<Plist> mux_hear(const Socket& from) {
  const auto head = from.take(16);
  const auto body = head ? from.take(number(*head, false) - 16) : std::nullopt;
  return body ? parse_plist(*body) : std::nullopt;
}

Socket connect_port(std::uint64_t device, std::uint16_t port) {
  Socket mux = connect_mux();
  const auto swapped = static_cast<std::uint16_t>(port << 8 | port >> 8);
  mux_say(mux, {{"MessageType", "Connect"}, {"DeviceID", device}, {"PortNumber", swapped}});
  const auto reply = mux_hear(mux);
  return reply && reply->value("Number", 1) == 0 ? std::move(mux) : Socket();
}

bool say(const Socket& to, const Plist& message) {
  const std::string body = print_plist(message);
  return to.put(word32(body.size(), true) + body);
}

std::optional<Plist> hear(const Socket& from) {
  const auto head = from.take(4);
  const auto body = head ? from.take(number(*head, true)) : std::nullopt;
  return body ? parse_plist(*body) : std::nullopt;
}

}  // namespace greenroom::test::engine
