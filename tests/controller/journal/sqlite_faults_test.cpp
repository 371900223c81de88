// Disks that fail and power that goes: what was acknowledged is there, what was refused is not, and the words help.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "controller/journal/fact_json.hpp"
#include "controller/journal/proof.hpp"
#include "controller/journal/sqlite_journal.hpp"
#include "hw/base/log.hpp"
#include "tests/support/fault_vfs.hpp"
#include "tests/support/journal_rig.hpp"

namespace greenroom {
namespace {

using test::FaultVfs;
using Left = FaultVfs::Left;

constexpr int appends = 30;
constexpr int facts_each = 2;

// The chain after each fact, worked out beside the journal.
const std::vector<std::string>& chains() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> hashes{chain_hex(ChainHash{})};
    ChainHash at{};
    for (Seq seq = 1; seq <= appends * facts_each; ++seq) {
      at = chain_next(at, to_json_line(test::fact(seq)));
      hashes.push_back(chain_hex(at));
    }
    return hashes;
  }();
  return all;
}

// A room's disk, and the story that is told on it: thirty commits, two snapshots, checkpoints as the WAL grows.
struct Story {
  test::TempDir dir;
  FaultVfs vfs;
  test::Loop loop;
  const std::filesystem::path db = dir / "journal.db";
  Seq acknowledged{};   // the last fact that was answered as durable
  Seq attempted{};      // the last fact that was handed over
  Seq snapshot{};       // the last that was answered
  std::string trouble;  // of what failed first

  Result<std::unique_ptr<SqliteJournal>> open() {
    SqliteJournal::Options options;
    options.vfs = vfs.name();
    options.wal_pages = 8;
    return SqliteJournal::open(loop.io.get_executor(), db, options);
  }
  // Goes on from what is durable; ends at the end, or with the first trouble, unless `again`: then each thing that
  // failed is asked for once more.
  void tell(bool again = false) {
    auto journal = open();
    if (!journal) {
      trouble = journal.error().message;
      if (!again) return;
      journal = open();
    }
    ASSERT_TRUE(journal) << journal.error().message;
    acknowledged = (*journal)->last();
    Seq last = appends * facts_each;
    for (Seq next = acknowledged + 1; next <= last; next += facts_each) {
      if (!ask(**journal, next, again)) return;
      if (next % 20 == 1 && next > 1 && !keep(**journal, again)) return;
      if (again && vfs.struck()) last = std::min(last, next + 3 * facts_each);  // on a sound disk nothing new comes
    }
  }
  bool ask(SqliteJournal& journal, Seq next, bool again) {
    attempted = next + facts_each - 1;
    auto done = loop.run(journal.append(test::facts(next, attempted)));
    if (!done && trouble.empty()) trouble = done.error().message;
    if (!done && again) {
      EXPECT_TRUE(journal.read(next, 1)->empty()) << "a refused fact can be read";
      EXPECT_EQ(journal.chain(), chains()[acknowledged]);
      done = loop.run(journal.append(test::facts(next, attempted)));
      EXPECT_TRUE(done) << done.error().message;
    }
    if (done) acknowledged = *done;
    else vfs.power_fails_at(1);  // killed: nothing is tidied up at the end
    return done.has_value();
  }
  bool keep(SqliteJournal& journal, bool again) {
    auto kept = loop.run(journal.keep({acknowledged, "room", "{}"}));
    if (!kept && trouble.empty()) trouble = kept.error().message;
    if (!kept && again) kept = loop.run(journal.keep({acknowledged, "room", "{}"}));
    if (kept) snapshot = acknowledged;
    else vfs.power_fails_at(1);
    return kept.has_value();
  }

  // The next process, on a disk that works: all that was acknowledged is there, and of what was not, all or nothing.
  void judge(const std::string& when) {
    auto journal = open();
    ASSERT_TRUE(journal) << when << ": " << journal.error().message;
    const Seq last = (*journal)->last();
    EXPECT_TRUE(last == acknowledged || last == attempted)
        << when << ": " << last << " of " << acknowledged << ", " << attempted;
    ASSERT_LT(last, chains().size());
    EXPECT_EQ((*journal)->chain(), chains()[last]) << when;
    const auto end = (*journal)->read(last, 1000);  // the others were proven by open: they are fewer than it looks at
    ASSERT_TRUE(end) << when << ": " << end.error().message;
    EXPECT_EQ(end->size(), last == 0 ? 0U : 1U) << when;
    const auto kept = (*journal)->snapshot();
    EXPECT_TRUE(kept) << when;
    EXPECT_TRUE(snapshot == 0 || (kept && *kept && (*kept)->seq >= snapshot)) << when;
  }
};

struct SqliteFaults : testing::Test {
  void SetUp() override { log::set_threshold(log::Level::error); }  // checkpoints that fail are told as warnings
  void TearDown() override { log::set_threshold(log::Level::warn); }
};

std::size_t operations_of_a_story() {
  Story story;
  story.vfs.power_fails_at(1'000'000);
  story.tell();
  EXPECT_EQ(story.acknowledged, Seq{appends * facts_each});
  EXPECT_EQ(story.snapshot, 42U);
  return story.vfs.operations();
}

void power_loss_at_each(Left left, std::size_t step) {
  const std::size_t operations = operations_of_a_story();
  ASSERT_GT(operations, 200U);
  for (std::size_t n = 1; n <= operations && !testing::Test::HasFailure(); n += step) {
    Story story;
    story.vfs.power_fails_at(n);
    story.tell();
    story.vfs.come_back(left, n);
    story.judge("power lost at operation " + std::to_string(n));
  }
}

TEST_F(SqliteFaults, PowerLostAtAnyWriteOrSyncLosesNothingThatWasAcknowledged) { power_loss_at_each(Left::synced, 1); }

TEST_F(SqliteFaults, SectorsThatSurviveInPartAreNeverTakenForFacts) { power_loss_at_each(Left::some_sectors, 1); }

TEST_F(SqliteFaults, AKilledProcessLosesNothingThatWasAcknowledged) { power_loss_at_each(Left::all, 5); }

// The words of a failed disk: the file's name first, the remedy last.
void good_words(const Story& story, int number, const std::string& when) {
  const std::string remedy = number == ENOSPC
                                 ? "the disk is full; make room on it, or move files of DATA/archive elsewhere"
                                 : "the disk fails: Input/output error; look at the kernel's log (dmesg) and put a "
                                   "backup on a sound disk";
  EXPECT_EQ(story.trouble.substr(0, story.trouble.find("; whether")), story.db.string() + ": " + remedy) << when;
}

// One failure, then a disk that works: what was refused is asked for again, and the story comes to its end.
void one_failure_at_each(int number) {
  const std::size_t operations = operations_of_a_story();
  std::size_t told = 0;
  for (std::size_t n = 1; n <= operations && !testing::Test::HasFailure(); ++n) {
    const std::string when = "operation " + std::to_string(n) + " failed once";
    Story story;
    story.vfs.fails_at(n, number, false);
    story.tell(true);
    EXPECT_EQ(story.acknowledged, story.attempted) << when;
    if (!story.trouble.empty()) good_words(story, number, when);
    told += story.trouble.empty() ? 0 : 1;
    story.vfs.come_back(Left::synced);
    story.judge(when);
  }
  EXPECT_GT(told, operations / 2);  // the rest were checkpoints, whose failures lose nothing
}

TEST_F(SqliteFaults, AfterOneFullDiskTheSameFactsAreAppendedAgain) { one_failure_at_each(ENOSPC); }

TEST_F(SqliteFaults, AfterOneIoErrorTheSameFactsAreAppendedAgain) { one_failure_at_each(EIO); }

// A failure that was answered, and then the process is killed before it asked again: the refused facts are not there.
void refused_is_absent(int number, bool from_then_on) {
  const std::size_t operations = operations_of_a_story();
  std::size_t unsure = 0;
  for (std::size_t n = 1; n <= operations && !testing::Test::HasFailure(); ++n) {
    const std::string when = "operation " + std::to_string(n) + " failed";
    Story story;
    story.vfs.fails_at(n, number, from_then_on);
    story.tell();
    story.vfs.come_back(Left::all);
    if (story.trouble.find("shows at the next start") != std::string::npos) ++unsure;
    else if (!story.trouble.empty()) story.attempted = story.acknowledged;
    story.judge(when);
  }
  EXPECT_EQ(unsure > 0, from_then_on) << unsure;
}

TEST_F(SqliteFaults, WhatWasRefusedIsNotFoundByTheNextProcess) { refused_is_absent(EIO, false); }

TEST_F(SqliteFaults, OnADiskThatStaysBrokenAnUnsureEndIsSaidToBeUnsure) { refused_is_absent(EIO, true); }

TEST_F(SqliteFaults, OnADiskThatStaysFullReadingGoesOnAndRoomHeals) {
  Story story;
  story.tell();
  auto journal = story.open();
  ASSERT_TRUE(journal);
  story.vfs.fails_at(1, ENOSPC, true);
  const auto refused = story.loop.run((*journal)->append(test::facts(61, 62)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            story.db.string() + ": the disk is full; make room on it, or move files of DATA/archive elsewhere");
  EXPECT_EQ((*journal)->read(1, 100)->size(), 60U);
  story.vfs.healed();
  EXPECT_TRUE(story.loop.run((*journal)->append(test::facts(61, 62))));
}

}  // namespace
}  // namespace greenroom
