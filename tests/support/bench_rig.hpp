// A bench over one PDU that does as it is told, a journal whose disk can wait or be full, and virtual time.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "controller/bench/bench.hpp"
#include "controller/journal/memory_journal.hpp"
#include "hw/async/manual_clock.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::test {

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
    traits.meters_apart = meters_apart;
    traits.boots_all_off = true;
    traits.longest_queue = 2s;
    co_return traits;
  }
  Task<PduReading> read(Depth depth) override {
    reads.push_back(clock.now());
    depths.push_back(depth);
    if (failures > 0) {
      --failures;
      co_return fail(Errc::timeout, "no reply within 2 s");
    }
    PduReading reading{clock.now(), clock.now(), {}, {}};
    reading.banks.emplace_back();
    reading.banks.back().bank = "A";
    reading.banks.back().current = Amps{};
    for (std::size_t i = 0; i < on.size(); ++i) {
      reading.outlets.emplace_back();
      reading.outlets.back().number = static_cast<OutletNumber>(i + 1);
      reading.outlets.back().state = on[i] ? OutletState::on : OutletState::off;
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
    OutletReading read_back;
    read_back.number = order.number;
    read_back.state = order.to == Switch::on ? OutletState::on : OutletState::off;
    co_return read_back;
  }
  Clock& clock;
  std::vector<bool> on;
  std::vector<TimePoint> reads;
  std::vector<Depth> depths;  // of the same
  bool meters_apart{};
  int identified{}, failures{}, sets{};
  bool hold{};
  Event held;
};

struct NoEngine final : RestoreEngine, Gate, MacActions {
  Task<JobId> start(RestoreJob) override { co_return fail(Errc::refused, "no engine"); }
  Task<RestoreOutcome> attach(JobId, ProgressSink) override { co_return fail(Errc::refused, "no engine"); }
  Task<void> stop(JobId) override { co_return Result<void>{}; }
  Task<void> permit(JobId) override {
    ++permits;
    co_return Result<void>{};
  }
  [[nodiscard]] Result<bool> permitted(JobId) const override { return permit_written; }
  Task<AppleDevice> enter_dfu(PortPath, TimePoint) override {
    ++dfu_asked;
    co_return fail(Errc::refused, "no Macs");
  }
  Task<void> leave_dfu(PortPath, TimePoint) override { co_return fail(Errc::refused, "no Macs"); }
  Task<void> put_back(PortPath, TimePoint) override { co_return fail(Errc::refused, "no Macs"); }
  int dfu_asked{}, permits{};
  bool permit_written{};
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
inline RoomSetup charging_room() {
  RoomBuilder builder;
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
  RoomSetup setup{charging_room()};
  std::unique_ptr<Bench> bench;
  std::vector<Answer> answers;

  void start(Seq snapshot_every = Bench::usual_snapshots) {
    bench = std::make_unique<Bench>(io.get_executor(), setup, BenchPorts{clock, journal, {&pdu}, macs, macs, macs});
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

}  // namespace greenroom::test
