#include "controller/journal/disk_words.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace greenroom {

std::string disk_words(int code, int system_errno, const char* sqlite_said) {
  const std::string system = system_errno != 0 ? std::string(": ") + std::strerror(system_errno) : std::string();
  const bool full = system_errno == ENOSPC || system_errno == EDQUOT;
  switch (full ? SQLITE_FULL : code & 0xff) {
    case SQLITE_FULL: return "the disk is full; make room on it, or move files of DATA/archive elsewhere";
    case SQLITE_IOERR:
      return "the disk fails" + system + "; look at the kernel's log (dmesg) and put a backup on a sound disk";
    case SQLITE_READONLY:
      return "it cannot be written; is the file system mounted read-only, or does the file belong to another user?";
    case SQLITE_CANTOPEN:
      return "it cannot be opened" + system + "; is the path right, and may this user read and write there?";
    case SQLITE_PERM:
    case SQLITE_AUTH: return "this user may not use it; set the owner and mode of the DATA directory";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program holds it locked; `fuser -v` with the file's name shows which: end it";
    case SQLITE_NOTADB: return "it is no journal, or its beginning is damaged; restore a backup (greenroom journal restore)";
    case SQLITE_CORRUPT:
      return "it is damaged; see `greenroom journal verify`, then restore a backup (greenroom journal restore)";
    case SQLITE_CONSTRAINT: return "a fact of this number stands there already: a second writer is at work; end it";
    default: return std::string("SQLite says \"") + sqlite_said + "\"; see `greenroom journal verify`";
  }
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path named = folder.empty() ? std::filesystem::path(".") : folder;
  const int fd = ::open(named.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = fd >= 0 && ::fsync(fd) == 0;
  const int number = errno;
  if (fd >= 0) ::close(fd);
  if (good) return {};
  return fail(Errc::storage, named.string() + ": it cannot be synced: " + std::strerror(number) +
                                 "; look at the disk, and at the owner of the folder");
}

}  // namespace greenroom
