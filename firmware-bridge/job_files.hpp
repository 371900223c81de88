// The files of a job directory and the processes they name: the system's side of job_record.hpp. Used by the controller
// (process_engine) and by the gate (gate_process). Errors are Errc::storage with the path, the cause and a remedy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "firmware-bridge/job_record.hpp"

namespace greenroom {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_{-1};
};

// `what` failed with errno's cause; the remedy is the one for that cause.
Error system_error(std::string_view what);

// Nothing when there is no such file. At most 1 MiB is read.
Result<std::optional<std::string>> read_whole(const std::string& path);
// The file appears whole or not at all. Not yet durable: see sync().
Result<void> write_whole(const std::string& path, std::string_view text);
// fsync of a file or a directory. May take as long as the disk likes: never called on the controller's loop.
Result<void> sync(const std::string& path);

// One gate a job, ever. The kernel gives the lock back when its process ends, however it ends. It is an open file
// description lock, because that kind can be asked for without being taken: a flock(2) tried by an onlooker would turn a
// gate away that starts in that moment.
class JobLock {
 public:
  // Errc::busy when another process has it.
  static Result<JobLock> take(const std::string& directory);
  static bool held(const std::string& directory);
  // The lock file's inode; 0 when there is none.
  static std::uint64_t inode(const std::string& directory);

 private:
  explicit JobLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// Nothing when there is no such process, or it has ended and waits only to be reaped.
std::optional<ProcessId> process_id(std::int32_t pid);
// A handle of that very process, which a recycled pid cannot take the place of; readable when it has ended.
Fd open_process(const std::string& boot, ProcessId);
Result<void> kill_process(const Fd& process);

}  // namespace greenroom
