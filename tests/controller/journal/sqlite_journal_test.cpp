// The journal on a disk: what is appended is there for the next process, in the same chain as in memory.
#include "controller/journal/sqlite_journal.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "controller/journal/memory_journal.hpp"
#include "tests/support/journal_rig.hpp"

namespace greenroom {
namespace {

using test::fact;
using test::facts;

struct SqliteJournalTest : testing::Test {
  test::TempDir dir;
  test::Loop loop;
  const std::filesystem::path db = dir / "journal.db";

  std::unique_ptr<SqliteJournal> open() {
    auto journal = SqliteJournal::open(loop.io.get_executor(), db);
    if (!journal) ADD_FAILURE() << journal.error().message;
    return journal ? std::move(*journal) : nullptr;
  }
  std::string refusal() {
    const auto journal = SqliteJournal::open(loop.io.get_executor(), db);
    return journal ? "it opened" : journal.error().message;
  }
  Seq append(SqliteJournal& journal, Facts some) {
    const auto done = loop.run(journal.append(std::move(some)));
    if (!done) ADD_FAILURE() << done.error().message;
    return done.value_or(0);
  }
  // A journal of facts 1 to n, closed again.
  void have(Seq n) {
    const auto journal = open();
    append(*journal, facts(1, n));
  }
};

TEST_F(SqliteJournalTest, WhatWasAppendedIsThereForTheNextProcess) {
  {
    const auto journal = open();
    EXPECT_EQ(append(*journal, facts(1, 2)), 2U);
    EXPECT_EQ(append(*journal, {fact(3, "gone")}), 3U);
  }
  const auto journal = open();
  EXPECT_EQ(journal->last(), 3U);
  const auto all = journal->read(1, 100);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[2].body, FactBody(PduLost{"left", "gone"}));
  EXPECT_EQ((*all)[2].seq, 3U);
}

TEST_F(SqliteJournalTest, ItsChainIsThatOfAJournalInMemory) {
  MemoryJournal memory;
  const auto journal = open();
  EXPECT_EQ(journal->chain(), std::string(64, '0'));
  for (Seq seq = 1; seq <= 5; ++seq) {
    append(*journal, {fact(seq)});
    ASSERT_TRUE(loop.run(memory.append({fact(seq)})));
    EXPECT_EQ(journal->chain(), memory.chain());
  }
}

TEST_F(SqliteJournalTest, TheChainGoesOnAfterARestart) {
  MemoryJournal memory;
  ASSERT_TRUE(loop.run(memory.append(facts(1, 4))));
  have(3);
  const auto journal = open();
  append(*journal, {fact(4)});
  EXPECT_EQ(journal->chain(), memory.chain());
}

TEST_F(SqliteJournalTest, AppendingNothingCommitsNothingAndAnswers) {
  const auto journal = open();
  append(*journal, facts(1, 2));
  EXPECT_EQ(append(*journal, {}), 2U);
}

TEST_F(SqliteJournalTest, AGapIsRefusedAndNothingOfItIsKept) {
  const auto journal = open();
  const auto done = loop.run(journal->append({fact(1), fact(3)}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, db.string() + ": fact 3 does not follow fact 1; a second writer is at work");
  EXPECT_EQ(journal->read(1, 10)->size(), 0U);
  EXPECT_EQ(append(*journal, {fact(1)}), 1U);
}

TEST_F(SqliteJournalTest, ReadGivesAPageFromAnyPlace) {
  have(10);
  const auto journal = open();
  EXPECT_EQ(journal->read(0, 3)->size(), 3U);
  EXPECT_EQ(journal->read(9, 5)->size(), 2U);
  EXPECT_EQ(journal->read(9, 5)->front().seq, 9U);
  EXPECT_TRUE(journal->read(11, 5)->empty());
}

TEST_F(SqliteJournalTest, ASecondWriterIsFoundAndTheFirstOnesFactsStay) {
  const auto one = open();
  const auto two = open();
  append(*one, {fact(1, "first")});
  const auto done = loop.run(two->append({fact(1, "second")}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message,
            db.string() + ": a fact of this number stands there already: a second writer is at work; end it");
  EXPECT_EQ(one->read(1, 2)->front().body, FactBody(PduLost{"left", "first"}));
}

TEST_F(SqliteJournalTest, AnotherProgramsLockIsNamedWithTheRemedy) {
  have(1);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(db.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE head SET failed=0", nullptr, nullptr,
                         nullptr),
            SQLITE_OK);
  const auto file =
      SqliteJournal::open(loop.io.get_executor(), db, {.vfs = "", .machine = "", .patience = std::chrono::milliseconds(1)});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message,
            db.string() + ": another program holds it locked; `fuser -v` with the file's name shows which: end it");
  sqlite3_close(other);
}

// ---- snapshots

TEST_F(SqliteJournalTest, TheLastSnapshotIsKeptAcrossARestart) {
  {
    const auto journal = open();
    EXPECT_FALSE(*journal->snapshot());
    append(*journal, facts(1, 5));
    ASSERT_TRUE(loop.run(journal->keep({3, "room a", "{\"x\":1}"})));
    ASSERT_TRUE(loop.run(journal->keep({5, "room b", "{\"x\":2}"})));
  }
  const auto journal = open();
  const auto kept = journal->snapshot();
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->seq, 5U);
  EXPECT_EQ((*kept)->fingerprint, "room b");
  EXPECT_EQ((*kept)->state, "{\"x\":2}");
}

TEST_F(SqliteJournalTest, ASnapshotOfFactsThatAreNotThereIsRefused) {
  const auto journal = open();
  append(*journal, facts(1, 2));
  const auto done = loop.run(journal->keep({3, "room", "{}"}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, db.string() + ": a snapshot of fact 3 came before that fact; append it first");
}

TEST_F(SqliteJournalTest, AChangedSnapshotIsPassedOverAndTheFactsStay) {
  for (const char* change : {"state='{\"x\":2}'", "fingerprint='r'", "seq=1", "hash=zeroblob(32)", "sum=zeroblob(32)"}) {
    std::filesystem::remove(db);
    {
      const auto journal = open();
      append(*journal, facts(1, 2));
      ASSERT_TRUE(loop.run(journal->keep({2, "room", "{\"x\":1}"})));
    }
    test::sql(db, std::string("UPDATE snapshot SET ") + change);
    const auto journal = open();
    const auto kept = journal->snapshot();
    ASSERT_TRUE(kept) << change;
    EXPECT_FALSE(*kept) << change;
    EXPECT_EQ(journal->read(1, 10)->size(), 2U);
  }
}

// ---- a file that is not as it was left

TEST_F(SqliteJournalTest, AFactThatWasChangedNearTheEndIsFoundAtOpen) {
  have(20);
  test::sql(db, "UPDATE facts SET body = replace(body, 'left', 'lift') WHERE seq = 17");
  EXPECT_EQ(refusal(), db.string() +
                           ": fact 17 is not as it was written; see `greenroom journal verify`, then restore a "
                           "backup (greenroom journal restore)");
}

TEST_F(SqliteJournalTest, AFactThatIsMissingNearTheEndIsFoundAtOpen) {
  have(20);
  test::sql(db, "DELETE FROM facts WHERE seq = 17");
  EXPECT_EQ(refusal(),
            db.string() +
                ": fact 17 is missing; see `greenroom journal verify`, then restore a backup (greenroom journal restore)");
}

TEST_F(SqliteJournalTest, AnEndThatWasCutOffIsFoundAtOpen) {
  have(20);
  test::sql(db, "DELETE FROM facts WHERE seq > 17");
  EXPECT_EQ(refusal(), db.string() +
                           ": it should end with fact 20, and ends with 17; see `greenroom journal verify`, then "
                           "restore a backup (greenroom journal restore)");
}

TEST_F(SqliteJournalTest, AFactThatWasChangedLongAgoIsFoundWhenItIsRead) {
  have(2000);
  test::sql(db, "UPDATE facts SET body = replace(body, 'left', 'lift') WHERE seq = 17");
  const auto journal = open();
  const auto page = journal->read(1, 100);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, db.string() +
                                      ": fact 17 is not as it was written; see `greenroom journal verify`, then "
                                      "restore a backup (greenroom journal restore)");
}

TEST_F(SqliteJournalTest, AFileCutShortIsDamagedAndSaysSo) {
  have(2000);
  std::filesystem::resize_file(db, std::filesystem::file_size(db) / 2 / 4096 * 4096);
  EXPECT_EQ(
      refusal(),
      db.string() + ": it is damaged; see `greenroom journal verify`, then restore a backup (greenroom journal restore)");
}

TEST_F(SqliteJournalTest, AFileOfAnotherKindIsNotTouched) {
  test::write_bytes(db, std::string(8192, 'x'));
  EXPECT_EQ(refusal(),
            db.string() + ": it is no journal, or its beginning is damaged; restore a backup (greenroom journal restore)");
  EXPECT_EQ(test::bytes_of(db), std::string(8192, 'x'));
}

TEST_F(SqliteJournalTest, AnotherProgramsDatabaseIsNotTouched) {
  test::sql(db, "CREATE TABLE people (name TEXT)");
  const std::string before = test::bytes_of(db);
  EXPECT_EQ(refusal(), db.string() + ": it is another program's database; give the DATA directory of a room");
  EXPECT_EQ(test::bytes_of(db), before);
}

TEST_F(SqliteJournalTest, ANewerSchemaIsRefusedWithWords) {
  have(1);
  test::sql(db, "PRAGMA user_version = 2");
  EXPECT_EQ(refusal(), db.string() +
                           ": its schema 2 is newer than this program knows (1); use the program version that wrote "
                           "it, or a newer one");
}

TEST_F(SqliteJournalTest, AnEmptyFileThatACrashLeftBecomesAJournal) {
  test::write_bytes(db, "");
  const auto journal = open();
  EXPECT_EQ(append(*journal, {fact(1)}), 1U);
}

TEST_F(SqliteJournalTest, AJournalThatIsGoneIsNotMadeAnewBesideItsWal) {
  test::write_bytes(dir / "journal.db-wal", "x");
  EXPECT_EQ(refusal(), db.string() +
                           ": it is missing, but journal.db-wal is there; finish with greenroom journal restore "
                           "--from BACKUP, or give a new directory");
}

TEST_F(SqliteJournalTest, ADirectoryThatIsNotThereIsNamed) {
  const auto journal = SqliteJournal::open(loop.io.get_executor(), dir / "none" / "journal.db");
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().message, (dir / "none" / "journal.db").string() +
                                         ": it cannot be opened: No such file or directory; is the path right, and may this "
                                         "user read and write there?");
}

// ---- copies

TEST_F(SqliteJournalTest, ACopiedDirectoryIsRefusedAndTheOriginalGoesOn) {
  have(3);
  const auto copy = dir / "copy";
  std::filesystem::create_directory(copy);
  std::filesystem::copy_file(db, copy / "journal.db");
  const auto second = SqliteJournal::open(loop.io.get_executor(), copy / "journal.db");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::refused);
  EXPECT_EQ(second.error().message, (copy / "journal.db").string() +
                                        ": this is a copy of a room's journal; two services must never run one room. If the "
                                        "first will never run again: greenroom journal adopt --data " +
                                        copy.string());
  EXPECT_EQ(append(*open(), {fact(4)}), 4U);
}

TEST_F(SqliteJournalTest, ADirectoryThatWasRenamedIsNoCopy) {
  const auto before = dir / "before";
  std::filesystem::create_directory(before);
  {
    const auto journal = SqliteJournal::open(loop.io.get_executor(), before / "journal.db");
    ASSERT_TRUE(journal);
    append(**journal, facts(1, 2));
  }
  std::filesystem::rename(before, dir / "after");
  const auto journal = SqliteJournal::open(loop.io.get_executor(), dir / "after" / "journal.db");
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_EQ((*journal)->last(), 2U);
}

TEST_F(SqliteJournalTest, ADiskThatMovedToAnotherMachineIsRefused) {
  const auto on = [&](const std::string& machine) {
    SqliteJournal::Options options;
    options.machine = machine;
    return SqliteJournal::open(loop.io.get_executor(), db, options);
  };
  ASSERT_TRUE(on("one"));
  append(**on("one"), facts(1, 1));
  const auto other = on("two");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::refused);
}

// ---- the writer's thread

TEST_F(SqliteJournalTest, TheLoopGoesOnWhileACommitIsUnderWay) {
  const auto journal = open();
  bool durable = false;
  bool turned = false;
  asio::co_spawn(loop.io, journal->append({fact(1)}), [&](std::exception_ptr, const Result<Seq>& done) {
    EXPECT_TRUE(done);
    EXPECT_TRUE(turned);
    durable = true;
  });
  asio::post(loop.io, [&] { turned = !durable; });
  loop.io.run();
  EXPECT_TRUE(durable);
}

TEST_F(SqliteJournalTest, ACancelledAppendAnswersAndItsFateShowsAtTheNextOpen) {
  {
    const auto journal = open();
    asio::cancellation_signal stop;
    std::optional<Result<Seq>> answer;
    asio::co_spawn(
        loop.io, journal->append(facts(1, 3)),
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, Result<Seq> done) { answer = std::move(done); }));
    loop.io.poll_one();  // it has handed its facts over
    stop.emit(asio::cancellation_type::all);
    loop.io.run();
    ASSERT_TRUE(answer);
  }
  const auto journal = open();
  EXPECT_TRUE(journal->last() == 0 || journal->last() == 3) << journal->last();
  EXPECT_EQ(journal->read(1, 9)->size(), journal->last());
}

TEST_F(SqliteJournalTest, ACancelledAppendDoesNotSpoilTheNext) {
  const auto journal = open();
  asio::cancellation_signal stop;
  asio::co_spawn(loop.io, journal->append(facts(1, 3)),
                 asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr, const Result<Seq>&) {}));
  loop.io.poll_one();
  stop.emit(asio::cancellation_type::all);
  EXPECT_EQ(append(*journal, facts(4, 5)), 5U);
  EXPECT_EQ(journal->read(1, 9)->size(), 5U);
}

}  // namespace
}  // namespace greenroom
