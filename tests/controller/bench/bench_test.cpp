#include "controller/bench/bench.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "controller/journal/memory_journal.hpp"
#include "hw/async/manual_clock.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

// A PDU that does as it is told, and can be told to fail.
struct FakePdu final : Pdu {
  explicit FakePdu(Clock& c, std::uint16_t n) : clock(c), on(n, false) {}
  Task<PduTraits> identify() override {
    ++identified;
    PduTraits traits;
    traits.model = "fake";
    traits.identity = "fake-1";
    traits.outlets = static_cast<std::uint16_t>(on.size());
    traits.meters_banks = true;
    traits.boots_all_off = true;
    traits.longest_queue = 2s;
    co_return traits;
  }
  Task<PduReading> read(Depth) override {
    reads.push_back(clock.now());
    if (failures > 0) {
      --failures;
      co_return fail(Errc::timeout, "no reply within 2 s");
    }
    PduReading reading{clock.now(), clock.now(), {}, {{"A", Amps{}, std::nullopt}}};
    for (std::size_t i = 0; i < on.size(); ++i) {
      reading.outlets.push_back(
          {static_cast<OutletNumber>(i + 1), on[i] ? OutletState::on : OutletState::off, std::nullopt, std::nullopt});
    }
    co_return reading;
  }
  Task<OutletReading> set(SwitchOrder order) override {
    if (const auto may = order.still_allowed(); !may) co_return fail(may.error());
    ++sets;
    if (hold) {
      if (const auto released = co_await held.wait(); !released) co_return fail(released.error());
    }
    on[order.number - 1U] = order.to == Switch::on;
    co_return OutletReading{order.number, order.to == Switch::on ? OutletState::on : OutletState::off, std::nullopt,
                            std::nullopt};
  }
  Clock& clock;
  std::vector<bool> on;
  std::vector<TimePoint> reads;
  int identified{}, failures{}, sets{};
  bool hold{};
  Event held;
};

struct NoEngine final : RestoreEngine, Gate, MacActions {
  Task<JobId> start(RestoreJob) override { co_return fail(Errc::refused, "no engine"); }
  Task<RestoreOutcome> attach(JobId, ProgressSink) override { co_return fail(Errc::refused, "no engine"); }
  Task<void> stop(JobId) override { co_return Result<void>{}; }
  Task<void> permit(JobId) override { co_return Result<void>{}; }
  Task<AppleDevice> enter_dfu(PortPath, TimePoint) override { co_return fail(Errc::refused, "no Macs"); }
  Task<void> leave_dfu(PortPath, TimePoint) override { co_return fail(Errc::refused, "no Macs"); }
  Task<void> put_back(PortPath, TimePoint) override { co_return fail(Errc::refused, "no Macs"); }
};

// A journal whose disk can be made to wait, or to be full.
struct SlowJournal final : Journal {
  Task<Seq> append(Facts facts) override {
    ++appends;
    if (full) co_return fail(Errc::storage, "/data/journal.db: no space left; free some");
    if (slow) {
      if (const auto written = co_await disk.wait(); !written) co_return fail(written.error());
    }
    co_return co_await kept.append(std::move(facts));
  }
  [[nodiscard]] Result<Facts> read(Seq from, std::size_t limit) const override { return kept.read(from, limit); }
  [[nodiscard]] std::string chain() const override { return kept.chain(); }
  Task<void> keep(Snapshot snapshot) override { co_return co_await kept.keep(std::move(snapshot)); }
  [[nodiscard]] Result<std::optional<Snapshot>> snapshot() const override { return kept.snapshot(); }
  MemoryJournal kept;
  bool slow{}, full{};
  int appends{};
  Event disk;
};

// One breaker, one PDU, four shelf places; a recipe that only charges.
RoomSetup charging_room() {
  test::RoomBuilder builder;
  const auto branch = builder.breaker("branch", 20.0);
  const auto left = builder.pdu("left", branch, 4);
  builder.slots("1", SlotKind::shelf, left, 4);
  RoomSetup setup;
  setup.room = builder.room;
  Recipe recipe;
  recipe.id = "charge-only";
  recipe.version = 1;
  recipe.families = {"AppleSilicon"};
  Step receive;
  receive.kind = StepKind::receive;
  receive.deadline = 1h;
  Step seat;
  seat.kind = StepKind::seat;
  seat.to = "shelf";
  seat.deadline = 1h;
  Step charge;
  charge.kind = StepKind::charge;
  charge.goal_percent = 80;
  charge.deadline = 6h;
  recipe.steps = {receive, seat, charge};
  MacModel mac;
  mac.product_type = "MacBookPro18,1";
  mac.name = "MacBook Pro (M1 Pro, 16-inch, 2021)";
  mac.family = "AppleSilicon";
  mac.battery_Wh = 100;
  mac.brick_W = 140;
  setup.catalogue = {{recipe}, {mac}};
  return setup;
}

struct BenchTest : testing::Test {
  asio::io_context io{1};
  ManualClock clock{io.get_executor()};
  SlowJournal journal;
  FakePdu pdu{clock, 4};
  NoEngine macs;
  std::unique_ptr<Bench> bench;
  std::vector<Answer> answers;

  void start(Seq snapshot_every = Bench::usual_snapshots) {
    bench =
        std::make_unique<Bench>(io.get_executor(), charging_room(), BenchPorts{clock, journal, {&pdu}, macs, macs, macs});
    auto folded = fold(journal, bench->setup(), "");
    ASSERT_TRUE(folded);
    bench->start(std::move(*folded), Incarnation{"greenroom", "boot-1", clock.now().time_since_epoch()}, snapshot_every);
    settle();
  }
  void kill() {
    bench->kill();
    settle();
    ASSERT_TRUE(bench->idle());
    bench.reset();
  }
  ~BenchTest() override {
    if (bench) kill();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void run_for(Duration d) {
    const TimePoint end = clock.now() + d;
    while (clock.next() && *clock.next() <= end) {
      clock.run_next();
      settle();
    }
  }
  void ask(CommandKind kind, const std::string& key, const std::string& label, const std::string& text = {},
           std::uint64_t number = 0) {
    Command command;
    command.number = number;
    command.kind = kind;
    command.key = key;
    command.by = "anna";
    command.label = label;
    command.text = text;
    if (kind == CommandKind::import_batch) {
      command.rows = {{2, "IT-1", "GRAAAAAAA1", "MacBook Pro (M1 Pro, 16-inch, 2021)", "A2485", "Returned - Wipe", "", ""}};
    }
    bench->submit(std::move(command), [this](const Answer& answer) { answers.push_back(answer); });
    settle();
  }
  void seat_one() {
    ask(CommandKind::import_batch, "k1", "", "returns");
    ask(CommandKind::prove_map, "k2", "left:1", "1-01");
    ask(CommandKind::scan, "k3", "GRAAAAAAA1");
    ask(CommandKind::scan, "k4", "1-01");
    for (const Answer& answer : answers) EXPECT_TRUE(answer.accepted) << answer.words;
  }
  template <class T>
  std::vector<T> facts() {
    std::vector<T> found;
    const auto all = journal.read(1, 1'000'000);
    for (const Fact& fact : *all) {
      if (const auto* body = std::get_if<T>(&fact.body)) found.push_back(*body);
    }
    return found;
  }
};

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
}  // namespace greenroom
