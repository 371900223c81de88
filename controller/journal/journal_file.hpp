// The database file of a journal: rows and transactions, and every word about a disk that fails. No thread, no JSON, no
// judgement of the chain. One object is one connection and belongs to one thread at a time.
// Every error is Errc::storage, begins with the file's path, and ends with the remedy.
// Who calls: SqliteJournal (one to write, one to read) and the offline verbs.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/journal/chain.hpp"
#include "controller/journal/journal.hpp"

namespace greenroom {

struct Line {
  Seq seq{};
  std::string body;
  ChainHash hash{};  // after this line
};

// A place in the chain: the hash after fact `seq`. The default is the beginning.
struct Mark {
  Seq seq{};
  ChainHash hash{};
  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Archived {
  Seq first{};
  Mark before, last;
};

// Facts in order from where one asked, or the archive in which that place lies.
struct Page {
  std::optional<Archived> archive;  // then there are no lines
  std::optional<Mark> before;       // of the fact before the first line; none: that fact is missing
  std::vector<Line> lines;          // as they stand in the file: not proven
};

class JournalFile {
 public:
  enum class Access { create, write, read };  // create: makes the file when it is not there
  struct Options {
    std::string vfs;                             // SQLite's name of another file system layer; empty: the system's
    std::chrono::milliseconds patience{10'000};  // with another's lock: retention's steps are far shorter
  };
  static Result<std::unique_ptr<JournalFile>> open(const std::filesystem::path&, Access, const Options&);
  static Result<std::unique_ptr<JournalFile>> open(const std::filesystem::path&, Access);
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const;

  // One transaction, durable when it ends (WAL, synchronous=FULL). After an error none of the lines is kept; where the
  // disk fails so that this cannot be made sure of, the error says so.
  Result<void> append(std::span<const Line>);
  [[nodiscard]] Result<Page> page(Seq from, std::size_t limit) const;
  [[nodiscard]] Result<Mark> head() const;
  [[nodiscard]] Result<std::vector<Archived>> archives() const;

  // In place of the former one. snapshot() passes over one that is damaged or of another chain, with a warning.
  Result<void> keep(const Snapshot&);
  [[nodiscard]] Result<std::optional<Snapshot>> snapshot() const;

  [[nodiscard]] Result<std::string> home() const;
  Result<void> set_home(const std::string&);

  // One transaction: notes the archive and deletes its facts.
  Result<void> forget(const Archived&);
  // The first fact whose wall time is not before this; none: all are older.
  [[nodiscard]] Result<std::optional<Seq>> first_since(WallTime) const;
  // A whole copy, one file without a WAL, as of one moment. The target must not exist.
  Result<void> copy_to(const std::filesystem::path&) const;
  // What SQLite itself finds wrong with the file's structure; empty: nothing.
  [[nodiscard]] Result<std::string> damage() const;

  // Moves what the WAL holds into the file. Errors lose nothing: the WAL keeps it.
  Result<void> checkpoint();
  [[nodiscard]] int wal_pages() const;  // after the last commit of this connection

 private:
  struct Parts;
  explicit JournalFile(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace greenroom
