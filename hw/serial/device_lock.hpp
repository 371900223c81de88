// One owner of a device (rules.md R14): flock(2) on the device itself, so that two by-id links of one port are one port,
// and so that the kernel gives it back when its process ends, however it ends. Who has it stands in /proc/locks
// (proc(5)), which every user may read; a file with a pid in it would be another user's, and would outlive its writer.
// TIOCEXCL beside it keeps out programs that know no flock; it does not keep out root. Callers: serialport_line.cpp,
// pty_line.cpp; owner_of also for listings.
#pragma once

#include <string>
#include <string_view>

#include "hw/base/result.hpp"

namespace greenroom {

class DeviceLock {
 public:
  // Opens the device for the lock alone, reads and sets nothing. `who` asks ("greenroom pdu read").
  // busy: "/dev/ttyUSB0 is owned by greenroom serve, process 1234, and a line has one owner; end it before greenroom
  // pdu read"; device_gone: there is none; refused: not for this user.
  static Result<DeviceLock> take(const std::string& path, std::string_view who);
  DeviceLock() = default;
  ~DeviceLock();
  DeviceLock(DeviceLock&& other) noexcept;
  DeviceLock& operator=(DeviceLock&& other) noexcept;

  [[nodiscard]] int descriptor() const { return fd_; }  // read-write, non-blocking, no controlling terminal

 private:
  explicit DeviceLock(int fd) : fd_(fd) {}
  int fd_{-1};
};

// "greenroom serve, process 1234", or "" when nobody has locked the device at `path`.
std::string owner_of(const std::string& path);
// Why open(2) or a first look failed with `error`, and what to do. `who` as above.
Error not_opened(const std::string& path, int error, std::string_view who);

}  // namespace greenroom
