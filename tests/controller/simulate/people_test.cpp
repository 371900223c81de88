#include "controller/simulate/people.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "hw/async/manual_clock.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::sim {
namespace {

// A board with one chore, which somebody takes down after so many looks.
struct Board final : FrontDesk {
  std::vector<Chore> chores() override { return looks-- > 0 ? std::vector<Chore>{chore} : std::vector<Chore>{}; }
  const RoomState* state() override { return decided ? &*decided : nullptr; }
  Task<Answer> ask(Command c) override {
    if (c.by != "anna") co_return Answer{true, "words", 0};
    ++asked;
    co_return Answer{asked > refusals, "words", 0};
  }
  bool over() override { return false; }
  Chore chore;
  int looks{}, refusals{}, asked{};
  std::optional<RoomState> decided;
};

// One laptop, cabled at restore slot 1-01, which is asked for its DFU keys; one technician.
struct PeopleTest : testing::Test {
  PeopleTest()
      : plan(plan_world(room, Catalogue{}, {row()}, Random(1))),
        plant(io.get_executor(), clock, plan.spec, model::FaultEnvelope::none(), Random(1)),
        people(clock, plant, board, room, plan.rows, Random(1)),
        tasks(io.get_executor()) {
    EXPECT_TRUE(plant.plug_power(mac, SlotId{0}));
    EXPECT_TRUE(plant.plug_data(mac, SlotId{0}));
    board.chore.serial = row().serial;
    board.chore.slot = room.slots[0].name;
    board.chore.owner = Owner::technician;
    board.chore.kind = "keys";
  }
  ~PeopleTest() override {
    tasks.cancel();
    settle();
  }
  static ExpectedRow row() {
    ExpectedRow row;
    row.serial = "C02AAAA0001";
    row.status = "Returned - Wipe";
    return row;
  }
  void settle() {
    io.restart();
    io.poll();
  }
  bool dfu_within(Duration d) {
    people.start(tasks, 1);
    settle();
    while (clock.next() && *clock.next() < TimePoint{d}) {
      clock.run_next();
      settle();
      if (plant.mac(mac).mode == model::Mode::dfu) return true;
    }
    return false;
  }

  const model::MacId mac{0};
  asio::io_context io{1};
  ManualClock clock{io.get_executor()};
  Room room{test::small_room()};
  WorldPlan plan;
  model::Plant plant;
  Board board;
  People people;
  TaskGroup tasks;
};

TEST_F(PeopleTest, ATechnicianPressesTheKeysThatTheBoardAsksFor) {
  board.looks = 1'000;
  EXPECT_TRUE(dfu_within(std::chrono::minutes{5}));
}

// The Mac may be in the middle of its restore by now.
TEST_F(PeopleTest, ATechnicianWhoArrivesAfterTheChoreIsGoneTouchesNothing) {
  board.looks = 1;
  plant.unplug_power(mac);  // would be put right by the way
  EXPECT_FALSE(dfu_within(std::chrono::minutes{5}));
  EXPECT_FALSE(plant.mac(mac).power);
}

// A full disk refuses everything, and a Mac that stays on the trolley for ever is lost.
TEST_F(PeopleTest, ATechnicianWhomTheRoomRefusedAMacTriesItAgainLater) {
  board.chore.kind = "seat";
  board.looks = 1'000;
  board.refusals = 1;
  board.decided = initial_state(RoomSetup{room, {}, RuleSet::all()});
  people.start(tasks, 1);
  for (settle(); clock.next() && *clock.next() < TimePoint{std::chrono::minutes{30}}; settle()) clock.run_next();
  EXPECT_EQ(board.asked, 1);
  for (; clock.next() && *clock.next() < TimePoint{std::chrono::hours{2}}; settle()) clock.run_next();
  EXPECT_GT(board.asked, 1);
}

}  // namespace
}  // namespace greenroom::sim
