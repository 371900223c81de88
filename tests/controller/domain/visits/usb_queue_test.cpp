// How many Macs are restored at once on one part of the USB tree, who waits for that, and what the wait costs.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string serial(int i) { return "C02TESTMAC" + std::string(1, static_cast<char>('A' + i)) + "Z"; }
std::uint64_t ecid(int i) { return 0xC000000000010 + static_cast<std::uint64_t>(i); }
std::string slot(int i) { return "1-0" + std::to_string(i + 1); }

const auto its_turn = testing::StartsWith("power lease");
const std::string one_runs = "1 of 1 restores run on host/1";

// Six restore slots: the first three behind one hub, the others behind another, both on one controller.
struct UsbQueueTest : testing::Test {
  Rig r;
  void SetUp() override {
    RoomBuilder b;
    const CircuitId branch = b.breaker("branch", 20);
    b.slots("1", SlotKind::restore, b.pdu("left", branch, 6), 6);
    for (std::size_t i = 0; i < 6; ++i)
      b.room.slots[i].data_port = "host/1-" + std::to_string(i / 3 + 1) + "." + std::to_string(i % 3 + 1);
    r.setup.room = b.room;
    r.start();
    std::vector<ExpectedRow> rows;
    for (int i = 0; i < 6; ++i) rows.push_back(row(static_cast<std::uint64_t>(i) + 2, serial(i)));
    r.import(rows);
  }
  void limits(int per_controller, int per_hub) { r.setup.room.usb = {per_controller, per_hub}; }
  // Charged: the next thing is DFU.
  void charged(int i) {
    r.to_charge_gate(serial(i), slot(i));
    r.command(CommandKind::battery, serial(i), 55);
  }
  std::uint64_t runs(int i) {
    charged(i);
    r.lease(slot(i));
    return reaches_dfu(i);
  }
  std::uint64_t reaches_dfu(int i) {
    const auto effect = r.last_effect("enter_dfu");
    r.gone(slot(i));
    r.now += seconds{10};
    r.shows(slot(i), MacMode::dfu, "", ecid(i));
    r.result(effect, true);
    return r.last_effect("engine");
  }
  void erased(int i, std::uint64_t engine) {
    r.now += minutes{10};
    r.gone(slot(i));
    r.erased(engine, serial(i), ecid(i));
  }
  const Visit& of(int i) const { return r.visit(r.visit_at(slot(i))); }
  std::string at(int i) const { return r.at(r.visit_at(slot(i))); }
  std::optional<Want> want(int i) const {
    for (const Demand& d : demands(r.context())) {
      if (d.slot == r.slot_id(slot(i))) return d.want;
    }
    return std::nullopt;
  }
};

TEST_F(UsbQueueTest, AMacWaitsWhereAHubIsFullAndSaysWhichOne) {
  limits(6, 2);
  runs(0);
  runs(1);
  charged(2);
  EXPECT_EQ(at(2), "dfu waiting");
  EXPECT_EQ(of(2).what, "2 of 2 restores run on host/1-1");
}

TEST_F(UsbQueueTest, AMacWaitsWhereAControllerIsFull) {
  limits(2, 4);
  runs(0);
  runs(3);
  charged(1);
  EXPECT_EQ(of(1).what, "2 of 2 restores run on host/1");
}

TEST_F(UsbQueueTest, AMacOnItsWayIntoDfuHasItsPlaceAlready) {
  limits(1, 4);
  charged(0);
  r.lease(slot(0));
  ASSERT_EQ(at(0), "dfu running");
  charged(1);
  r.lease(slot(1));
  EXPECT_EQ(at(1), "dfu waiting");
  EXPECT_EQ(r.effects("enter_dfu").size(), 1U);
}

TEST_F(UsbQueueTest, TwoMacsThatComeInOneMomentDoNotShareTheLastPlace) {
  limits(1, 4);
  r.power(slot(0), true);
  r.power(slot(1), true);
  r.setup.room.shifts = {{0, hours{20}, hours{24}}};  // it is Monday, 01:00
  charged(0);
  charged(1);
  ASSERT_EQ(of(0).what.substr(0, 5), "shift");
  ASSERT_EQ(of(1).what.substr(0, 5), "shift");
  r.setup.room.shifts.clear();
  r.wait(hours{19} - minutes{5});
  EXPECT_THAT(of(0).what, its_turn);
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, ThePlaceIsFreeWhenTheEngineEnded) {
  limits(1, 4);
  const auto engine = runs(0);
  charged(1);
  ASSERT_EQ(at(1), "dfu waiting");
  erased(0, engine);
  EXPECT_THAT(of(1).what, its_turn);
  r.lease(slot(1));
  EXPECT_EQ(at(1), "dfu running");
}

TEST_F(UsbQueueTest, WhoWaitedLongerGoesFirst) {
  limits(1, 4);
  const auto engine = runs(0);
  charged(2);
  r.wait(minutes{1});
  charged(1);
  erased(0, engine);
  EXPECT_THAT(of(2).what, its_turn);
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, WhoComesNewDoesNotPassOneThatWaits) {
  limits(1, 4);
  const auto engine = runs(0);
  charged(2);
  erased(0, engine);
  charged(1);
  r.lease(slot(2));
  EXPECT_EQ(at(2), "dfu running");
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, TheWaitCountsFromItsBeginWhateverItNames) {
  limits(2, 1);
  const auto first = runs(0);
  charged(1);
  ASSERT_EQ(of(1).what, "1 of 1 restores run on host/1-1");
  const auto other = runs(3);
  r.wait(minutes{1});
  ASSERT_EQ(of(1).what, "2 of 2 restores run on host/1");  // since then this is what is full first
  charged(2);
  erased(0, first);
  EXPECT_THAT(of(1).what, its_turn);
  EXPECT_EQ(at(2), "dfu waiting");
  erased(3, other);
}

TEST_F(UsbQueueTest, OneThatWaitsForItsOwnHubHoldsUpNobodyOnAnother) {
  limits(4, 1);
  runs(0);
  charged(1);
  ASSERT_EQ(at(1), "dfu waiting");
  runs(3);
  EXPECT_EQ(at(3), "restore running");
}

TEST_F(UsbQueueTest, TheMacOfAFullHubIsNotPassedByOthersOfItsController) {
  limits(2, 1);
  const auto engine = runs(0);
  charged(1);
  runs(3);
  charged(4);
  erased(0, engine);
  EXPECT_THAT(of(1).what, its_turn);
  EXPECT_EQ(of(4).what, "2 of 2 restores run on host/1");
}

TEST_F(UsbQueueTest, AMacWhoseCircuitIsFullHoldsUpNobody) {
  limits(1, 4);
  charged(0);
  ASSERT_THAT(of(0).what, its_turn);
  r.apply_one(OutletWaits{"left:1", "hard", "branch"});
  charged(1);
  r.lease(slot(1));
  EXPECT_EQ(at(1), "dfu running");
  r.lease(slot(0));  // too late: the place is taken
  EXPECT_EQ(of(0).what, one_runs);
}

TEST_F(UsbQueueTest, OneThatPowerRefusedAndOneThatWaitsDoNotShareTheLastPlaceWhenBothGetTheirLeases) {
  limits(1, 4);
  charged(0);
  r.apply_one(OutletWaits{"left:1", "hard", "branch"});
  charged(1);
  r.apply_one(LeaseGiven{"left:1", r.visit_at(slot(0))});
  r.apply_one(LeaseGiven{"left:2", r.visit_at(slot(1))});
  r.settle();
  EXPECT_EQ(at(0), "dfu running");
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, ARunThatFailedIsTriedAgainInItsPlace) {
  limits(1, 4);
  const auto engine = runs(0);
  charged(1);
  r.result(engine, false, "It failed.", "technician");
  r.wait(minutes{1});
  EXPECT_EQ(of(1).what, one_runs);
  r.wait(minutes{1});
  EXPECT_EQ(r.effects("engine").size(), 2U);  // it is in DFU still
  EXPECT_EQ(at(0), "restore running");
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, AMacWhoseOutletIsAboutToCloseKeepsItsTurn) {
  limits(1, 4);
  charged(0);
  r.apply_one(OutletWaits{"left:1", "spacing", "branch"});
  charged(1);
  EXPECT_THAT(of(0).what, its_turn);
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, MacsThatPowerRefusesWaitInPeace) {
  limits(1, 4);
  charged(0);
  r.apply_one(OutletWaits{"left:1", "lease_would_not_fit", "branch"});
  charged(1);
  r.apply_one(OutletWaits{"left:2", "lease_would_not_fit", "branch"});
  r.settle();
  EXPECT_THAT(of(0).what, its_turn);
  EXPECT_THAT(of(1).what, its_turn);
}

// A version of the program that says it in other words leaves the queue as it was.
TEST_F(UsbQueueTest, AMacWhoseTurnIsNextKeepsItWhateverTheWordsOfItsWait) {
  limits(1, 4);
  charged(0);
  ASSERT_THAT(of(0).what, its_turn);
  r.state.visits.visit(r.visit_at(slot(0)))->what = "amperes";
  charged(1);
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, AWaitWhoseWordsSpeakOfAPlaceGivesNone) {
  limits(1, 4);
  const auto engine = runs(0);
  charged(1);
  charged(2);
  r.state.visits.visit(r.visit_at(slot(2)))->what = "outlet off, power lease, two minutes, then the next try";
  erased(0, engine);
  EXPECT_THAT(of(1).what, its_turn);
  EXPECT_EQ(of(2).what, one_runs);
}

TEST_F(UsbQueueTest, AWaitForAPlaceIsNoCaseHoweverLong) {
  limits(1, 4);
  runs(0);
  charged(1);
  const auto entered = of(1).entered;
  for (int i = 0; i < 10; ++i) {
    r.wait(hours{1});
    r.apply_one(StepChanged{1, of(0).step, "restore", "running", 1, r.now + hours{2}, {}});  // it goes on and on
    r.settle();
  }
  EXPECT_EQ(of(1).what, one_runs);
  EXPECT_GT(of(1).entered, entered);
  EXPECT_GT(of(1).deadline, r.now);
  EXPECT_TRUE(r.open_cases().empty());
}

TEST_F(UsbQueueTest, AMacThatWaitsForAPlaceAsksForNoLease) {
  limits(1, 4);
  runs(0);
  charged(1);
  EXPECT_NE(want(1), Want::protect);
}

TEST_F(UsbQueueTest, AMacWhoseTurnIsNextAsksForItsLeaseOnlyWithItsPlace) {
  limits(1, 4);
  runs(0);
  r.to_charge_gate(serial(1), slot(1));
  // The charge gate is passed, and nothing was decided since: is the coming step protected?
  Command c;
  c.kind = CommandKind::battery;
  c.serial = serial(1);
  c.number = 55;
  sense(r.setup, r.senses, r.state, c, r.now);
  const VisitDecision decided = decide_visits(r.context(), c, r.state.next_effect);
  for (const FactBody& f : decided.facts) r.apply_one(f);
  for (int round = 0; round < 5; ++round) {
    EXPECT_NE(want(1), Want::protect) << at(1);
    for (const FactBody& f : advance_visits(r.context(), r.state.next_effect)) r.apply_one(f);
  }
  EXPECT_EQ(of(1).what, one_runs);
}

TEST_F(UsbQueueTest, AMacThatWaitsForAPlaceInDfuIsProtectedAndAfterTenMinutesTakenOutOfIt) {
  limits(1, 4);
  runs(0);
  charged(1);
  r.gone(slot(1));
  r.shows(slot(1), MacMode::dfu, "", ecid(1));  // by somebody's keys
  EXPECT_EQ(want(1), Want::protect);
  EXPECT_TRUE(r.effects("leave_dfu").empty());
  r.wait(minutes{10});
  ASSERT_EQ(r.effects("leave_dfu").size(), 1U);
  r.gone(slot(1));
  r.result(r.last_effect("leave_dfu"), true);
  EXPECT_EQ(want(1), Want::protect);  // it starts up
  r.now += minutes{1};
  r.shows(slot(1), MacMode::booted, serial(1));
  EXPECT_NE(want(1), Want::protect);
}

}  // namespace
}  // namespace greenroom::test
