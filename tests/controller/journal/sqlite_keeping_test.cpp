// What a person does with a journal: verify, back up, restore, adopt; and what a changed byte looks like.
#include "hw/base/random.hpp"
#include "tests/support/keeping_rig.hpp"

namespace greenroom {
namespace {

namespace fs = std::filesystem;
using test::facts;
using test::SqliteKeeping;

// ---- verify

TEST_F(SqliteKeeping, AWholeChainIsProvenFromItsFirstFactToItsLast) {
  have(1, 10);
  const Proof all = proof();
  EXPECT_FALSE(all.wrong);
  EXPECT_EQ(all.first, 1U);
  EXPECT_EQ(all.last.seq, 10U);
  EXPECT_EQ(all.facts, 10U);
  EXPECT_EQ(chain_hex(all.last.hash), chain_of(10));
}

TEST_F(SqliteKeeping, VerifyRunsBesideAService) {
  const auto journal = open();
  ASSERT_TRUE(loop.run(journal->append(facts(1, 10))));
  EXPECT_EQ(proof().last.seq, 10U);
}

TEST_F(SqliteKeeping, WhatWasChangedIsNamed) {
  struct Case {
    const char *change, *what;
    Seq seq;
  };
  for (const Case& c : std::vector<Case>{
           {"UPDATE facts SET body = replace(body, 'left', 'lift') WHERE seq = 4", "fact 4: its text was changed", 4},
           {"UPDATE facts SET hash = zeroblob(32) WHERE seq = 4", "fact 4: its hash was changed", 4},
           {"UPDATE facts SET hash = zeroblob(31) WHERE seq = 4", "fact 4: its hash was changed", 4},
           {"UPDATE facts SET body = replace(body, 'left', 'lift') WHERE seq = 10", "fact 10: its text was changed", 10},
           {"UPDATE facts SET hash = zeroblob(32) WHERE seq = 10", "fact 10: its hash was changed", 10},
           {"UPDATE facts SET body = 'x', hash = zeroblob(32) WHERE seq = 4",
            "fact 4: its text or its hash was changed, and so was what follows", 4},
           {"DELETE FROM facts WHERE seq = 4", "fact 4 is missing", 4},
           {"DELETE FROM facts WHERE seq IN (1, 2, 3)", "facts 1 to 3 are missing", 1},
           {"DELETE FROM facts WHERE seq > 8", "fact 9 and all after it are missing", 9},
           {"UPDATE head SET hash = zeroblob(32)", "the note of the last fact was changed: it says another hash", 10},
           {"UPDATE head SET seq = 9", "facts stand after the last one that was noted", 9}}) {
    fs::remove_all(data);
    fs::create_directory(data);
    have(1, 10);
    test::sql(db, c.change);
    const Proof seen = proof();
    ASSERT_TRUE(seen.wrong) << c.change;
    EXPECT_EQ(seen.wrong->what, db.string() + ": " + c.what) << c.change;
    EXPECT_EQ(seen.wrong->seq, c.seq) << c.change;
  }
}

// Where the bytes of each fact lie in the file: its text and behind it its hash, as SQLite stores a row.
struct Place {
  Seq seq;
  std::size_t text, hash;
};
std::vector<Place> places(const std::string& file, Seq last) {
  std::vector<Place> found;
  ChainHash at{};
  for (const Fact& f : facts(1, last)) {
    const std::string body = to_json_line(f);
    at = chain_next(at, body);
    const std::string row = body + std::string(at.begin(), at.end());
    if (const std::size_t where = file.find(row);
        where != std::string::npos && file.find(row, where + 1) == std::string::npos)
      found.push_back({f.seq, where, where + body.size()});
  }
  return found;
}

TEST_F(SqliteKeeping, AnyByteThatIsChangedInATextOrAHashIsFoundAndItsFactNamed) {
  have(1, 200);
  const std::string sound = test::bytes_of(db);
  const std::vector<Place> all = places(sound, 200);
  ASSERT_GT(all.size(), 150U);  // the rest stands in the file twice, since a page was split
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const Place place = all[random.below(all.size())];
    const std::size_t at = place.text + random.below(place.hash + 32 - place.text);
    std::string changed = sound;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << random.below(8)));
    test::write_bytes(db, changed);
    const Proof seen = proof();
    ASSERT_TRUE(seen.wrong) << "seed " << seed;
    EXPECT_EQ(seen.wrong->seq, place.seq) << "seed " << seed << ": " << seen.wrong->what;
    EXPECT_EQ(seen.wrong->what, db.string() + ": fact " + std::to_string(place.seq) +
                                    (at < place.hash ? ": its text was changed" : ": its hash was changed"))
        << "seed " << seed;
  }
}

TEST_F(SqliteKeeping, AByteThatIsChangedAnywhereIsFoundOrChangesNoFact) {
  have(1, 200);
  const std::string sound = test::bytes_of(db);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed + 1000);
    const std::size_t at = random.below(sound.size());
    std::string changed = sound;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U + random.below(255)));
    test::write_bytes(db, changed);
    const Proof seen = proof();
    EXPECT_TRUE(seen.wrong || chain_hex(seen.last.hash) == chain_of(200)) << "seed " << seed << ", byte " << at;
  }
}

TEST_F(SqliteKeeping, AByteThatIsChangedInAFreePageIsHarmless) {
  have(1, 2000);
  ASSERT_TRUE(retain(data, 1500, std::nullopt));
  std::string bytes = test::bytes_of(db);
  const std::size_t rest = bytes.find(to_json_line(test::fact(700)));  // deleted; its page is free
  ASSERT_NE(rest, std::string::npos);
  bytes[rest + 5] ^= 1;
  test::write_bytes(db, bytes);
  const Proof seen = proof();
  EXPECT_FALSE(seen.wrong) << seen.wrong->what;
  EXPECT_EQ(seen.facts, 2000U);
}

// ---- backup and restore

TEST_F(SqliteKeeping, ABackupBesideAServiceHoldsAllThatIsDurable) {
  const auto journal = open();
  ASSERT_TRUE(loop.run(journal->append(facts(1, 10))));
  const auto made = back_up(data, dir / "backup.db");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->last.seq, 10U);
  EXPECT_TRUE(loop.run(journal->append(facts(11, 12))));
  EXPECT_EQ(proof(dir / "backup.db").last.seq, 10U);
  EXPECT_FALSE(fs::exists(dir / "backup.db-wal"));
  EXPECT_FALSE(fs::exists(dir / "backup.db.part"));
}

TEST_F(SqliteKeeping, ABackupIsNeverWrittenOverAFile) {
  have(1, 1);
  test::write_bytes(dir / "backup.db", "mine");
  const auto made = back_up(data, dir / "backup.db");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, (dir / "backup.db").string() + ": it exists already; give a new name");
  EXPECT_EQ(test::bytes_of(dir / "backup.db"), "mine");
}

TEST_F(SqliteKeeping, ADamagedJournalGivesNoBackup) {
  have(1, 10);
  test::sql(db, "DELETE FROM facts WHERE seq = 4");
  EXPECT_FALSE(back_up(data, dir / "backup.db"));
  EXPECT_FALSE(fs::exists(dir / "backup.db"));
}

TEST_F(SqliteKeeping, ABackupPutInPlaceByHandIsRefusedWithTheRightVerb) {
  have(1, 3);
  ASSERT_TRUE(back_up(data, dir / "backup.db"));
  fs::remove(db);
  fs::copy_file(dir / "backup.db", db);
  const auto journal = SqliteJournal::open(loop.io.get_executor(), db);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().message,
            db.string() +
                ": this is a backup, no room's journal; two services must never run one room. If the "
                "first will never run again: greenroom journal adopt --data " +
                data.string());
}

TEST_F(SqliteKeeping, ARestoredBackupRunsAndTheOldJournalIsKept) {
  have(1, 10);
  ASSERT_TRUE(back_up(data, dir / "backup.db"));
  have(11, 15);
  const auto restored = restore(data, dir / "backup.db");
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->proof.last.seq, 10U);
  ASSERT_EQ(restored->aside.size(), 1U);
  EXPECT_EQ(restored->aside[0], db.string() + ".before-restore-1");
  EXPECT_EQ(proof(restored->aside[0]).last.seq, 15U);
  const auto journal = open();
  EXPECT_EQ(journal->last(), 10U);
  EXPECT_TRUE(loop.run(journal->append(facts(11, 12))));
}

TEST_F(SqliteKeeping, ASecondRestoreKeepsBothOldJournals) {
  have(1, 3);
  ASSERT_TRUE(back_up(data, dir / "backup.db"));
  ASSERT_TRUE(restore(data, dir / "backup.db"));
  const auto again = restore(data, dir / "backup.db");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(fs::exists(db.string() + ".before-restore-1"));
  EXPECT_TRUE(fs::exists(db.string() + ".before-restore-2"));
}

TEST_F(SqliteKeeping, ADamagedBackupIsRefusedAndTheJournalStays) {
  have(1, 10);
  ASSERT_TRUE(back_up(data, dir / "backup.db"));
  test::sql(dir / "backup.db", "UPDATE facts SET body = 'x' WHERE seq = 4");
  const auto restored = restore(data, dir / "backup.db");
  ASSERT_FALSE(restored);
  EXPECT_NE(restored.error().message.find("fact 4: its text was changed; use another backup"), std::string::npos)
      << restored.error().message;
  EXPECT_EQ(open()->last(), 10U);
  EXPECT_FALSE(fs::exists(db.string() + ".new"));
}

TEST_F(SqliteKeeping, ADamagedJournalIsReplacedAndKeptAsItIs) {
  have(1, 2000);
  ASSERT_TRUE(back_up(data, dir / "backup.db"));
  const std::string damaged = test::bytes_of(db).substr(0, 40'000);
  test::write_bytes(db, damaged);
  const auto restored = restore(data, dir / "backup.db");
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(test::bytes_of(db.string() + ".before-restore-1"), damaged);
  EXPECT_EQ(open()->last(), 2000U);
}

TEST_F(SqliteKeeping, ARestoreThatWasCutShortStartsNoEmptyRoomAndIsCalledAgain) {
  have(1, 10);
  ASSERT_TRUE(back_up(data, dir / "backup.db"));
  fs::rename(db, db.string() + ".before-restore-1");
  fs::copy_file(dir / "backup.db", db.string() + ".new");
  const auto journal = SqliteJournal::open(loop.io.get_executor(), db);
  ASSERT_FALSE(journal);
  EXPECT_NE(
      journal.error().message.find("it is missing, but journal.db.new is there; finish with greenroom journal restore"),
      std::string::npos)
      << journal.error().message;
  ASSERT_TRUE(restore(data, dir / "backup.db"));
  EXPECT_EQ(open()->last(), 10U);
}

TEST_F(SqliteKeeping, AnAdoptedCopyRunsFromThenOn) {
  have(1, 3);
  const fs::path copy = dir / "copy";
  fs::create_directory(copy);
  fs::copy_file(db, copy / "journal.db");
  ASSERT_FALSE(SqliteJournal::open(loop.io.get_executor(), copy / "journal.db"));
  ASSERT_TRUE(adopt(copy));
  EXPECT_EQ(open(copy / "journal.db")->last(), 3U);
}

// ---- the lines of an old journal

TEST_F(SqliteKeeping, TheJournalOfTheFirstVersionBecomesADatabaseWithItsChain) {
  const fs::path v1 = fs::path(GREENROOM_SOURCE_DIR) / "tests/journals/v1/journal.jsonl";
  const auto restored = restore(data, v1);
  ASSERT_TRUE(restored) << restored.error().message;
  std::ifstream expected(v1.parent_path() / "expected.txt");
  std::string chain, count;
  for (std::string word; expected >> word;) {
    if (word == "chain") expected >> chain;
    if (word == "facts") expected >> count;
  }
  const auto journal = open();
  EXPECT_EQ(journal->chain(), chain);
  EXPECT_EQ(std::to_string(journal->last()), count);
  std::ifstream lines(v1);
  const auto all = journal->read(1, 100'000);
  ASSERT_TRUE(all) << all.error().message;
  for (const Fact& kept : *all) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(kept.body, fact_from_json(line)->body) << line;
  }
}

TEST_F(SqliteKeeping, LinesThatDoNotBeginWithTheFirstFactAreRefused) {
  test::write_bytes(dir / "some.jsonl", to_json_line(test::fact(2)) + "\n");
  const auto restored = restore(data, dir / "some.jsonl");
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().message,
            (dir / "some.jsonl").string() + ": line 1 holds fact 2; give the lines of a whole journal, from fact 1");
  EXPECT_TRUE(fs::is_empty(data));
}

TEST_F(SqliteKeeping, ALineThatIsNoFactIsNamed) {
  test::write_bytes(dir / "some.jsonl", to_json_line(test::fact(1)) + "\nnonsense\n");
  const auto restored = restore(data, dir / "some.jsonl");
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().message,
            (dir / "some.jsonl").string() + ": line 2: this is no JSON object; restore the journal from a backup");
}

}  // namespace
}  // namespace greenroom
