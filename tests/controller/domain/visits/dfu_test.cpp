// The ways into DFU that need more than a message: a desktop's outlet with its power button, and a laptop's keys.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A mini at slot 1-01, which enters DFU by its outlet; seen booted, its outlet leased.
struct Desk : Rig {
  explicit Desk(DfuEntry slots = DfuEntry::by_outlet, std::string model = "Mac mini", std::string recipes = "") {
    setup.room.slots[0].dfu_entry = slots;
    setup.catalogue.recipes[2].steps[5].entry = std::move(recipes);
    start();
    import({row(2, mac_a, std::move(model), "")});
    seat(mac_a, "1-01");
    switched(true);
    lease("1-01");
    shows("1-01", MacMode::booted, mac_a);
  }
  void switched(bool on) {
    apply_one(OutletSensed{"left:1", on ? "on" : "off"});
    power("1-01", on, on ? 8 : 0);
  }
  void lease_ends() {
    apply_one(LeaseEnded{"left:1", "its Mac is restarted"});
    settle();
  }
  Want want() { return demands(context()).at(0).want; }
  // Up to the call for a person.
  void to_button() {
    lease_ends();
    switched(false);
    gone("1-01");
  }
};

TEST(DfuByOutlet, AsksForItsOutletOffBeforeItCallsAnybody) {
  Desk d;
  EXPECT_EQ(d.at(), "dfu waiting");
  EXPECT_EQ(d.visit().what, "outlet off on left:1");
  EXPECT_EQ(d.want(), Want::restart);
  EXPECT_TRUE(chores(d.context()).empty());
  EXPECT_TRUE(d.effects("enter_dfu").empty());
}

TEST(DfuByOutlet, CallsForThePowerButtonOnceTheOutletReadsOff) {
  Desk d;
  d.to_button();
  EXPECT_EQ(d.at(), "dfu hands");
  EXPECT_EQ(d.want(), Want::restart);
  const auto list = chores(d.context());
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].kind, "hold");
  EXPECT_EQ(list[0].slot, "1-01");
  EXPECT_THAT(list[0].words, testing::HasSubstr("Hold the power button of " + mac_a + " in slot 1-01"));
}

TEST(DfuByOutlet, AScanOfTheSlotSaysThatTheButtonIsHeldAndThePowerReturnsProtected) {
  Desk d;
  d.to_button();
  d.scan("1-01");
  EXPECT_FALSE(d.refused);
  EXPECT_EQ(d.at(), "dfu running");
  EXPECT_EQ(d.want(), Want::protect);
}

TEST(DfuByOutlet, NoEngineStartsBeforeTheLeaseIsHeldAgain) {
  Desk d;
  d.to_button();
  d.scan("1-01");
  d.switched(true);
  d.wait(seconds{20});
  d.shows("1-01", MacMode::dfu, "", ecid_a);
  EXPECT_EQ(d.at(), "dfu running");
  d.lease("1-01");
  EXPECT_EQ(d.at(), "restore running");
  EXPECT_EQ(d.effects("engine").size(), 1U);
}

TEST(DfuByOutlet, AMacThatStartedAsUsualIsTriedAgainAndAtLastIsACase) {
  Desk d;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(d.at(), "dfu waiting");
    EXPECT_EQ(d.visit().attempt, attempt);
    d.to_button();
    d.scan("1-01");
    d.switched(true);
    d.lease("1-01");
    d.wait(seconds{30});
    d.shows("1-01", MacMode::booted, mac_a);
  }
  EXPECT_EQ(d.at(), "dfu held");
  EXPECT_THAT(d.open_cases(), testing::ElementsAre("dfu_not_reached"));
}

TEST(DfuByOutlet, AButtonThatNobodyHoldsIsAskedForAgainAndThenACase) {
  Desk d;
  d.to_button();
  d.wait(minutes{31});
  EXPECT_EQ(d.at(), "dfu hands");
  EXPECT_EQ(d.visit().attempt, 2);
  d.wait(minutes{31});
  d.wait(minutes{31});
  EXPECT_EQ(d.at(), "dfu held");
}

TEST(DfuByOutlet, AnOutletThatStaysOnIsACaseForFacilities) {
  Desk d;
  d.wait(minutes{31});
  EXPECT_EQ(d.at(), "dfu held");
  ASSERT_EQ(d.state.visits.cases.size(), 1U);
  EXPECT_EQ(d.state.visits.cases[0].reason, "outlet_stays_on");
  EXPECT_EQ(d.state.visits.cases[0].owner, "facilities");
}

TEST(DfuByOutlet, TheOutletOfADarkDesktopIsNoLossOfItsMac) {
  Desk d;
  d.to_button();
  d.wait(minutes{5});
  EXPECT_TRUE(d.visit().slot.has_value());
  EXPECT_TRUE(d.open_cases().empty());
}

TEST(DfuByOutlet, ADesktopAtASlotWithAUsbPdDeviceNeedsNobody) {
  Desk d(DfuEntry::vdm);
  EXPECT_EQ(d.at(), "dfu running");
  EXPECT_EQ(d.effects("enter_dfu").size(), 1U);
  EXPECT_EQ(d.want(), Want::protect);
}

TEST(DfuByOutlet, TheWayThatARecipeNamesGoesBeforeTheSlots) {
  Desk d(DfuEntry::vdm, "Mac mini", "by_outlet");
  EXPECT_EQ(d.visit().what, "outlet off on left:1");
  EXPECT_TRUE(d.effects("enter_dfu").empty());
}

TEST(DfuByHand, ALaptopAtASlotForDesktopsIsAskedForItsKeys) {
  Desk d(DfuEntry::by_outlet, "MacBook Pro 16");
  d.command(CommandKind::battery, mac_a, 60);
  EXPECT_EQ(d.at(), "dfu hands");
  EXPECT_EQ(d.want(), Want::protect);
  const auto list = chores(d.context());
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].kind, "keys");
  EXPECT_THAT(list[0].words, testing::HasSubstr("left Control, left Option, right Shift"));
  EXPECT_THAT(list[0].words, testing::HasSubstr("on its left side, nearest to the hinge"));
  d.gone("1-01");
  d.shows("1-01", MacMode::dfu, "", ecid_a);
  EXPECT_EQ(d.at(), "restore running");
}

// Who a Mac in KIS is stands inside it, and only the way into DFU asks for that.
TEST(DfuByHand, AMacThatShowsKisIsAskedWhoItIsAndNobodyForKeys) {
  Desk d(DfuEntry::by_hand, "MacBook Pro 16");
  d.command(CommandKind::battery, mac_a, 60);
  ASSERT_EQ(d.at(), "dfu hands");
  d.gone("1-01");
  d.shows("1-01", MacMode::kis, "");
  EXPECT_EQ(d.at(), "dfu running");
  ASSERT_EQ(d.effects("enter_dfu").size(), 1U);
  d.shows("1-01", MacMode::kis, "", ecid_a);
  d.result(d.last_effect("enter_dfu"), true);
  EXPECT_EQ(d.at(), "restore running");
}

TEST(DfuByHand, AMacInKisIsAskedOnceForEachArrival) {
  Desk d(DfuEntry::by_hand, "MacBook Pro 16");
  d.command(CommandKind::battery, mac_a, 60);
  d.gone("1-01");
  d.shows("1-01", MacMode::kis, "");
  d.result(d.last_effect("enter_dfu"), true);  // and what it said was not seen yet
  EXPECT_EQ(d.effects("enter_dfu").size(), 1U);
  EXPECT_EQ(d.at(), "dfu running");
}

TEST(DfuByHand, AMacInKisThatDoesNotSayWhoItIsEndsInACase) {
  Desk d(DfuEntry::by_hand, "MacBook Pro 16");
  d.command(CommandKind::battery, mac_a, 60);
  d.gone("1-01");
  d.shows("1-01", MacMode::kis, "");
  for (int tries = 0; tries < 3; ++tries) {
    ASSERT_EQ(d.at(), "dfu running");
    d.result(d.last_effect("enter_dfu"), false);
  }
  EXPECT_EQ(d.at(), "dfu held");
  EXPECT_EQ(d.state.visits.cases.back().reason, "dfu_not_reached");
}

}  // namespace
}  // namespace greenroom::test
