// A disk that fails, under SQLite: a VFS of our own over the system's. It keeps for every file what a power loss would
// leave (what was synced) beside what a running process sees, and counts each write, sync, truncation and deletion, so
// that a test can let each one in turn be the last, or fail.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace greenroom::test {

class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }

  // Operation n (from 1) is the last that the machine does, and it is cut short: it and all after it answer with EIO.
  void power_fails_at(std::size_t n);
  // Operation n fails with this errno; `from_then_on`: all after it as well, until healed().
  void fails_at(std::size_t n, int number, bool from_then_on);
  void healed();
  [[nodiscard]] std::size_t operations() const;
  [[nodiscard]] bool struck() const;  // the fault that was asked for has happened

  enum class Left { synced, some_sectors, all };  // of what was written and not synced
  // What the next process finds. Every connection is closed by now.
  void come_back(Left, std::uint64_t seed = 0);

  // For the functions that SQLite calls.
  struct Change {
    bool truncates{};
    std::int64_t at{};  // or the new size
    std::string bytes;
  };
  struct Disk {
    std::optional<std::string> synced;  // none: the file would not be there
    std::vector<Change> since;
    bool fresh{};    // made, and not yet synced
    bool removed{};  // and the folder not yet synced: it would come back
  };
  enum class Verdict { go_on, power_lost, fails };
  Verdict strikes();  // counts one operation
  int last_errno() const;
  void opened(const std::string& path, bool is_new);
  void changed(const std::string& path, Change);
  void synced(const std::string& path);
  void removed(const std::string& path, bool sync_folder);
  sqlite3_vfs* below() const { return below_; }

 private:
  void folder_synced();

  mutable std::mutex mutex_;
  sqlite3_vfs vfs_{};
  sqlite3_vfs* below_;
  std::string name_;
  std::map<std::string, Disk> disks_;
  std::size_t count_{}, power_at_{}, fail_at_{};
  bool from_then_on_{}, power_lost_{}, struck_{};
  int number_{}, last_errno_{};
};

}  // namespace greenroom::test
