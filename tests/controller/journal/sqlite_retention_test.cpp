// Old facts move to archives, and the chain stays whole.
#include "tests/support/keeping_rig.hpp"

namespace greenroom {
namespace {

namespace fs = std::filesystem;
using test::facts;
using test::SqliteKeeping;

TEST_F(SqliteKeeping, OldFactsMoveToAnArchiveAndTheChainStaysWhole) {
  have(1, 100);
  const auto moved = retain(data, 41, std::nullopt);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->facts, 40U);
  EXPECT_EQ(moved->first, 41U);
  EXPECT_EQ(moved->stays, "");
  std::string lines;
  for (const Fact& f : facts(1, 40)) lines += to_json_line(f) + "\n";
  EXPECT_EQ(test::bytes_of(data / "archive/facts-1-40.jsonl"), lines);
  const Proof all = proof();
  EXPECT_FALSE(all.wrong);
  EXPECT_EQ(all.first, 1U);
  EXPECT_EQ(all.archives, 1U);
  EXPECT_EQ(all.facts, 100U);
  EXPECT_EQ(chain_hex(all.last.hash), chain_of(100));
}

TEST_F(SqliteKeeping, FactsInArchivesAreReadAsIfTheyHadStayed) {
  have(1, 100);
  ASSERT_TRUE(retain(data, 21, std::nullopt));
  ASSERT_TRUE(retain(data, 41, std::nullopt));
  const auto journal = open();
  const auto all = journal->read(1, 1000);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 100U);
  for (Seq seq = 1; seq <= 100; ++seq) EXPECT_EQ((*all)[seq - 1].seq, seq);
  EXPECT_EQ(journal->read(15, 10)->front().seq, 15U);
  EXPECT_EQ(journal->read(15, 10)->back().seq, 24U);
  EXPECT_TRUE(loop.run(journal->append(facts(101, 102))));
}

TEST_F(SqliteKeeping, RetentionRunsBesideAService) {
  const auto journal = open();
  ASSERT_TRUE(loop.run(journal->append(facts(1, 100))));
  ASSERT_TRUE(loop.run(journal->keep({100, "room", "{}"})));
  ASSERT_TRUE(retain(data, 41, std::nullopt));
  EXPECT_TRUE(loop.run(journal->append(facts(101, 102))));
  EXPECT_EQ(journal->read(1, 1000)->size(), 102U);
}

TEST_F(SqliteKeeping, EverythingThatASnapshotCoversMayMove) {
  have(1, 100);
  ASSERT_TRUE(retain(data, 101, std::nullopt));
  const auto journal = open();
  EXPECT_EQ(journal->last(), 100U);
  EXPECT_EQ(journal->chain(), chain_of(100));
  EXPECT_TRUE(*journal->snapshot());
  EXPECT_TRUE(loop.run(journal->append(facts(101, 101))));
  EXPECT_EQ(journal->read(100, 5)->size(), 2U);
}

TEST_F(SqliteKeeping, WhatNoSnapshotCoversStaysAndItSaysWhy) {
  have(1, 50);
  {
    const auto journal = open();
    ASSERT_TRUE(loop.run(journal->append(facts(51, 100))));
  }
  const auto moved = retain(data, 80, std::nullopt);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->facts, 50U);
  EXPECT_EQ(moved->stays, "the last snapshot is of fact 50, and what follows it is read at a start");
}

TEST_F(SqliteKeeping, WithoutASnapshotNothingMoves) {
  ASSERT_TRUE(loop.run(open()->append(facts(1, 10))));
  const auto moved = retain(data, 5, std::nullopt);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->facts, 0U);
  EXPECT_EQ(moved->stays, "there is no snapshot yet: a start needs every fact");
}

TEST_F(SqliteKeeping, FactsAreKeptByTheirWallTime) {
  have(1, 100);  // fact n was written at n microseconds
  const auto moved = retain(data, std::nullopt, WallTime{Duration{31}});
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->first, 31U);
}

TEST_F(SqliteKeeping, AMissingArchiveIsNamedAndTheRestIsProven) {
  have(1, 100);
  ASSERT_TRUE(retain(data, 21, std::nullopt));
  ASSERT_TRUE(retain(data, 41, std::nullopt));
  const fs::path gone = data / "archive/facts-21-40.jsonl";
  fs::remove(gone);
  const Proof seen = proof();
  EXPECT_FALSE(seen.wrong);
  EXPECT_EQ(seen.first, 41U);
  ASSERT_EQ(seen.missing.size(), 1U);
  EXPECT_EQ(seen.missing[0], gone.string());
  const auto journal = open();
  EXPECT_EQ(journal->read(41, 100)->size(), 60U);
  const auto page = journal->read(30, 5);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, gone.string() +
                                      ": facts 21 to 40 were moved there, and it cannot be read; put back the archive "
                                      "as it was, from a backup of DATA/archive");
}

TEST_F(SqliteKeeping, AChangedArchiveIsFound) {
  have(1, 100);
  ASSERT_TRUE(retain(data, 21, std::nullopt));
  const fs::path path = data / "archive/facts-1-20.jsonl";
  std::string bytes = test::bytes_of(path);
  bytes[bytes.size() / 2] ^= 1;
  test::write_bytes(path, bytes);
  const Proof seen = proof();
  ASSERT_TRUE(seen.wrong);
  EXPECT_EQ(seen.wrong->seq, 1U);
  EXPECT_NE(seen.wrong->what.find(path.string() + ": "), std::string::npos);
}

TEST_F(SqliteKeeping, AnArchiveThatWasCutShortIsFound) {
  have(1, 100);
  ASSERT_TRUE(retain(data, 21, std::nullopt));
  const fs::path path = data / "archive/facts-1-20.jsonl";
  std::string bytes = test::bytes_of(path);
  test::write_bytes(path, bytes.substr(0, bytes.rfind('\n', bytes.size() - 2) + 1));
  const Proof seen = proof();
  ASSERT_TRUE(seen.wrong);
  EXPECT_EQ(seen.wrong->what, path.string() +
                                  ": it ends with fact 19 and not with 20; put back the archive as it was, from a "
                                  "backup of DATA/archive");
}

TEST_F(SqliteKeeping, ManyFactsMakeManyArchives) {
  have(1, 40'000);
  const auto moved = retain(data, 40'001, std::nullopt);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->archives, 3U);  // 16,384 each
  EXPECT_EQ(proof().facts, 40'000U);
}

TEST_F(SqliteKeeping, ArchivesOfAHistoryThatWasReplacedAreKeptAside) {
  have(1, 100);
  ASSERT_TRUE(back_up(data, dir / "backup.db"));
  ASSERT_TRUE(retain(data, 41, std::nullopt));
  const auto restored = restore(data, dir / "backup.db");
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(fs::exists(data / "archive/facts-1-40.jsonl.before-restore-1"));
  EXPECT_FALSE(fs::exists(data / "archive/facts-1-40.jsonl"));
  EXPECT_EQ(proof().facts, 100U);
}

}  // namespace
}  // namespace greenroom
