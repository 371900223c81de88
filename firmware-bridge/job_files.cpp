#include "firmware-bridge/job_files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

#include "hw/async/real_clock.hpp"

namespace greenroom {
namespace {

constexpr std::size_t most_bytes = 1 << 20;

std::string_view remedy(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return "make room on that disk";
    case EACCES:
    case EPERM: return "give that directory to the user that runs Greenroom";
    case EROFS: return "mount that disk writable; a file system turns read-only when its disk fails";
    case EIO: return "the disk fails: replace it, and restore the data directory from its backup";
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN: return "raise the limits of open files and processes for the user that runs Greenroom";
    case ENOENT:
    case ENOTDIR: return "check that it exists and is spelled so";
    default: return "look at that path, then try again";
  }
}

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Error system_error(std::string_view what) {
  const int code = errno;
  return {Errc::storage, std::string(what) + ": " + std::strerror(code) + "; " + std::string(remedy(code))};
}

Result<std::optional<std::string>> read_whole(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return fail(system_error(path + " cannot be opened"));
  std::string text;
  char part[4096];
  while (text.size() < most_bytes) {
    const ssize_t n = read(file.get(), part, sizeof part);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(system_error(path + " cannot be read"));
    if (n == 0) break;
    text.append(part, static_cast<std::size_t>(n));
  }
  return text;
}

Result<void> write_whole(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  const auto give_up = [&draft, &path](std::string_view what) {
    Error error = system_error(path + " " + std::string(what));
    unlink(draft.c_str());
    return fail(std::move(error));
  };
  const Fd file(open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return give_up("cannot be made");
  while (!text.empty()) {
    const ssize_t n = write(file.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up("cannot be written");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (rename(draft.c_str(), path.c_str()) != 0) return give_up("cannot be named");
  return {};
}

Result<void> sync(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || fsync(file.get()) != 0) return fail(system_error(path + " cannot be made durable"));
  return {};
}

Result<JobLock> JobLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return fail(system_error(path + " cannot be opened"));
  struct flock lock = whole_file(F_WRLCK);
  if (fcntl(file.get(), F_OFD_SETLK, &lock) == 0) return JobLock(std::move(file));
  if (errno != EAGAIN && errno != EACCES) return fail(system_error(path + " cannot be locked"));
  return fail(Errc::busy, path + " is held by the gate of that job; a job has one gate");
}

bool JobLock::held(const std::string& directory) {
  const Fd file(open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
  struct flock lock = whole_file(F_WRLCK);
  return file && fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::uint64_t JobLock::inode(const std::string& directory) {
  struct stat file {};
  return stat((directory + "/lock").c_str(), &file) == 0 ? file.st_ino : 0;
}

std::optional<ProcessId> process_id(std::int32_t pid) {
  const auto text = read_whole("/proc/" + std::to_string(pid) + "/stat");
  if (!text || !*text) return std::nullopt;
  // "PID (NAME) STATE ...": the name may hold spaces and brackets, so what follows its last bracket counts.
  const auto bracket = (*text)->rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream rest((*text)->substr(bracket + 1));
  std::string state, field;
  rest >> state;
  constexpr int start_time = 22;  // proc(5); the state is field 3
  for (int n = 4; n <= start_time; ++n) rest >> field;
  ProcessId id{pid, 0};
  const bool whole = std::from_chars(field.data(), field.data() + field.size(), id.start).ec == std::errc{};
  if (!rest || !whole || state == "Z" || state == "X") return std::nullopt;
  return id;
}

Fd open_process(const std::string& boot, ProcessId id) {
  if (boot != boot_id() || id.pid <= 1) return Fd();
  // The handle first, then the look: a pid that was recycled in between does not match, and one recycled later does not
  // change what the handle stands for.
  Fd process(static_cast<int>(syscall(SYS_pidfd_open, id.pid, 0)));
  if (process && process_id(id.pid) == id) return process;
  return Fd();
}

Result<void> kill_process(const Fd& process) {
  if (syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0 || errno == ESRCH) return {};
  return fail(system_error("the engine's process cannot be ended"));
}

}  // namespace greenroom
