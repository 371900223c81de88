#include "hw/base/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace greenroom {
namespace {

// "1234 greenroom serve\n": the pid first, because a name may have spaces.
std::string owner_in(int fd, std::string_view nobody_yet) {
  char text[256];
  const ssize_t n = pread(fd, text, sizeof text, 0);
  std::string line(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  line.resize(std::min(line.find('\n'), line.size()));
  const std::size_t gap = line.find(' ');
  // Its owner has the lock and has not written its name yet.
  if (gap == std::string::npos) return std::string(nobody_yet);
  return line.substr(gap + 1) + ", process " + line.substr(0, gap);
}

Error system_error(std::string_view what, const std::string& path, std::string_view remedy) {
  return {Errc::storage, path + " " + std::string(what) + ": " + std::strerror(errno) + "; " + std::string(remedy)};
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path, std::string_view thing, std::string_view owner,
                                std::string_view otherwise) {
  // Not handed to child processes: an engine that outlives us must not keep the lock.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail(system_error("cannot be opened", path, "name a directory that exists and that this user may write"));
  FileLock lock(fd);
  int taken;
  do taken = flock(fd, LOCK_EX | LOCK_NB);
  while (taken != 0 && errno == EINTR);
  if (taken != 0 && errno == EWOULDBLOCK) {
    const std::string other = owner_in(fd, "another process, which is just starting");
    lock.fd_ = -1;
    close(fd);
    return fail(Errc::busy, std::string(thing) + " is owned by " + other + "; end it or " + std::string(otherwise));
  }
  if (taken != 0) return fail(system_error("cannot be locked", path, "put it on a local disk"));
  const std::string line = std::to_string(getpid()) + " " + std::string(owner) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) {
    return fail(system_error("cannot be written", path, "make room on that disk"));
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ < 0) return;
  // What remains is nobody's; a failure leaves a stale name in a file that nobody holds, which misleads nobody.
  [[maybe_unused]] const int emptied = ftruncate(fd_, 0);
  close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

}  // namespace greenroom
