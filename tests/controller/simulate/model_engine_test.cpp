#include "controller/simulate/model_engine.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "controller/simulate/model_mac_actions.hpp"
#include "hw/async/manual_clock.hpp"
#include "hw/async/task_group.hpp"

namespace greenroom::sim {
namespace {

using model::Mode;
using std::chrono::minutes;
using std::chrono::seconds;

model::MacSpec some_mac(std::uint64_t ecid, std::string serial) {
  model::MacSpec m;
  m.model = "MacBookAir10,1";
  m.chip = 0x8103;
  m.board = 0x26;
  m.ecid = ecid;
  m.serial = std::move(serial);
  m.capacity = WattHours::of(49.9);
  m.input_most = Watts::of(30);
  m.charge = 0.8;
  return m;
}

model::WorldSpec room_with(std::vector<model::MacSpec> macs) {
  model::WorldSpec w;
  w.circuits.push_back({"branch", std::nullopt, Amps::of(20), Amps::of(16), model::Edge::ul_fast, {}, {}});
  for (std::uint32_t i = 0; i < macs.size(); ++i) {
    w.places.push_back({"1-" + std::to_string(i + 1), "host/1-1." + std::to_string(i + 1), std::nullopt, {}, 0.0});
  }
  w.macs = std::move(macs);
  return w;
}

constexpr Ecid first_ecid{0xC11223344556E};

struct ModelEngineTest : testing::Test {
  explicit ModelEngineTest(model::FaultEnvelope faults = model::FaultEnvelope::none(), std::uint32_t how_many = 1)
      : plant(io.get_executor(), clock, room_with(many(how_many)), faults, Random(7)),
        engine(io.get_executor(), clock, plant) {
    plant.start();
    for (std::uint32_t i = 0; i < how_many; ++i) EXPECT_TRUE(plant.plug_data(model::MacId{i}, SlotId{i}));
    group.spawn(table.run());
    settle();
  }
  ~ModelEngineTest() override {
    group.cancel();
    settle();
  }
  static std::vector<model::MacSpec> many(std::uint32_t n) {
    std::vector<model::MacSpec> specs;
    for (std::uint32_t i = 0; i < n; ++i)
      specs.push_back(some_mac(static_cast<std::uint64_t>(first_ecid) + i, "C02FK0TEST" + std::to_string(10 + i)));
    return specs;
  }
  static PortPath port(int n) { return *PortPath::parse("host/1-1." + std::to_string(n)); }
  void settle() {
    io.restart();
    io.poll();
  }
  void run_for(Duration d) {
    bool there = false;
    clock.call_at(clock.now() + d, [&there] { there = true; });
    settle();
    while (!there && clock.run_next()) settle();
  }
  template <class T>
  static asio::awaitable<void> keep(Task<T> task, std::optional<Result<T>>& into) {
    into = co_await std::move(task);
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    std::optional<Result<T>> result;
    asio::co_spawn(io, keep(std::move(task), result), asio::detached);
    settle();
    while (!result && clock.run_next()) settle();
    return std::move(*result);
  }
  void into_dfu(int n) {
    auto seen = wait(macs.enter_dfu(port(n), clock.now() + minutes{2}));
    ASSERT_TRUE(seen) << seen.error().message;
    ASSERT_EQ(seen->mode, MacMode::dfu);
  }
  void start(std::uint64_t id, int n = 1, RestoreKind kind = RestoreKind::erase) {
    RestoreJob job(JobId{id}, port(n), Ecid{static_cast<std::uint64_t>(first_ecid) + static_cast<std::uint64_t>(n) - 1},
                   kind, "macos");
    ASSERT_TRUE(wait(engine.start(std::move(job))));
  }
  RestoreOutcome outcome(std::uint64_t id) {
    auto end = wait(engine.attach(JobId{id}, [this](const RestoreProgress& p) { told.push_back(p); }));
    EXPECT_TRUE(end);
    return *end;
  }
  model::MacTruth truth(std::uint32_t mac = 0) { return plant.mac(model::MacId{mac}); }

  asio::io_context io;
  ManualClock clock{io.get_executor()};
  model::Plant plant;
  ModelEngine engine;
  std::unique_ptr<UsbBus> bus = plant.open_bus();
  UsbTable table{*bus, clock};
  ModelMacActions macs{clock, plant, table};
  std::vector<RestoreProgress> told;
  TaskGroup group{io.get_executor()};
};

TEST_F(ModelEngineTest, RestoresAPermittedMacInElevenToSixteenMinutes) {
  into_dfu(1);
  const TimePoint began = clock.now();
  start(1);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  const auto end = outcome(1);
  EXPECT_TRUE(end.completed) << end.cause;
  EXPECT_EQ(end.evidence.erased, Erased::confirmed);
  EXPECT_EQ(end.evidence.os, OsState::installed);
  EXPECT_EQ(end.evidence.serial, "C02FK0TEST10");
  EXPECT_EQ(end.evidence.ecid, first_ecid);
  EXPECT_TRUE(truth().erased);
  EXPECT_EQ(truth().erased_by, 1u);
  EXPECT_GE(clock.now() - began, minutes{11});
  EXPECT_LE(clock.now() - began, minutes{16});
}

TEST_F(ModelEngineTest, ReportsProgressThatNeverFalls) {
  into_dfu(1);
  start(1);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  outcome(1);
  ASSERT_GT(told.size(), 15u);
  for (std::size_t i = 1; i < told.size(); ++i) {
    EXPECT_GE(told[i].percent, told[i - 1].percent);
    EXPECT_GE(told[i].stage, told[i - 1].stage);
  }
  EXPECT_EQ(told.back().percent, 100);
}

TEST_F(ModelEngineTest, ErasesNothingBehindAShutGate) {
  into_dfu(1);
  start(1);
  const auto end = outcome(1);
  EXPECT_FALSE(end.completed);
  EXPECT_NE(end.cause.find("gate stayed shut"), std::string::npos) << end.cause;
  EXPECT_FALSE(truth().erased);
  EXPECT_EQ(end.evidence.erased, Erased::unconfirmed);
}

TEST_F(ModelEngineTest, ComesBackToRecoveryAfterTheGateStayedShutAndCanBePutBack) {
  into_dfu(1);
  start(1);
  outcome(1);
  run_for(minutes{3});
  EXPECT_EQ(truth().mode, Mode::recovery);
  const auto back = wait(macs.put_back(port(1), clock.now() + minutes{2}));
  ASSERT_TRUE(back) << back.error().message;
  run_for(minutes{2});
  EXPECT_EQ(truth().mode, Mode::booted);
}

TEST_F(ModelEngineTest, TakesAPermitThatComesLate) {
  into_dfu(1);
  start(1);
  run_for(minutes{3});
  EXPECT_FALSE(truth().erased);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  EXPECT_TRUE(outcome(1).completed);
}

TEST_F(ModelEngineTest, ShowsTheSerialInRecoveryBeforeTheGate) {
  into_dfu(1);
  start(1);
  auto recovery = [](const UsbSighting& s) { return s.product == 0x1281; };
  auto fits = UsbTable::Predicate{recovery};
  const auto seen = wait(table.wait_for(port(1), std::move(fits), clock.now() + minutes{2}));
  ASSERT_TRUE(seen);
  EXPECT_EQ(classify(*seen)->serial, "C02FK0TEST10");
}

TEST_F(ModelEngineTest, StopBeforeTheErasePointLeavesTheDataAlone) {
  into_dfu(1);
  start(1);
  run_for(seconds{18});
  ASSERT_EQ(truth().mode, Mode::recovery);
  ASSERT_TRUE(wait(engine.stop(JobId{1})));
  const auto end = outcome(1);
  EXPECT_FALSE(end.completed);
  EXPECT_NE(end.remedy.find("not erased"), std::string::npos);
  run_for(minutes{10});
  EXPECT_FALSE(truth().erased);
  EXPECT_EQ(truth().mode, Mode::recovery);
}

TEST_F(ModelEngineTest, StartsOneIdOnlyOnce) {
  into_dfu(1);
  start(1);
  start(1);
  EXPECT_EQ(engine.running(), 1u);
}

TEST_F(ModelEngineTest, GoesOnWhenItsFollowerIsCancelledAndTellsTheNextOne) {
  into_dfu(1);
  start(1);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  std::optional<Result<RestoreOutcome>> first;
  {
    TaskGroup bench(io.get_executor());
    auto follow = [](ModelEngine& e, std::optional<Result<RestoreOutcome>>& into) -> asio::awaitable<void> {
      into = co_await e.attach(JobId{1}, nullptr);
    };
    bench.spawn(follow(engine, first));
    run_for(minutes{4});
    bench.cancel();
    settle();
  }
  ASSERT_TRUE(first);
  ASSERT_FALSE(*first);
  EXPECT_EQ(first->error().code, Errc::cancelled);
  EXPECT_TRUE(outcome(1).completed);
  EXPECT_TRUE(outcome(1).completed) << "also after the end";
}

TEST_F(ModelEngineTest, RefusesToFollowAJobItNeverHad) {
  EXPECT_EQ(wait(engine.attach(JobId{9}, nullptr)).error().code, Errc::refused);
}

TEST_F(ModelEngineTest, LosesAMacThatIsUnpluggedInTheMiddle) {
  into_dfu(1);
  start(1);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  run_for(minutes{4});
  plant.unplug_data(model::MacId{0});
  const auto end = outcome(1);
  EXPECT_FALSE(end.completed);
  EXPECT_NE(end.cause.find("link broke"), std::string::npos) << end.cause;
  EXPECT_EQ(end.evidence.erased, Erased::confirmed) << "the Mac had said so before";
  EXPECT_EQ(end.evidence.os, OsState::none);
}

TEST_F(ModelEngineTest, FindsNoMacThatIsNotInDfu) {
  start(1);
  const auto end = outcome(1);
  EXPECT_NE(end.cause.find("found no Mac"), std::string::npos) << end.cause;
  EXPECT_GE(clock.now(), TimePoint{seconds{10}});
}

TEST_F(ModelEngineTest, ARevivePromisesAndErasesNothing) {
  into_dfu(1);
  start(1, 1, RestoreKind::revive);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  const auto end = outcome(1);
  EXPECT_TRUE(end.completed) << end.cause;
  EXPECT_EQ(end.evidence.erased, Erased::unconfirmed);
  EXPECT_FALSE(truth().erased);
}

TEST_F(ModelEngineTest, AnEraseAloneTakesMinutesAndLeavesNoSystem) {
  into_dfu(1);
  const TimePoint began = clock.now();
  start(1, 1, RestoreKind::erase_only);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  const auto end = outcome(1);
  EXPECT_EQ(end.evidence.erased, Erased::confirmed);
  EXPECT_EQ(end.evidence.os, OsState::none);
  EXPECT_LT(clock.now() - began, minutes{3});
}

// ---- several at once ----------------------------------------------------------------------------------------------------

struct EightMacsTest : ModelEngineTest {
  EightMacsTest() : ModelEngineTest(model::FaultEnvelope::none(), 8) {}
};

TEST_F(EightMacsTest, OnOneUpstreamTakeLonger) {
  for (int n = 1; n <= 8; ++n) { ASSERT_TRUE(plant.enter_dfu(port(n))); }
  run_for(seconds{20});
  const TimePoint began = clock.now();
  for (int n = 1; n <= 8; ++n) {
    start(static_cast<std::uint64_t>(n), n);
    ASSERT_TRUE(wait(engine.permit(JobId{static_cast<std::uint64_t>(n)})));
  }
  for (std::uint64_t n = 1; n <= 8; ++n) EXPECT_TRUE(outcome(n).completed);
  // Eight on an upstream for four: 444 s of transfers take twice as long, so none can be done in 2 x 444 s.
  EXPECT_GT(clock.now() - began, seconds{888});
  EXPECT_LT(clock.now() - began, minutes{27});
}

// ---- faults -------------------------------------------------------------------------------------------------------------

model::FaultEnvelope always(model::FaultKind kind) {
  auto envelope = model::FaultEnvelope::none();
  envelope[kind].per_draw = 1.0;
  return envelope;
}

struct LyingEngineTest : ModelEngineTest {
  LyingEngineTest() : ModelEngineTest(always(model::FaultKind::engine_false_success)) {}
};
TEST_F(LyingEngineTest, SaysDoneButNeverProvesAnErasure) {
  for (std::uint64_t id = 1; id <= 6; ++id) {
    into_dfu(1);
    start(id);
    ASSERT_TRUE(wait(engine.permit(JobId{id})));
    const auto end = outcome(id);
    EXPECT_TRUE(end.completed) << end.cause;
    EXPECT_EQ(end.evidence.erased, Erased::unconfirmed);
    run_for(minutes{10});
  }
}

struct HangingEngineTest : ModelEngineTest {
  HangingEngineTest() : ModelEngineTest(always(model::FaultKind::engine_hang)) {}
};
TEST_F(HangingEngineTest, HangsUntilItIsStopped) {
  into_dfu(1);
  start(1);
  ASSERT_TRUE(wait(engine.permit(JobId{1})));
  run_for(std::chrono::hours{2});
  EXPECT_EQ(engine.running(), 1u);
  ASSERT_TRUE(wait(engine.stop(JobId{1})));
  EXPECT_FALSE(outcome(1).completed);
  EXPECT_EQ(engine.running(), 0u);
}

struct FailingEngineTest : ModelEngineTest {
  static model::FaultEnvelope envelope() {
    auto e = always(model::FaultKind::engine_fail);
    e[model::FaultKind::engine_fail].most = 12;
    return e;
  }
  FailingEngineTest() : ModelEngineTest(envelope()) {}
};
TEST_F(FailingEngineTest, FailsWithWordsThatAreKnown) {
  for (std::uint64_t id = 1; id <= 12; ++id) {
    ASSERT_TRUE(plant.enter_dfu(port(1)));  // without the draw of a message that is not heard
    run_for(seconds{20});
    start(id);
    ASSERT_TRUE(wait(engine.permit(JobId{id})));
    const auto end = outcome(id);
    EXPECT_FALSE(end.completed);
    EXPECT_FALSE(end.cause.empty());
    EXPECT_FALSE(end.owner.empty());
    EXPECT_EQ(end.cause.find("no word that is known"), std::string::npos) << end.cause;
    // A Mac may be erased without a word of it, as when the link breaks between the two; never the other way round.
    if (end.evidence.erased == Erased::confirmed) { EXPECT_EQ(truth().erased_by, id); }
    run_for(minutes{3});
  }
}

// ---- actions
// --------------------------------------------------------------------------------------------------------------

TEST_F(ModelEngineTest, LeavesDfuWithoutAnErase) {
  into_dfu(1);
  const auto left = wait(macs.leave_dfu(port(1), clock.now() + minutes{2}));
  ASSERT_TRUE(left) << left.error().message;
  run_for(minutes{1});
  EXPECT_EQ(truth().mode, Mode::booted);
  EXPECT_FALSE(truth().erased);
}

TEST_F(ModelEngineTest, ReachesNoDfuAtAnEmptyPort) {
  plant.unplug_data(model::MacId{0});
  const auto seen = wait(macs.enter_dfu(port(1), clock.now() + minutes{2}));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Errc::device_gone);
}

struct DeafMacTest : ModelEngineTest {
  DeafMacTest() : ModelEngineTest(always(model::FaultKind::engine_fail)) {}
};
TEST_F(DeafMacTest, DoesNotReachDfuWhenNoMessageIsHeard) {
  const auto seen = wait(macs.enter_dfu(port(1), clock.now() + minutes{2}));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Errc::timeout);
  EXPECT_NE(truth().mode, Mode::dfu);
}

}  // namespace
}  // namespace greenroom::sim
