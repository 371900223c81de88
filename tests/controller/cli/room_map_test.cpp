// A Mac carried through a room of models, on virtual time: what is called proven is compared with what truly hangs where.
#include <gtest/gtest.h>

#include <deque>

#include "controller/cli/room_map_walk.hpp"
#include "hw/async/task_group.hpp"
#include "hw/model/benchtop.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "tests/support/room_builder.hpp"
#include "tests/support/scripted_line.hpp"
#include "tests/support/spoken_bus.hpp"

namespace greenroom::cli {
namespace {

using namespace std::chrono_literals;

// Slots 1-01 to 1-08 on the first outlets of one PDU, on a 20 A branch; their ports are host/1-1 to host/1-8.
struct RoomMap : test::Stage, testing::Test {
  RoomMap() {
    test::RoomBuilder b;
    b.slots("1", SlotKind::restore, b.pdu("left", b.breaker("branch", 20), 8), 8);
    room = b.room;
    tasks.spawn(usb.run());
  }
  ~RoomMap() override {
    tasks.cancel();
    settle();
  }
  // Every outlet feeds a Mac that draws half an ampere; which of them has none is said by the test.
  void furnish(const std::string& dialect_id) {
    auto loaded = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/" + dialect_id + ".toml");
    dialect = std::move(loaded.value());
    model::BenchtopSpec spec;
    spec.id = dialect_id;
    spec.load_A = 0.5;
    table = std::move(model::Benchtop::make(io.get_executor(), clock, spec).value());
    pdu = make_pdu(dialect, table->open_line(), clock);
  }
  void plug_in(const std::string& port) {
    const auto path = *PortPath::parse("host/" + port);
    if (stands) bus.say(UsbEvent{UsbLeft{*stands}});
    bus.say(UsbEvent{UsbArrived{UsbSighting{path, 0x05ac, 0x1905, 0, "C02KNOWN"}}});
    stands = path;
    settle();
  }
  MapPorts ports() {
    MapPorts p(room, "host", usb, clock);
    p.pdus = {pdu.get()};
    p.dialects = {facts(dialect)};
    p.known_mac = [](const UsbSighting& s) { return s.serial == "C02KNOWN"; };
    p.is_mac = [](const UsbSighting& s) { return s.vendor == 0x05ac; };
    p.locked = locked;
    p.say = [this](const std::string& line) { said.push_back(line); };
    return p;
  }
  // At each label the Mac is carried to the port beside it ("" leaves it where it is).
  using Steps = std::deque<std::pair<std::string, std::string>>;
  Result<void> walk(Steps steps) {
    MapPorts p = ports();
    p.next_line = [this, &steps]() -> Task<std::string> {
      if (steps.empty()) co_return std::string();
      const auto [label, port] = steps.front();
      steps.pop_front();
      if (!port.empty()) plug_in(port);
      co_return label;
    };
    return run<void>(walk_room(p, seen));
  }
  // Slot 1-01 alone, up to the moment in which its outlet closes.
  static asio::awaitable<void> follow(const MapPorts& p, std::vector<MapSeen>& seen, std::optional<Result<void>>& ended) {
    ended = co_await walk_room(p, seen);
  }
  static Task<std::string> first_slot(bool& told) {
    co_return std::exchange(told, true) ? std::string() : std::string("1-01");
  }
  void until_closed() {
    plug_in("1-1");
    while (!table->contact(0) && clock.run_next()) settle();
    ASSERT_TRUE(table->contact(0));
  }
  MapItem at(std::size_t n) { return judge_map(room, "host", &facts(dialect), seen.at(n)); }

  Room room;
  Dialect dialect;
  std::unique_ptr<model::Benchtop> table;
  std::unique_ptr<Pdu> pdu;
  test::SpokenBus bus;
  UsbTable usb{bus, clock};
  std::optional<PortPath> stands;
  std::vector<MapSeen> seen;
  std::vector<std::string> said;
  std::vector<bool> locked = std::vector<bool>(8);
  TaskGroup tasks{io.get_executor()};
};

TEST_F(RoomMap, ProvesASlotWhoseLabelPortAndDrawAgree) {
  furnish("baytech-rpc28-nc");
  ASSERT_TRUE(walk({{"1-01", "1-1"}, {"1-02", "1-2"}}));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(at(0).proven) << at(0).usb_words << "; " << at(0).power_words;
  EXPECT_TRUE(at(1).proven) << at(1).usb_words << "; " << at(1).power_words;
}

TEST_F(RoomMap, LeavesEveryOutletOpen) {
  furnish("baytech-rpc28-nc");
  ASSERT_TRUE(walk({{"1-01", "1-1"}, {"1-02", "1-2"}}));
  EXPECT_EQ(table->moves(), 4U);
  for (std::size_t o = 0; o < table->outlets(); ++o) EXPECT_FALSE(table->contact(o)) << o;
}

TEST_F(RoomMap, FindsTwoUsbCablesThatAreExchanged) {
  furnish("baytech-rpc28-nc");
  ASSERT_TRUE(walk({{"1-01", "1-2"}}));
  EXPECT_EQ(at(0).usb, Verdict::bad);
  EXPECT_NE(at(0).usb_words.find("host/1-2, the port of 1-02"), std::string::npos) << at(0).usb_words;
  EXPECT_FALSE(at(0).proven);
}

TEST_F(RoomMap, FindsACordInAnotherOutlet) {
  furnish("baytech-rpc28-nc");
  table->set_load(0, 0.0);
  ASSERT_TRUE(walk({{"1-01", "1-1"}}));
  EXPECT_EQ(at(0).usb, Verdict::good);
  EXPECT_EQ(at(0).power, Verdict::bad);
  EXPECT_FALSE(at(0).proven);
}

TEST_F(RoomMap, SaysThatTheMacDoesNotShowItself) {
  furnish("baytech-rpc28-nc");
  ASSERT_TRUE(walk({{"1-01", ""}}));
  EXPECT_EQ(at(0).usb, Verdict::bad);
  EXPECT_NE(at(0).usb_words.find("did not show itself at host/1-1"), std::string::npos) << at(0).usb_words;
}

TEST_F(RoomMap, TouchesNoOutletThatIsOn) {
  furnish("baytech-rpc28-nc");
  table->press(0, true);
  until(clock.now() + 1s);
  const auto before = table->moves();
  ASSERT_TRUE(walk({{"1-01", "1-1"}}));
  EXPECT_EQ(table->moves(), before);
  EXPECT_FALSE(at(0).proven);
  EXPECT_NE(at(0).power_words.find("it reads on, so it was not touched"), std::string::npos) << at(0).power_words;
}

TEST_F(RoomMap, ClosesNothingThatTheCircuitCouldNotCarryAtTheLargestBrick) {
  // 140 W bricks: 1.485 A each at 0.9 of 120 V, power factor 0.97 and 90 % efficiency. 5.9 A carry three of them.
  std::vector<bool> on(room.outlets.size());
  room.circuits[1].continuous = Amps::of(5.9);
  on[0] = on[1] = true;
  EXPECT_FALSE(closing_exceeds(room, on, OutletId{2}));
  on[2] = true;
  const auto exceeds = closing_exceeds(room, on, OutletId{3});
  ASSERT_TRUE(exceeds);
  EXPECT_NE(exceeds->find("5.9 A on branch, which carries 5.9 A"), std::string::npos) << *exceeds;
}

TEST_F(RoomMap, CountsWhatElseHangsOnTheCircuit) {
  std::vector<bool> on(room.outlets.size());
  room.circuits[1].continuous = Amps::of(3.0);
  EXPECT_FALSE(closing_exceeds(room, on, OutletId{0}));
  room.circuits[1].foreign_reserve = Amps::of(1.0);
  EXPECT_FALSE(closing_exceeds(room, on, OutletId{0}));
  room.infrastructure.push_back({"hub", "hub", CircuitId{1}, Amps::of(1.0)});
  EXPECT_TRUE(closing_exceeds(room, on, OutletId{0}));
}

TEST_F(RoomMap, AsksAPersonWhereNothingMeters) {
  furnish("waveshare-relay-8");
  ASSERT_TRUE(walk({{"1-01", "1-1"}, {"yes", ""}, {"1-02", "1-2"}, {"no", ""}, {"1-03", "1-3"}, {"perhaps", ""}}));
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(at(0).proven);
  EXPECT_EQ(at(1).power, Verdict::bad);
  EXPECT_EQ(at(2).power, Verdict::person);
  EXPECT_FALSE(at(2).proven);
}

TEST_F(RoomMap, AsksAgainForALabelThatNoSlotHas) {
  furnish("baytech-rpc28-nc");
  ASSERT_TRUE(walk({{"1-1", ""}, {"1-01", "1-1"}}));
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(said.at(1), "No slot is called \"1-1\"; did you mean 1-01?");
}

TEST_F(RoomMap, SeesASlotAnewWhenItIsScannedAgain) {
  furnish("baytech-rpc28-nc");
  ASSERT_TRUE(walk({{"1-01", "1-2"}, {"1-01", "1-1"}}));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(at(0).proven);
}

TEST_F(RoomMap, OpensTheOutletWhenItIsEndedInTheMiddle) {
  furnish("baytech-rpc28-nc");
  table->set_load(0, 0.0);  // the meter is waited for
  bool told = false;
  MapPorts p = ports();
  p.next_line = [&told] { return first_slot(told); };
  std::optional<Result<void>> ended;
  TaskGroup walking(io.get_executor());
  walking.spawn(follow(p, seen, ended));
  until_closed();
  walking.cancel();
  settle();
  while (!ended && clock.run_next()) settle();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->error().code, Errc::cancelled);
  EXPECT_FALSE(table->contact(0));
  EXPECT_FALSE(at(0).proven);
}

TEST_F(RoomMap, DoesNotTakeADrawThatStaysForTheMacs) {
  furnish("baytech-rpc28-nc");
  table->set_load(0, 0.0);
  bool told = false;
  MapPorts p = ports();
  p.next_line = [&told] { return first_slot(told); };
  std::optional<Result<void>> ended;
  TaskGroup walking(io.get_executor());
  walking.spawn(follow(p, seen, ended));
  until_closed();
  table->set_other(0, 0.5);  // something else on the bank begins to draw just then
  settle();
  while (!ended && clock.run_next()) settle();
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ(at(0).power, Verdict::bad);
  EXPECT_NE(at(0).power_words.find("did not fall when it was opened"), std::string::npos) << at(0).power_words;
}

TEST_F(RoomMap, LeavesAnOutletAloneThatSomebodyLockedOut) {
  furnish("baytech-rpc28-nc");
  locked[0] = true;
  ASSERT_TRUE(walk({{"1-01", "1-1"}}));
  EXPECT_EQ(table->moves(), 0U);
  EXPECT_FALSE(at(0).proven);
}

TEST_F(RoomMap, ClosesNothingWhileAnotherMacIsInASlot) {
  furnish("baytech-rpc28-nc");
  bus.say(UsbEvent{UsbArrived{UsbSighting{*PortPath::parse("host/1-5"), 0x05ac, 0x1905, 0, "C02OTHER"}}});
  ASSERT_TRUE(walk({{"1-01", "1-1"}}));
  EXPECT_EQ(table->moves(), 0U);
  EXPECT_NE(at(0).power_words.find("another Mac is in slot 1-05"), std::string::npos) << at(0).power_words;
}

TEST(MapSheet, TellsTheCommandOfEachProvenOutletAlone) {
  MapSheet sheet;
  sheet.items = {{"1-01", "left:1", Verdict::good, Verdict::good, "host/1-1", "moved", true},
                 {"1-02", "left:2", Verdict::good, Verdict::bad, "host/1-2", "did not move", false}};
  const std::string text = sheet_text(sheet);
  EXPECT_NE(text.find("greenroom command prove-map left:1 1-01\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("prove-map left:2"), std::string::npos) << text;
  EXPECT_FALSE(all_good(sheet));
  sheet.items.pop_back();
  EXPECT_TRUE(all_good(sheet));
  EXPECT_FALSE(all_good(MapSheet{}));
}

}  // namespace
}  // namespace greenroom::cli
