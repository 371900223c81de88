// A full erase restore of 24 Macs in one room, with the limits of its USB tree: counted by the engine, which knows none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/macs.hpp"
#include "config/recipes.hpp"
#include "config/room.hpp"
#include "controller/simulate/world.hpp"

namespace greenroom::sim {
namespace {

// Three hubs of eight, each on a branch and a PDU of its own: two on one USB controller, one on another.
std::string room_text() {
  std::string text = R"([room]
name = "Twenty-four"
controller_host = "bench-host"
[usb]
per_controller = 6
per_hub = 4
)";
  const char* hubs[] = {"1-1", "1-2", "2-1"};
  for (int i = 0; i < 3; ++i) {
    const std::string n = std::to_string(i + 1);
    text +=
        "[[circuit]]\nname = \"branch " + n + "\"\nkind = \"breaker\"\nrating_A = 30\nvoltage_V = 120\ndedicated = true\n";
    text += "[[pdu]]\nname = \"pdu" + n + "\"\ndialect = \"baytech-mmp\"\ninput_meter = \"A\"\nline = \"model:pdu" + n +
            "\"\ncircuit = \"branch " + n + "\"\noutlets = 20\npower_on = \"all_off\"\n";
    text += "[[slot]]\nname = \"" + n + "-01..08\"\nbench = \"" + n + "\"\nkind = \"restore\"\ndata_port = \"host/" +
            hubs[i] + ".1..8\"\ndfu_entry = \"vdm\"\noutlet = \"pdu" + n +
            ":1..8\"\ncharge_via = \"magsafe\"\nbrick = \"apple-140\"\nusb_feed_W = 2.5\n";
  }
  return text + R"([[slot]]
name = "P-01"
bench = "1"
kind = "pack_table"
[[infrastructure]]
name = "bench-host"
kind = "controller_host"
)";
}

// The full recipe without its first stay on a charge shelf, so that all want to be restored at once.
Recipe straight_to_restore(Recipe full) {
  std::erase_if(full.steps, [](const Step& s) { return s.kind == StepKind::charge || s.to == "shelf"; });
  for (Step& s : full.steps) {
    if (s.kind == StepKind::move && s.to == "restore") s.kind = StepKind::seat;
  }
  return full;
}

RoomSetup setup() {
  RoomFile file = load_room_text(room_text(), "24-slot.toml");
  for (const Complaint& c : file.complaints) ADD_FAILURE() << to_string(c);
  RoomSetup made;
  if (file.room) made.room = *file.room;
  made.catalogue.models = load_macs().models;
  for (const Recipe& r : load_recipes().recipes) {
    if (r.id == "full-apple-silicon") made.catalogue.recipes = {straight_to_restore(r)};
  }
  return made;
}

std::vector<ExpectedRow> batch(std::uint64_t count) {
  std::vector<ExpectedRow> rows;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string tail(1, static_cast<char>('A' + i));
    rows.push_back({i + 2, "TAG" + tail, "C02TESTMAC0" + tail, "MacBook Pro (M1 Pro, 16-inch, 2021)", "A2485",
                    "Returned - Wipe", "cage", ""});
  }
  return rows;
}

struct UsbCaps : testing::Test {
  WorldResult run(RoomSetup room) {
    WorldOptions options;
    options.until_done = true;
    options.technicians = 6;
    world = std::make_unique<World>(std::move(room), batch(24), options);
    const auto ended = world->run({});
    EXPECT_TRUE(ended);
    return ended ? *ended : WorldResult{};
  }
  // When engines began and ended on that USB controller, in seconds.
  struct Engines {
    double first{-1}, last{}, busy{};  // busy: of all together
  };
  [[nodiscard]] Engines engines_of(const std::string& benches) const {
    std::map<std::string, double> began;  // by effect
    Engines all;
    for (const std::string& line : world->journal_lines()) {
      const auto field = [&line](const std::string& name) {
        const std::size_t at = line.find("\"" + name + "\":") + name.size() + 3;
        return line.substr(at, line.find_first_of(",}", at) - at);
      };
      if (line.find("\"kind\":\"engine\"") == line.npos) continue;
      const double at = std::stod(field("at_us")) / 1e6;
      if (line.find("effect_started") != line.npos) {
        if (benches.find(field("slot").at(1)) == benches.npos) continue;
        began[field("effect")] = at;
        if (all.first < 0) all.first = at;
      } else if (const auto start = began.find(field("effect")); start != began.end()) {
        all.busy += at - start->second;
        all.last = at;
      }
    }
    return all;
  }
  std::unique_ptr<World> world;
};

TEST_F(UsbCaps, TwentyFourMacsAreErasedWithinTheLimitsOfTheirUsbTree) {
  const WorldResult result = run(setup());
  EXPECT_EQ(result.erased, 24U);
  EXPECT_EQ(result.packed, 24U);
  EXPECT_TRUE(result.clean()) << testing::PrintToString(result.first_violations);
  EXPECT_THAT(result.open_cases, testing::IsEmpty());
  EXPECT_EQ(result.restores_at_once.at("host/1"), 6U);
  EXPECT_EQ(result.restores_at_once.at("host/2"), 4U);
  for (const char* hub : {"host/1-1", "host/1-2", "host/2-1"}) EXPECT_LE(result.restores_at_once.at(hub), 4U) << hub;
  // Places are full from the first engine to nearly the last: what is between is the way into DFU, and the last ones alone.
  const Engines one = engines_of("12"), two = engines_of("3");
  EXPECT_LT(one.last - one.first, 1.25 * one.busy / 6);
  EXPECT_LT(two.last - two.first, 1.25 * two.busy / 4);
}

// Where nothing limits them, more run at once: the room itself would let them.
TEST_F(UsbCaps, WithoutLimitsMoreRunAtOnce) {
  RoomSetup room = setup();
  room.room.usb = {64, 64};
  const WorldResult result = run(std::move(room));
  EXPECT_EQ(result.erased, 24U);
  EXPECT_GT(result.restores_at_once.at("host/1"), 6U);
  EXPECT_GT(result.restores_at_once.at("host/2"), 4U);
}

}  // namespace
}  // namespace greenroom::sim
