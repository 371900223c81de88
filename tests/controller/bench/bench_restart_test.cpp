#include "tests/support/bench_rig.hpp"

// The end of a controller, and what the next one takes up.
namespace greenroom::test {
namespace {

using namespace std::chrono_literals;

TEST_F(BenchTest, AStopKeepsWhatWasDecided) {
  start();
  run_for(20s);
  journal.slow = true;
  ask(CommandKind::lock_out, "k1", "left:1");
  bench->stop();
  settle();
  EXPECT_FALSE(bench->idle());
  journal.disk.set();
  settle();
  EXPECT_TRUE(bench->idle());
  EXPECT_EQ(facts<LockedOut>().size(), 1U);
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(BenchTest, NothingIsDecidedOnceItWasToldToEndThoughAnInputHadJustWokenIt) {
  start();
  run_for(60s);
  seat_one();
  while (!pdu.on[0] && clock.now() < TimePoint{10min}) run_for(1s);
  ASSERT_TRUE(pdu.on[0]);
  const int sets = pdu.sets;
  Command limit;
  limit.kind = CommandKind::limit;
  limit.key = "k5";
  limit.by = "anna";
  limit.label = "branch";
  limit.number = 100;  // mA: the turn that takes it sheds
  bench->submit(std::move(limit), [](const Answer&) {});
  bench->kill();
  settle();
  EXPECT_EQ(pdu.sets, sets);
  EXPECT_TRUE(bench->idle());
  bench.reset();
}

TEST_F(BenchTest, ALockOutSurvivesARestartAndOnlyAPersonClearsIt) {
  start();
  run_for(60s);
  ask(CommandKind::lock_out, "k0", "left:1");
  kill();
  start();
  run_for(60s);
  seat_one();
  run_for(20min);
  EXPECT_EQ(pdu.sets, 0) << "a locked outlet was closed";
  ask(CommandKind::clear_lock, "k9", "left:1");
  run_for(20min);
  EXPECT_TRUE(pdu.on[0]);
}

// A former process died with a permit under way: was it written, or not?
struct InDoubt : BenchTest {
  void permit_in_doubt() {
    Fact fact;
    fact.seq = 1;
    fact.by = "greenroom";
    fact.body = EffectStarted{7, "permit", 1, "1-01", 0, "6", ""};
    Facts facts{std::move(fact)};
    TaskGroup tasks(io.get_executor());
    const auto kept = [](SlowJournal& to, Facts all) -> asio::awaitable<void> {
      static_cast<void>(co_await to.append(std::move(all)));
    };
    tasks.spawn(kept(journal, std::move(facts)));
    settle();
    start();
    run_for(1s);
  }
};

TEST_F(InDoubt, APermitThatWasNotWrittenIsNotWrittenByTheNextProcess) {
  permit_in_doubt();
  EXPECT_EQ(macs.permits, 0);
  const auto ended = facts<EffectEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].ok);
}

TEST_F(InDoubt, APermitThatWasWrittenStands) {
  macs.permit_written = true;
  permit_in_doubt();
  EXPECT_EQ(macs.permits, 0);
  const auto ended = facts<EffectEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].ok);
}

TEST_F(BenchTest, AnOutletThatSomebodySwitchedOffStaysOffAfterARestart) {
  start();
  run_for(60s);
  seat_one();
  while (!pdu.on[0] && clock.now() < TimePoint{10min}) run_for(1s);
  run_for(60s);
  pdu.on[0] = false;  // by the button
  run_for(20s);
  ASSERT_EQ(facts<ForeignSwitch>().size(), 1U);
  const int before = pdu.sets;
  kill();
  start();
  run_for(1h);
  EXPECT_EQ(pdu.sets, before);
  EXPECT_FALSE(pdu.on[0]);
}

TEST_F(BenchTest, ALineThatBecameReadOnlyIsReadOnlyAfterARestart) {
  start();
  run_for(60s);
  pdu.on[1] = true;  // by the button, twice
  run_for(20s);
  pdu.on[1] = false;
  run_for(20s);
  ASSERT_EQ(facts<LineReadOnly>().size(), 1U);
  kill();
  start();
  run_for(60s);
  seat_one();
  run_for(20min);
  EXPECT_EQ(pdu.sets, 0) << "an order went out on a line that is read-only";
}

TEST_F(BenchTest, EveryProcessThatTakesTheRoomOverIsAFact) {
  start();
  kill();
  start();
  const auto starts = facts<ServiceStarted>();
  ASSERT_EQ(starts.size(), 2U);
  EXPECT_EQ(starts[0].boot, "boot-1");
  EXPECT_EQ(bench->state().lifetime.last.program, "greenroom");
}

TEST_F(BenchTest, ASnapshotIsKeptSoThatAStartNeedNotReadEveryFact) {
  start(/*snapshot_every=*/100);
  run_for(20s);
  Command import;
  import.kind = CommandKind::import_batch;
  import.key = "k1";
  import.by = "anna";
  import.text = "returns";
  for (std::uint64_t row = 2; row < 102; ++row)
    import.rows.push_back(
        {row, "", fmt::format("GRA{:07}", row), "MacBook Pro (M1 Pro, 16-inch, 2021)", "A2485", "", "", ""});
  bench->submit(std::move(import), [](const Answer&) {});
  settle();
  const auto kept = journal.snapshot();
  ASSERT_TRUE(kept && *kept);
  EXPECT_GE((*kept)->seq, 100U);
  const auto folded = fold(journal, bench->setup(), fingerprint_of(bench->setup()));
  ASSERT_TRUE(folded);
  EXPECT_EQ(folded->state.visits.expected.size(), 100U);
}

TEST_F(BenchTest, ASwitchLeftOpenByADeadControllerEndsInDoubtAndIsReadBack) {
  start();
  run_for(60s);
  pdu.hold = true;
  seat_one();
  while (pdu.sets == 0 && clock.now() < TimePoint{10min}) run_for(1s);
  ASSERT_EQ(facts<SwitchStarted>().size(), 1U);
  ASSERT_TRUE(facts<SwitchEnded>().empty());
  kill();
  pdu.hold = false;
  pdu.on[0] = true;  // the order did act
  start();
  run_for(2min);
  const auto ended = facts<SwitchEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].in_doubt);
  EXPECT_EQ(bench->state().power.outlets[0].sensed, Sensed::on);
  EXPECT_EQ(pdu.sets, 1) << "the order was sent a second time";
  EXPECT_TRUE(facts<ForeignSwitch>().empty()) << "our own late order was taken for a foreign switch";
}

}  // namespace
}  // namespace greenroom::test
