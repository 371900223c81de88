// usbmuxd and restored as the stand-in engine speaks to them: plain sockets (engine.md 7, 8).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/support/plist_json.hpp"

namespace greenroom::test::engine {

class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] bool readable(std::chrono::milliseconds within) const;
  bool put(const std::string& bytes) const;
  // Exactly so many, or nothing: the other side ended.
  [[nodiscard]] std::optional<std::string> take(std::size_t size) const;
  // Up to the end of a property list that stands bare.
  [[nodiscard]] std::optional<Plist> take_bare() const;

 private:
  int fd_;
};

// The usbmuxd of USBMUXD_SOCKET_ADDRESS; no socket where there is none.
Socket connect_mux();
bool mux_say(const Socket&, const Plist& message);
std::optional<Plist> mux_hear(const Socket&);
// A tunnel to a port of that device.
Socket connect_port(std::uint64_t device, std::uint16_t port);

// restored's messages: a big-endian length and a property list.
bool say(const Socket&, const Plist& message);
std::optional<Plist> hear(const Socket&);

}  // namespace greenroom::test::engine
