// The oldest facts, moved out of the database into files: DATA/archive/facts-FIRST-LAST.jsonl, one line a fact, exactly
// the lines that the chain hashes. The database keeps the hash of each archive's last fact, so that each one proves itself
// and a missing one leaves the rest provable.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "controller/journal/journal_file.hpp"

namespace greenroom {

// A file of this size is read in some 20 ms, and a year of a busy room makes about a hundred of them.
constexpr std::size_t facts_in_an_archive = 16'384;

std::filesystem::path archive_path(const std::filesystem::path& journal, const Archived&);

// Errc::storage names the archive: missing, shorter or longer than it was, or changed. All its lines, proven.
Result<std::vector<Line>> read_archive(const std::filesystem::path& journal, const Archived&);

// Written, synced and read back before it gets its name. The lines continue the chain at `before`.
Result<void> write_archive(const std::filesystem::path& journal, const Archived&, const std::vector<Line>&);

// The facts from `from` on, at most `limit`, out of archives and database as one; the chain of what is read is proven.
// Errc::storage names the file, the fact and the remedy.
Result<std::vector<Line>> read_lines(const JournalFile&, Seq from, std::size_t limit);

}  // namespace greenroom
