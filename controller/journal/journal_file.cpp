#include "controller/journal/journal_file.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include "controller/journal/disk_words.hpp"
#include "controller/journal/journal_schema.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

constexpr int schema_known = 1;          // PRAGMA user_version; a change adds a step to migrate()
constexpr int application = 0x47524e4a;  // "GRNJ", PRAGMA application_id: a file of another program is not touched
constexpr std::chrono::milliseconds readers_patience{1'000};  // in WAL mode only a recovery ever makes a reader wait
constexpr int wal_kept_bytes = 16 * 1024 * 1024;

Error storage(const std::filesystem::path& path, const std::string& what) {
  return {Errc::storage, path.string() + ": " + what};
}

ChainHash hash_of(const SQLite::Column& column) {
  ChainHash hash;
  hash.fill(0xff);  // of no chain: a hash of another length never fits
  if (const std::string bytes = column.getString(); bytes.size() == hash.size())
    std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

void bind_hash(SQLite::Statement& statement, int index, const ChainHash& hash) {
  statement.bind(index, hash.data(), static_cast<int>(hash.size()));
}

std::int64_t signed_of(Seq seq) { return static_cast<std::int64_t>(seq); }
Seq seq_of(const SQLite::Column& column) { return static_cast<Seq>(column.getInt64()); }

// Over everything that a snapshot says, so that one changed byte of it shows.
ChainHash sum_of(Seq seq, const ChainHash& at, const std::string& fingerprint, const std::string& state) {
  ChainHash sum = chain_next(at, std::to_string(seq));
  sum = chain_next(sum, fingerprint);
  return chain_next(sum, state);
}

// A statement that is used for every line or commit: compiled once, left reset whatever happens.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) { statement_.tryReset(); }
  ~Use() { statement_.tryReset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  SQLite::Statement* operator->() { return &statement_; }

 private:
  SQLite::Statement& statement_;
};

}  // namespace

struct JournalFile::Parts {
  std::filesystem::path path;
  Options options;
  SQLite::Database database;
  std::optional<SQLite::Statement> insert, move_head;
  int wal_pages{};
  int failed_code{};  // the extended code of the last error

  Parts(const std::filesystem::path& p, int flags, const Options& o)
      : path(p), options(o), database(p.string(), flags, static_cast<int>(o.patience.count()), o.vfs) {}

  Error said(const SQLite::Exception& e) {
    failed_code = e.getExtendedErrorCode();
    return storage(path, disk_words(failed_code, system_errno(), e.what()));
  }
  // What the system said of the last file operation. SQLite 3.40 keeps it for some failures only, so its VFS is asked.
  [[nodiscard]] int system_errno() const {
    const int primary = failed_code & 0xff;
    if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN) return 0;
    if (const int kept = sqlite3_system_errno(database.getHandle()); kept != 0) return kept;
    sqlite3_vfs* vfs = nullptr;
    const int code = sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    return code == SQLITE_OK && vfs != nullptr && vfs->xGetLastError != nullptr ? vfs->xGetLastError(vfs, 0, nullptr) : 0;
  }

  // Runs f, whose SQLite exceptions become errors: none crosses this file.
  template <class F>
  auto guarded(F&& f) -> Result<std::invoke_result_t<F>> {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        f();
        return {};
      } else {
        return f();
      }
    } catch (const SQLite::Exception& e) { return fail(said(e)); }
  }

  [[nodiscard]] int number(const char* query) { return database.execAndGet(query).getInt(); }
  [[nodiscard]] std::optional<Mark> mark_before(Seq from);
  Result<void> know_schema(bool may_create);
  void undo();
};

namespace {

// What every connection is told, before it reads or writes.
void set_up(SQLite::Database& database, JournalFile::Access access) {
  sqlite3_extended_result_codes(database.getHandle(), 1);
  if (access == JournalFile::Access::read) return;
  database.exec("PRAGMA journal_mode=WAL");
  database.exec("PRAGMA synchronous=FULL");   // a commit is on the disk when it ends
  database.exec("PRAGMA secure_delete=OFF");  // what is deleted stands in an archive; wiping it costs writes
  database.exec("PRAGMA journal_size_limit=" + std::to_string(wal_kept_bytes));
}

}  // namespace

JournalFile::JournalFile(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
JournalFile::~JournalFile() = default;
const std::filesystem::path& JournalFile::path() const { return parts_->path; }
int JournalFile::wal_pages() const { return parts_->wal_pages; }

Result<std::unique_ptr<JournalFile>> JournalFile::open(const std::filesystem::path& path, Access access) {
  return open(path, access, Options{});
}

Result<std::unique_ptr<JournalFile>> JournalFile::open(const std::filesystem::path& path, Access access,
                                                       const Options& asked) {
  const bool reads = access == Access::read;
  Options options = asked;
  if (reads) options.patience = std::min(options.patience, readers_patience);
  const int flags =
      reads ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | (access == Access::create ? SQLite::OPEN_CREATE : 0);
  std::unique_ptr<Parts> parts;
  try {
    parts = std::make_unique<Parts>(path, flags, options);
  } catch (const SQLite::Exception& e) { return fail(storage(path, disk_words(e.getExtendedErrorCode(), errno, e.what()))); }
  auto ready = parts->guarded([&] {
    auto known = parts->know_schema(access == Access::create);
    if (!known) return known;
    set_up(parts->database, access);
    sqlite3_wal_hook(
        parts->database.getHandle(),
        [](void* pages, sqlite3*, const char*, int now) {
          *static_cast<int*>(pages) = now;
          return SQLITE_OK;
        },
        &parts->wal_pages);
    return known;
  });
  if (!ready) return fail(ready.error());
  if (!*ready) return fail(ready->error());
  return std::unique_ptr<JournalFile>(new JournalFile(std::move(parts)));
}

// A new file gets the schema in one transaction; an older one would be migrated here, step by step; a newer one is refused.
Result<void> JournalFile::Parts::know_schema(bool may_create) {
  const int schema = number("PRAGMA user_version");
  if (schema > schema_known) {
    return fail(storage(path, "its schema " + std::to_string(schema) + " is newer than this program knows (" +
                                  std::to_string(schema_known) +
                                  "); use the program version that wrote it, or a newer one"));
  }
  const bool empty = schema == 0 && number("SELECT count(*) FROM sqlite_master") == 0;
  if (!empty && number("PRAGMA application_id") != application) {
    return fail(storage(path, "it is another program's database; give the DATA directory of a room"));
  }
  if (!empty) return {};
  if (!may_create) return fail(storage(path, "it is empty, no journal; restore a backup (greenroom journal restore)"));
  set_up(database, Access::create);
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec(journal_schema);
  database.exec("PRAGMA application_id=" + std::to_string(application));
  database.exec("PRAGMA user_version=" + std::to_string(schema_known));
  transaction.commit();
  return sync_folder(path.parent_path());
}

Result<void> JournalFile::append(std::span<const Line> lines) {
  Parts& p = *parts_;
  if (lines.empty()) return {};
  bool committing = false;
  auto done = p.guarded([&] {
    if (!p.insert) p.insert.emplace(p.database, "INSERT INTO facts (seq, body, hash) VALUES (?, ?, ?)");
    if (!p.move_head) p.move_head.emplace(p.database, "UPDATE head SET seq = ?, hash = ?");
    SQLite::Transaction transaction(p.database, SQLite::TransactionBehavior::IMMEDIATE);
    for (const Line& line : lines) {
      Use row(*p.insert);
      row->bind(1, signed_of(line.seq));
      row->bindNoCopy(2, line.body);
      row->bindNoCopy(3, line.hash.data(), static_cast<int>(line.hash.size()));
      row->exec();
    }
    {
      Use row(*p.move_head);
      row->bind(1, signed_of(lines.back().seq));
      row->bindNoCopy(2, lines.back().hash.data(), static_cast<int>(lines.back().hash.size()));
      row->exec();
    }
    committing = true;
    transaction.commit();
  });
  if (done) return {};
  if (!committing || p.failed_code != SQLITE_IOERR_FSYNC) return done;
  // All of it was written and only the sync failed: after a crash SQLite would find a whole commit. The next commit goes
  // over the same place of the WAL, so a small one makes sure that nothing of this one is ever found.
  const auto undone = p.guarded([&] { p.undo(); });
  if (undone) return done;
  return fail(Errc::storage, done.error().message + "; whether " + std::to_string(lines.size()) +
                                 " facts are in the file shows at the next start, they may be appended again");
}

void JournalFile::Parts::undo() { database.exec("UPDATE head SET failed = failed + 1"); }

// The hash that the first line at or after `from` builds on.
std::optional<Mark> JournalFile::Parts::mark_before(Seq from) {
  if (from <= 1) return Mark{};
  for (const char* query : {"SELECT seq, hash FROM facts WHERE seq = ?", "SELECT last, hash FROM archives WHERE last = ?"}) {
    SQLite::Statement row(database, query);
    row.bind(1, signed_of(from - 1));
    if (row.executeStep()) return Mark{seq_of(row.getColumn(0)), hash_of(row.getColumn(1))};
  }
  return std::nullopt;
}

Result<Page> JournalFile::page(Seq from, std::size_t limit) const {
  Parts& p = *parts_;
  return p.guarded([&] {
    Page page;
    SQLite::Transaction one_moment(p.database);  // retention may be at work in another process
    SQLite::Statement archive(p.database, "SELECT first, last, hash FROM archives WHERE last >= ? ORDER BY first LIMIT 1");
    archive.bind(1, signed_of(from));
    if (archive.executeStep()) {
      const Seq first = seq_of(archive.getColumn(0));
      const auto before = p.mark_before(first);
      page.archive = Archived{first, before.value_or(Mark{}), {seq_of(archive.getColumn(1)), hash_of(archive.getColumn(2))}};
      return page;
    }
    page.before = p.mark_before(from);
    SQLite::Statement rows(p.database, "SELECT seq, body, hash FROM facts WHERE seq >= ? ORDER BY seq LIMIT ?");
    rows.bind(1, signed_of(from));
    rows.bind(2, static_cast<std::int64_t>(std::min<std::size_t>(limit, std::size_t{1} << 62U)));
    while (rows.executeStep())
      page.lines.push_back({seq_of(rows.getColumn(0)), rows.getColumn(1).getString(), hash_of(rows.getColumn(2))});
    return page;
  });
}

Result<Mark> JournalFile::head() const {
  return parts_->guarded([&] {
    SQLite::Statement row(parts_->database, "SELECT seq, hash FROM head");
    return row.executeStep() ? Mark{seq_of(row.getColumn(0)), hash_of(row.getColumn(1))} : Mark{};
  });
}

Result<std::vector<Archived>> JournalFile::archives() const {
  return parts_->guarded([&] {
    std::vector<Archived> all;
    SQLite::Statement rows(parts_->database, "SELECT first, last, hash FROM archives ORDER BY first");
    Mark before;
    while (rows.executeStep()) {
      const Mark last{seq_of(rows.getColumn(1)), hash_of(rows.getColumn(2))};
      all.push_back({seq_of(rows.getColumn(0)), std::exchange(before, last), last});
    }
    return all;
  });
}

Result<void> JournalFile::keep(const Snapshot& snapshot) {
  Parts& p = *parts_;
  bool known = false;
  auto done = p.guarded([&] {
    SQLite::Transaction transaction(p.database, SQLite::TransactionBehavior::IMMEDIATE);
    const auto at = p.mark_before(snapshot.seq + 1);
    known = at.has_value();
    if (!known) return;
    SQLite::Statement row(
        p.database, "INSERT OR REPLACE INTO snapshot (one, seq, hash, fingerprint, state, sum) VALUES (1, ?, ?, ?, ?, ?)");
    row.bind(1, signed_of(snapshot.seq));
    bind_hash(row, 2, at->hash);
    row.bindNoCopy(3, snapshot.fingerprint);
    row.bindNoCopy(4, snapshot.state);
    bind_hash(row, 5, sum_of(snapshot.seq, at->hash, snapshot.fingerprint, snapshot.state));
    row.exec();
    transaction.commit();
  });
  if (done && !known)
    return fail(
        storage(p.path, "a snapshot of fact " + std::to_string(snapshot.seq) + " came before that fact; append it first"));
  return done;
}

Result<std::optional<Snapshot>> JournalFile::snapshot() const {
  Parts& p = *parts_;
  return p.guarded([&]() -> std::optional<Snapshot> {
    SQLite::Transaction one_moment(p.database);
    SQLite::Statement row(p.database, "SELECT seq, hash, fingerprint, state, sum FROM snapshot");
    if (!row.executeStep()) return std::nullopt;
    Snapshot kept(seq_of(row.getColumn(0)), row.getColumn(2).getString(), row.getColumn(3).getString());
    const ChainHash at = hash_of(row.getColumn(1));
    const auto mark = p.mark_before(kept.seq + 1);
    const bool whole = hash_of(row.getColumn(4)) == sum_of(kept.seq, at, kept.fingerprint, kept.state);
    if (whole && mark && mark->hash == at) return kept;
    log::warn(p.path.string() + ": the snapshot at fact " + std::to_string(kept.seq) +
              (whole ? " is of another chain" : " is damaged") + "; every fact is read instead, which takes longer");
    return std::nullopt;
  });
}

Result<std::string> JournalFile::home() const {
  return parts_->guarded([&]() -> std::string {
    SQLite::Statement row(parts_->database, "SELECT value FROM meta WHERE key = 'home'");
    return row.executeStep() ? row.getColumn(0).getString() : std::string();
  });
}

Result<void> JournalFile::set_home(const std::string& home) {
  return parts_->guarded([&] {
    SQLite::Statement row(parts_->database, "INSERT OR REPLACE INTO meta (key, value) VALUES ('home', ?)");
    row.bind(1, home);
    row.exec();
  });
}

Result<void> JournalFile::forget(const Archived& archive) {
  Parts& p = *parts_;
  return p.guarded([&] {
    SQLite::Transaction transaction(p.database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement note(p.database, "INSERT INTO archives (first, last, hash) VALUES (?, ?, ?)");
    note.bind(1, signed_of(archive.first));
    note.bind(2, signed_of(archive.last.seq));
    bind_hash(note, 3, archive.last.hash);
    note.exec();
    SQLite::Statement drop(p.database, "DELETE FROM facts WHERE seq <= ?");
    drop.bind(1, signed_of(archive.last.seq));
    drop.exec();
    transaction.commit();
  });
}

Result<std::optional<Seq>> JournalFile::first_since(WallTime wall) const {
  return parts_->guarded([&]() -> std::optional<Seq> {
    SQLite::Statement row(parts_->database,
                          "SELECT seq FROM facts WHERE json_extract(body, '$.wall_us') >= ? ORDER BY seq LIMIT 1");
    row.bind(1, static_cast<std::int64_t>(wall.time_since_epoch().count()));
    if (!row.executeStep()) return std::nullopt;
    return seq_of(row.getColumn(0));
  });
}

Result<void> JournalFile::copy_to(const std::filesystem::path& target) const {
  Parts& p = *parts_;
  try {
    {
      SQLite::Database copy(target.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, p.options.vfs);
      SQLite::Backup backup(copy, p.database);
      backup.executeStep(-1);  // all in one step: a reader of the WAL, so the writer goes on
    }
    SQLite::Database copy(target.string(), SQLite::OPEN_READWRITE, 0, p.options.vfs);
    copy.exec("PRAGMA journal_mode=DELETE");  // one file, no WAL beside it
    copy.exec("DELETE FROM meta WHERE key = 'home'");
  } catch (const SQLite::Exception& e) {
    return fail(storage(target, disk_words(e.getExtendedErrorCode(), errno, e.what())));
  }
  return sync_folder(target.parent_path());
}

Result<std::string> JournalFile::damage() const {
  return parts_->guarded([&]() -> std::string {
    SQLite::Statement row(parts_->database, "PRAGMA quick_check(1)");
    const std::string first = row.executeStep() ? row.getColumn(0).getString() : "ok";
    return first == "ok" ? std::string() : first;
  });
}

Result<void> JournalFile::checkpoint() {
  return parts_->guarded([&] {
    const int code =
        sqlite3_wal_checkpoint_v2(parts_->database.getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY) throw SQLite::Exception(parts_->database.getHandle(), code);
    parts_->wal_pages = 0;
  });
}

}  // namespace greenroom
