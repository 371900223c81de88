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
  const RoomState* state() override { return nullptr; }
  Task<Answer> ask(Command) override { co_return Answer{true, "done", 0}; }
  bool over() override { return false; }
  Chore chore;
  int looks{};
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

}  // namespace
}  // namespace greenroom::sim
