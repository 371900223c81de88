#include "hw/serial/device_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace greenroom {
namespace {

// "greenroom serve", "picocom": the program, and of our own the verb.
std::string program_of(const std::string& pid) {
  std::ifstream in("/proc/" + pid + "/cmdline", std::ios::binary);
  std::string program;
  std::string word;
  std::getline(in, program, '\0');
  program.erase(0, program.rfind('/') + 1);
  if (program != "greenroom") return program;
  for (int words = 0; words < 2 && std::getline(in, word, '\0') && !word.empty() && word.front() != '-'; ++words) {
    if (words == 1 && program != "greenroom pdu") break;
    program += " " + word;
  }
  return program;
}

// proc(5): "1: FLOCK  ADVISORY  WRITE 1234 00:05:123 0 EOF"; a lock that is waited for has "->" behind its number.
std::string owner_of(const struct stat& device) {
  const std::string file = fmt::format("{:02x}:{:02x}:{}", major(device.st_dev), minor(device.st_dev), device.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, strength, access, pid, where;
    words >> number >> kind >> strength >> access >> pid >> where;
    if (kind != "FLOCK" || where != file) continue;
    const std::string program = program_of(pid);
    // A process of another namespace has no number here.
    if (pid == "0" || pid == "-1") return "a process outside this container";
    return fmt::format("{}, process {}", program.empty() ? "a program" : program, pid);
  }
  return {};
}

// What stands at `path`, looked at without opening it: that needs no right to it, and a device does not notice (open(2),
// O_PATH).
bool look_at(const std::string& path, struct stat& found) {
  const int fd = open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return false;
  const bool seen = fstat(fd, &found) == 0;
  close(fd);
  return seen;
}

std::string group_of(const std::string& path) {
  struct stat s {};
  if (!look_at(path, s)) return "dialout";
  const group* g = getgrgid(s.st_gid);
  return g != nullptr ? g->gr_name : std::to_string(s.st_gid);
}

Error owned(const std::string& path, const std::string& owner, std::string_view who) {
  return {Errc::busy, fmt::format("{} is owned by {}, and a line has one owner; end it before {}", path, owner, who)};
}

}  // namespace

std::string owner_of(const std::string& path) {
  struct stat s {};
  return look_at(path, s) ? owner_of(s) : std::string();
}

Error not_opened(const std::string& path, int error, std::string_view who) {
  const char* words = std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return {Errc::device_gone,
              fmt::format("{} is not there ({}); plug it in, or name another: greenroom pdu ports lists them", path, words)};
    case EACCES:
    case EPERM:
      return {Errc::refused, fmt::format("{} is not open to this user ({}); add the user to the group {} and log in again",
                                         path, words, group_of(path))};
    case EBUSY: {  // TIOCEXCL; its owner need not know flock
      const std::string owner = owner_of(path);
      if (!owner.empty()) return owned(path, owner, who);
      return {Errc::busy,
              fmt::format("{} is held by another program; fuser -v {} names it; end it before {}", path, path, who)};
    }
    default:
      return {Errc::device_gone,
              fmt::format("{} cannot be opened ({}); unplug it, wait a moment, and plug it in", path, words)};
  }
}

Result<DeviceLock> DeviceLock::take(const std::string& path, std::string_view who) {
  // Not handed to child processes: an engine that outlives us must not keep the lock.
  const int fd = open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail(not_opened(path, errno, who));
  DeviceLock lock(fd);
  termios t{};
  if (tcgetattr(fd, &t) != 0 && errno == ENOTTY) return fail(Errc::bad_config, fmt::format("{} is no serial port", path));
  int taken;
  do taken = flock(fd, LOCK_EX | LOCK_NB);
  while (taken != 0 && errno == EINTR);
  if (taken == 0) return lock;
  if (errno != EWOULDBLOCK) return fail(not_opened(path, errno, who));
  struct stat s {};
  std::string owner = fstat(fd, &s) == 0 ? owner_of(s) : std::string();
  if (owner.empty()) owner = "another process";  // it ended just now, or /proc is not mounted
  return fail(owned(path, owner, who));
}

DeviceLock::~DeviceLock() {
  if (fd_ >= 0) close(fd_);
}

DeviceLock::DeviceLock(DeviceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DeviceLock& DeviceLock::operator=(DeviceLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

}  // namespace greenroom
