// The journal of a room on its disk: DATA/journal.db (schema.sql), and archives of its oldest facts beside it.
//
// Appends and snapshots are encoded, hashed and committed on one thread of its own, so that a slow disk never blocks the
// loop (docs/decisions/0005); everything else happens on the loop. It must be used on one loop, which outlives it.
// Cancelled append: it may or may not have been committed; the next open tells. Destruction waits for the commit that
// is under way.
// Who calls: `greenroom serve`, which holds the lock of DATA (rules.md R14); the journal itself locks nothing.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "controller/journal/journal.hpp"

namespace greenroom {

class SqliteJournal final : public Journal {
 public:
  struct Options {
    std::string vfs;                             // SQLite's name of another file system layer; empty: the system's
    std::string machine;                         // who this machine is (home.hpp); empty: /etc/machine-id
    std::chrono::milliseconds patience{10'000};  // with another program's lock on the file
    int wal_pages{1000};                         // the WAL is moved into the file when it has grown so far; 4 KiB each
  };
  // Makes the file when there is none. Proves the last facts only, whatever the journal's length; read() proves what it
  // reads. Errc::storage: the file, the fact and the remedy. Errc::refused: it is a copy (home.hpp).
  static Result<std::unique_ptr<SqliteJournal>> open(asio::any_io_executor loop, std::filesystem::path db, Options options);
  static Result<std::unique_ptr<SqliteJournal>> open(asio::any_io_executor loop, std::filesystem::path db);
  ~SqliteJournal() override;

  Task<Seq> append(Facts) override;
  [[nodiscard]] Result<Facts> read(Seq from, std::size_t limit) const override;
  [[nodiscard]] std::string chain() const override;
  Task<void> keep(Snapshot) override;
  [[nodiscard]] Result<std::optional<Snapshot>> snapshot() const override;
  // The last durable fact; 0: none.
  [[nodiscard]] Seq last() const;

 private:
  struct Parts;
  explicit SqliteJournal(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace greenroom
