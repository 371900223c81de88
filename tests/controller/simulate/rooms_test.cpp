// Whole rooms on virtual time, small ones: what only shows when people, plant, engines and the controller play together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/embedded.hpp"
#include "config/macs.hpp"
#include "config/recipes.hpp"
#include "config/room.hpp"
#include "controller/simulate/world.hpp"

namespace greenroom::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The example's room, models and recipes.
RoomSetup example() {
  const std::string path = "config/examples/returns-room.toml";
  RoomFile room = load_room_text(read_data(path).value_or(""), path);
  EXPECT_TRUE(room.room);
  RoomSetup setup;
  if (room.room) setup.room = *room.room;
  setup.catalogue.models = load_macs().models;
  setup.catalogue.recipes = load_recipes().recipes;
  return setup;
}

std::vector<ExpectedRow> laptops(int count) {
  std::vector<ExpectedRow> rows;
  for (int i = 0; i < count; ++i) {
    const auto n = static_cast<std::uint64_t>(i);
    const std::string tail(1, static_cast<char>('A' + i));
    rows.push_back({n + 2, "TAG" + tail, "C02TESTMAC0" + tail, "MacBook Pro (M1 Pro, 16-inch, 2021)", "A2485",
                    "Returned - Wipe", "cage", ""});
  }
  return rows;
}

struct RoomRun {
  explicit RoomRun(RoomSetup setup, std::vector<ExpectedRow> rows, WorldOptions o = options())
      : world(std::move(setup), std::move(rows), o) {
    const auto ended = world.run({});
    EXPECT_TRUE(ended);
    if (ended) result = *ended;
  }
  static WorldOptions options() {
    WorldOptions o;
    o.until_done = true;
    return o;
  }
  [[nodiscard]] long lines_with(const std::string& text) const {
    const auto& all = world.journal_lines();
    return std::count_if(all.begin(), all.end(), [&](const std::string& line) { return line.find(text) != line.npos; });
  }
  // When effects of this kind started, after the room opened.
  [[nodiscard]] std::vector<Duration> starts_of(const std::string& kind) const {
    std::vector<Duration> found;
    for (const std::string& line : world.journal_lines()) {
      if (line.find("\"type\":\"effect_started\"") == line.npos || line.find("\"kind\":\"" + kind + "\"") == line.npos)
        continue;
      found.emplace_back(std::stoll(line.substr(line.find("\"at_us\":") + 8)));
    }
    return found;
  }
  World world;
  WorldResult result;
};

TEST(WipeOnly, EveryMacLeavesByTheEcidThatItShowsAtThePackTable) {
  RoomSetup setup = example();
  std::erase_if(setup.catalogue.recipes, [](const Recipe& r) { return r.id != "wipe-only"; });
  ASSERT_EQ(setup.catalogue.recipes.size(), 1U);
  const RoomRun run(std::move(setup), laptops(3));
  EXPECT_EQ(run.result.packed, 3U);
  EXPECT_TRUE(run.result.clean()) << testing::PrintToString(run.result.first_violations);
  EXPECT_EQ(run.lines_with("\"proof\":\"dfu_ecid\""), 3);
}

TEST(Shifts, ABatchThatSpansTwoShiftsIsFinishedInTheSecondAndErasesNothingBetweenThem) {
  RoomSetup setup = example();
  // The room opens on a Monday at 08:00: an hour and a half, and again from 12:00 on.
  setup.room.shifts = {{0, hours{8}, hours{9} + minutes{30}}, {0, hours{12}, hours{20}}};
  const RoomRun run(std::move(setup), laptops(12));
  EXPECT_EQ(run.result.packed, 12U);
  EXPECT_TRUE(run.result.clean()) << testing::PrintToString(run.result.first_violations);
  EXPECT_GT(run.result.makespan_s, 4 * 3600.0);
  EXPECT_LT(run.result.makespan_s, 12 * 3600.0);
  const std::vector<Duration> erases = run.starts_of("engine");
  EXPECT_GE(erases.size(), 12U);
  for (const Duration at : erases) {  // a restore may take an hour
    const bool nobody_at_its_end = at > minutes{90 - 60} && at < hours{4} - minutes{60};
    EXPECT_FALSE(nobody_at_its_end) << "an erase began " << in_seconds(at) / 60 << " min after the room opened";
  }
}

TEST(Readiness, WhileApplesHostsAreLostNoRestoreStartsAndAllGoOnByThemselvesAfterIt) {
  WorldOptions options = RoomRun::options();
  options.hosts_lost = Outage{minutes{45}, minutes{190}};
  const RoomRun run(example(), laptops(12), options);
  EXPECT_EQ(run.result.packed, 12U);
  EXPECT_TRUE(run.result.clean()) << testing::PrintToString(run.result.first_violations);
  EXPECT_THAT(run.result.open_cases, testing::IsEmpty());
  EXPECT_GT(run.lines_with("not ready: gs.apple.com is not reached. Look at the room's network."), 0);
  std::size_t before = 0, after = 0;
  for (const Duration at : run.starts_of("engine")) {
    // Ten minutes of a last answer are good; the first answer after it comes within five.
    EXPECT_FALSE(at > minutes{55} && at < minutes{190})
        << "an engine began " << in_seconds(at) / 60 << " min after the opening";
    ++(at < minutes{190} ? before : after);
  }
  EXPECT_GT(before, 0U);
  EXPECT_GT(after, 0U);
}

}  // namespace
}  // namespace greenroom::sim
