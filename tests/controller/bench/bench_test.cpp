#include "tests/support/bench_rig.hpp"

// The loop: polling, what waits for the disk, and what decides nothing.
namespace greenroom::test {
namespace {

using namespace std::chrono_literals;

TEST_F(BenchTest, OneVoidPollIsRetriedAtOnceAndChangesNothing) {
  start();
  run_for(20s);
  const auto before = pdu.reads.size();
  pdu.failures = 1;
  run_for(3s);
  ASSERT_GE(pdu.reads.size(), before + 2);
  EXPECT_EQ(pdu.reads[before], pdu.reads[before + 1]);
  EXPECT_EQ(pdu.identified, 1);
  EXPECT_TRUE(facts<PduLost>().empty());
}

TEST_F(BenchTest, APduThatWasSilentProvesItsIdentityBeforeItIsReadAgain) {
  start();
  run_for(20s);
  pdu.failures = 2;  // one poll and its retry
  run_for(3s);
  EXPECT_EQ(pdu.failures, 0);
  EXPECT_EQ(pdu.identified, 1);
  run_for(3s);
  EXPECT_EQ(pdu.identified, 2);
  EXPECT_TRUE(facts<PduLost>().empty()) << "it answered within the age of its last sample";
}

TEST_F(BenchTest, PollsKeepTheirPeriodWhateverTheyTake) {
  start();
  run_for(60s);
  // Supervised every 3 s, read in full every 10 s: at 0, 3, 6, 9, 10, 13, 16, 19, 20 ...
  std::vector<double> at;
  for (const TimePoint t : pdu.reads) at.push_back(in_seconds(t.time_since_epoch()));
  ASSERT_GE(at.size(), 9U);
  at.resize(9);
  EXPECT_EQ(at, (std::vector<double>{0, 3, 6, 9, 10, 13, 16, 19, 20}));
}

TEST_F(BenchTest, WhatTheBranchMeterSaysIsPostedBeforeAPduThatMetersApartIsAskedForTheRest) {
  pdu.meters_apart = true;
  start();
  run_for(4s);
  EXPECT_EQ(pdu.depths, (std::vector{Depth::supervise, Depth::meters, Depth::supervise}));
}

TEST_F(BenchTest, AnOrderGoesOutOnlyAfterItsFactsAreDurable) {
  start();
  run_for(60s);
  seat_one();
  journal.slow = true;
  while (pdu.sets == 0 && facts<SwitchStarted>().empty() && clock.now() < TimePoint{10min}) {
    clock.run_next();
    settle();
    ASSERT_EQ(pdu.sets, 0) << "an order was sent before its facts were durable";
    journal.disk.set();
    settle();
  }
  EXPECT_FALSE(facts<GrantIssued>().empty());
  EXPECT_EQ(pdu.sets, 1);
}

TEST_F(BenchTest, ACommandIsAnsweredOnlyAfterItsFactsAreDurable) {
  start();
  run_for(20s);
  journal.slow = true;
  ask(CommandKind::import_batch, "k1", "", "returns");
  EXPECT_TRUE(answers.empty());
  EXPECT_TRUE(facts<MacExpected>().empty());
  journal.disk.set();
  settle();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(facts<MacExpected>().size(), 1U);
  EXPECT_GE(answers[0].seq, 1U);
}

TEST_F(BenchTest, ADiskThatHangsHoldsUpNoShed) {
  start();
  run_for(60s);
  seat_one();
  while (!pdu.on[0] && clock.now() < TimePoint{10min}) run_for(1s);
  ASSERT_TRUE(pdu.on[0]);
  journal.slow = true;
  ask(CommandKind::limit, "k5", "branch", {}, /*mA*/ 100);
  EXPECT_FALSE(pdu.on[0]) << "the shed waited for the disk";
  EXPECT_TRUE(facts<CircuitLimited>().empty());
  EXPECT_EQ(answers.size(), 4U) << "the limit was acknowledged before it was durable";
  journal.disk.set();
  settle();
  EXPECT_EQ(facts<CircuitLimited>().size(), 1U);
  EXPECT_EQ(answers.size(), 5U);
}

TEST_F(BenchTest, WhatIsDecidedWhileACommitIsUnderWayGoesIntoOneCommit) {
  start();
  run_for(20s);
  journal.slow = true;
  ask(CommandKind::lock_out, "k1", "left:1");
  const int before = journal.appends;
  ask(CommandKind::lock_out, "k2", "left:2");
  ask(CommandKind::lock_out, "k3", "left:3");
  EXPECT_EQ(journal.appends, before) << "a second commit began before the first had ended";
  journal.slow = false;
  journal.disk.set();
  settle();
  EXPECT_EQ(journal.appends, before + 1);
  EXPECT_EQ(facts<LockedOut>().size(), 3U);
  EXPECT_EQ(answers.size(), 3U);
}

// Another Mac may stand at that port by now.
TEST_F(BenchTest, WhatWaitedLongForTheDiskIsNotDoneButDecidedAnew) {
  Slot& slot = setup.room.slots[0];
  slot.kind = SlotKind::restore;
  slot.data_port = "host/1-1";
  slot.dfu_entry = DfuEntry::vdm;
  Step dfu;
  dfu.kind = StepKind::dfu;
  dfu.deadline = 30min;
  dfu.tries = 3;
  dfu.protects = true;
  setup.catalogue.recipes[0].steps[1].to = "restore";
  setup.catalogue.recipes[0].steps[2] = dfu;
  start();
  run_for(60s);
  pdu.hold = true;
  seat_one();
  const auto port = PortPath::parse(slot.data_port);
  bench->usb_changed(*port, UsbSighting(*port, 0x05ac, 0x1905, 0, "GRAAAAAAA1"));
  while (pdu.sets == 0 && clock.now() < TimePoint{10min}) run_for(1s);
  ASSERT_EQ(pdu.sets, 1);
  journal.full = true;
  pdu.hold = false;
  pdu.held.set();
  settle();
  ASSERT_EQ(bench->state().visits.open_effects.size(), 1U) << "the lease is given and DFU decided, and the disk is full";
  clock.nap(1min);
  journal.full = false;
  run_for(20s);
  const auto started = facts<EffectStarted>();
  const auto ended = facts<EffectEnded>();
  ASSERT_GE(started.size(), 1U);
  ASSERT_GE(ended.size(), 1U);
  EXPECT_EQ(ended[0].effect, started[0].effect);
  EXPECT_EQ(ended[0].cause, "the disk kept it too late");
  EXPECT_EQ(ended[0].remedy, "it is decided anew");
  EXPECT_EQ(macs.dfu_asked, static_cast<int>(started.size()) - 1) << "only what was decided anew was done";
}

TEST_F(BenchTest, AFullDiskRefusesCommandsInWordsAndLosesNothingThatWasDecided) {
  start();
  run_for(20s);
  journal.full = true;
  ask(CommandKind::lock_out, "k1", "left:1");
  EXPECT_TRUE(answers.empty());
  ASSERT_TRUE(bench->journal_trouble());
  ask(CommandKind::lock_out, "k2", "left:2");
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_FALSE(answers[0].accepted);
  EXPECT_NE(answers[0].words.find("/data/journal.db: no space left; free some"), std::string::npos) << answers[0].words;
  journal.full = false;
  run_for(6s);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[1].accepted);
  EXPECT_FALSE(bench->journal_trouble());
  EXPECT_EQ(facts<LockedOut>().size(), 1U);
}

TEST_F(BenchTest, AfterANapNothingClosesBeforeAFreshReading) {
  start();
  run_for(60s);
  const auto reads = pdu.reads.size();
  clock.nap(8h);
  seat_one();
  EXPECT_EQ(pdu.reads.size(), reads);
  EXPECT_EQ(pdu.sets, 0) << "a close rested on a reading of before the nap";
  run_for(5min);
  EXPECT_GT(pdu.reads.size(), reads);
  EXPECT_TRUE(pdu.on[0]);
}

TEST_F(BenchTest, AWallClockThatIsSetADayOnOrBackDecidesNothing) {
  start();
  run_for(60s);
  seat_one();
  run_for(10min);
  for (const Duration jump : {Duration{24h}, Duration{-48h}, Duration{24h}}) {
    const auto steps = facts<StepChanged>().size();
    clock.jump_wall(jump);
    run_for(10min);
    EXPECT_EQ(facts<StepChanged>().size(), steps);
    EXPECT_TRUE(facts<CaseOpened>().empty());
    EXPECT_TRUE(pdu.on[0]);
  }
  EXPECT_EQ(pdu.sets, 1);
}

TEST_F(BenchTest, TheSameKeyGivesTheSameAnswerAndNothingElse) {
  start();
  run_for(20s);
  ask(CommandKind::import_batch, "k1", "", "returns");
  const auto lines = journal.kept.lines().size();
  ask(CommandKind::import_batch, "k1", "", "returns");
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].words, answers[1].words);
  EXPECT_EQ(journal.kept.lines().size(), lines);
}

}  // namespace
}  // namespace greenroom::test
