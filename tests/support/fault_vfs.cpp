#include "tests/support/fault_vfs.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <new>

#include "hw/base/random.hpp"

namespace greenroom::test {
namespace {

using Verdict = FaultVfs::Verdict;

// SQLite allocates szOsFile bytes and reads the first member; the system's own file follows behind.
struct File {
  sqlite3_file base;
  FaultVfs* vfs;
  std::string* path;  // null: a temporary file, not followed
  [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file)->real(); }
const sqlite3_io_methods* methods(sqlite3_file* file) { return real(file)->pMethods; }
FaultVfs& of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }

int close(sqlite3_file* file) {
  delete of(file)->path;
  return methods(file)->xClose(real(file));
}
int read(sqlite3_file* file, void* to, int n, sqlite3_int64 at) { return methods(file)->xRead(real(file), to, n, at); }

int write(sqlite3_file* file, const void* from, int n, sqlite3_int64 at) {
  File& f = *of(file);
  if (f.path == nullptr) return methods(file)->xWrite(real(file), from, n, at);
  const Verdict verdict = f.vfs->strikes();
  if (verdict == Verdict::fails) return f.vfs->last_errno() == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  f.vfs->changed(*f.path, {false, at, std::string(static_cast<const char*>(from), static_cast<std::size_t>(n))});
  if (verdict == Verdict::power_lost) return SQLITE_IOERR_WRITE;
  return methods(file)->xWrite(real(file), from, n, at);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  File& f = *of(file);
  if (f.path == nullptr) return methods(file)->xTruncate(real(file), size);
  if (f.vfs->strikes() != Verdict::go_on) return SQLITE_IOERR_TRUNCATE;
  f.vfs->changed(*f.path, {true, size, {}});
  return methods(file)->xTruncate(real(file), size);
}

// The system is not asked to sync: the test's own account of the disk is what counts, and it is quicker so.
int sync(sqlite3_file* file, int) {
  File& f = *of(file);
  if (f.path == nullptr) return SQLITE_OK;
  if (f.vfs->strikes() != Verdict::go_on) return SQLITE_IOERR_FSYNC;
  f.vfs->synced(*f.path);
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) { return methods(file)->xFileSize(real(file), size); }
int lock(sqlite3_file* file, int level) { return methods(file)->xLock(real(file), level); }
int unlock(sqlite3_file* file, int level) { return methods(file)->xUnlock(real(file), level); }
int check_lock(sqlite3_file* file, int* held) { return methods(file)->xCheckReservedLock(real(file), held); }
int control(sqlite3_file* file, int what, void* with) { return methods(file)->xFileControl(real(file), what, with); }
int sector_size(sqlite3_file* file) { return methods(file)->xSectorSize(real(file)); }
int traits(sqlite3_file* file) { return methods(file)->xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return methods(file)->xShmMap(real(file), page, size, extend, at);
}
int shm_lock(sqlite3_file* file, int at, int n, int flags) { return methods(file)->xShmLock(real(file), at, n, flags); }
void shm_barrier(sqlite3_file* file) { methods(file)->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return methods(file)->xShmUnmap(real(file), remove); }

const sqlite3_io_methods io{2,        close,       read,       write,   truncate,    sync,   file_size,
                            lock,     unlock,      check_lock, control, sector_size, traits, shm_map,
                            shm_lock, shm_barrier, shm_unmap,  nullptr, nullptr};

int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* given) {
  FaultVfs& fault = of(vfs);
  File& f = *new (file) File{};
  const bool followed = name != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  std::error_code ignored;
  const bool is_new = followed && !std::filesystem::exists(name, ignored);
  const int code = fault.below()->xOpen(fault.below(), name, f.real(), flags, given);
  if (code != SQLITE_OK) return code;
  f.base.pMethods = &io;
  f.vfs = &fault;
  f.path = followed ? new std::string(name) : nullptr;
  if (followed) fault.opened(*f.path, is_new);
  return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  FaultVfs& fault = of(vfs);
  if (fault.strikes() != Verdict::go_on) return SQLITE_IOERR_DELETE;
  fault.removed(name, sync_folder != 0);
  return fault.below()->xDelete(fault.below(), name, sync_folder);
}

int last_error(sqlite3_vfs* vfs, int n, char* text) {
  FaultVfs& fault = of(vfs);
  return fault.last_errno() != 0 ? fault.last_errno() : fault.below()->xGetLastError(fault.below(), n, text);
}

std::string bytes_at(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(std::string& disk, std::int64_t at, const std::string& bytes) {
  const auto place = static_cast<std::size_t>(at);
  if (disk.size() < place + bytes.size()) disk.resize(place + bytes.size(), '\0');
  disk.replace(place, bytes.size(), bytes);
}

void apply(std::string& disk, const FaultVfs::Change& change) {
  if (change.truncates) disk.resize(static_cast<std::size_t>(change.at), '\0');
  else put(disk, change.at, change.bytes);
}

// Each sector of a write is on the disk or is not, on its own.
void apply_some(std::string& disk, const FaultVfs::Change& change, Random& random) {
  constexpr std::int64_t sector = 512;
  if (change.truncates) {
    if (random.below(2) == 0) apply(disk, change);
    return;
  }
  const std::int64_t end = change.at + static_cast<std::int64_t>(change.bytes.size());
  for (std::int64_t at = change.at; at < end;) {
    const std::int64_t next = std::min(end, (at / sector + 1) * sector);
    const auto from = static_cast<std::size_t>(at - change.at);
    if (random.below(2) == 0) put(disk, at, change.bytes.substr(from, static_cast<std::size_t>(next - at)));
    at = next;
  }
}

}  // namespace

FaultVfs::FaultVfs() : below_(sqlite3_vfs_find(nullptr)) {
  static int made = 0;
  name_ = "fault-" + std::to_string(++made);
  vfs_ = *below_;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + below_->szOsFile;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.pNext = nullptr;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  vfs_.xGetLastError = last_error;
  // The rest of the table is the system's; those functions look at their arguments only, not at the VFS they are in.
  sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }

void FaultVfs::power_fails_at(std::size_t n) {
  const std::lock_guard lock(mutex_);
  count_ = 0;
  power_at_ = n;
}

void FaultVfs::fails_at(std::size_t n, int number, bool from_then_on) {
  const std::lock_guard lock(mutex_);
  count_ = 0;
  fail_at_ = n;
  number_ = number;
  from_then_on_ = from_then_on;
}

void FaultVfs::healed() {
  const std::lock_guard lock(mutex_);
  power_at_ = fail_at_ = 0;
  power_lost_ = struck_ = false;
  last_errno_ = 0;
}

std::size_t FaultVfs::operations() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

bool FaultVfs::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}

int FaultVfs::last_errno() const {
  const std::lock_guard lock(mutex_);
  return last_errno_;
}

FaultVfs::Verdict FaultVfs::strikes() {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (power_at_ != 0 && count_ >= power_at_) {
    const bool first = !power_lost_;
    power_lost_ = struck_ = true;
    last_errno_ = EIO;
    return first ? Verdict::power_lost : Verdict::fails;
  }
  if (fail_at_ != 0 && (from_then_on_ ? count_ >= fail_at_ : count_ == fail_at_)) {
    struck_ = true;
    last_errno_ = number_;
    return Verdict::fails;
  }
  return Verdict::go_on;
}

void FaultVfs::opened(const std::string& path, bool is_new) {
  const std::lock_guard lock(mutex_);
  const auto [disk, unknown] = disks_.try_emplace(path);
  Disk& d = disk->second;
  if (is_new) {
    d.since = {{true, 0, {}}};  // what stood there under this name goes at the next sync
    d.fresh = true;
    d.removed = false;
  } else if (unknown) {
    d.synced = bytes_at(path);
  }
}

void FaultVfs::changed(const std::string& path, Change change) {
  const std::lock_guard lock(mutex_);
  disks_[path].since.push_back(std::move(change));
}

void FaultVfs::synced(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Disk& disk = disks_[path];
  if (!disk.synced) disk.synced.emplace();
  for (const Change& change : disk.since) apply(*disk.synced, change);
  disk.since.clear();
  // With the first sync of a journal or WAL that it made SQLite syncs the folder too (os_unix.c, UNIXFILE_DIRSYNC).
  const bool folder = disk.fresh && path.find(".db-") != std::string::npos;
  disk.fresh = false;
  if (folder) folder_synced();
}

void FaultVfs::folder_synced() {
  for (auto& [path, disk] : disks_)
    if (disk.removed) disk.synced.reset();
}

// Where the folder is not synced the file comes back, as it was synced.
void FaultVfs::removed(const std::string& path, bool sync_folder) {
  const std::lock_guard lock(mutex_);
  disks_[path].since.clear();
  disks_[path].removed = true;
  if (sync_folder) folder_synced();
}

void FaultVfs::come_back(Left left, std::uint64_t seed) {
  healed();
  const std::lock_guard lock(mutex_);
  Random random(seed);
  for (auto& [path, disk] : disks_) {
    std::error_code ignored;
    std::filesystem::remove(path + "-shm", ignored);
    if (left != Left::all) {
      std::optional<std::string> found = disk.synced;
      if (left == Left::some_sectors && (found || random.below(2) == 0)) {
        if (!found) found.emplace();
        for (const Change& change : disk.since) apply_some(*found, change, random);
      }
      if (!found) {
        std::filesystem::remove(path, ignored);
      } else {  // in place: the file keeps its inode
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file.write(found->data(), static_cast<std::streamsize>(found->size()));
      }
    }
  }
  disks_.clear();
}

}  // namespace greenroom::test
