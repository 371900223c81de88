// A journal on disk and what a person does with it, for the tests of its keeping.
#pragma once

#include <gtest/gtest.h>

#include "controller/journal/archive.hpp"
#include "controller/journal/fact_json.hpp"
#include "controller/journal/keeping.hpp"
#include "tests/support/journal_rig.hpp"

namespace greenroom::test {

namespace fs = std::filesystem;

struct SqliteKeeping : testing::Test {
  TempDir dir;
  Loop loop;
  const fs::path data = dir / "data";
  const fs::path db = data / "journal.db";

  SqliteKeeping() { fs::create_directory(data); }
  std::unique_ptr<SqliteJournal> open(const fs::path& where = {}) {
    auto journal = SqliteJournal::open(loop.io.get_executor(), where.empty() ? db : where);
    if (!journal) ADD_FAILURE() << journal.error().message;
    return journal ? std::move(*journal) : nullptr;
  }
  // Facts first to last, and a snapshot of the last.
  void have(Seq first, Seq last) {
    const auto journal = open();
    ASSERT_TRUE(loop.run(journal->append(facts(first, last))));
    ASSERT_TRUE(loop.run(journal->keep({last, "room", "{}"})));
  }
  Proof proof(const fs::path& path) {
    const auto file = JournalFile::open(path, JournalFile::Access::read);
    if (file) return prove(**file);
    Proof none;
    none.wrong = {0, file.error().message};
    return none;
  }
  Proof proof() { return proof(db); }
  std::string chain_of(Seq last) {
    ChainHash at{};
    for (const Fact& f : facts(1, last)) at = chain_next(at, to_json_line(f));
    return chain_hex(at);
  }
};

}  // namespace greenroom::test
