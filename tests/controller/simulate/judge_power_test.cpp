// The judge on orders and limits: what breaks a rule is counted, what keeps it is not.
#include "tests/controller/simulate/judge_fixture.hpp"

namespace greenroom::sim {
namespace {

using model::Cause;
using model::FaultKind;

struct JudgePower : JudgeTest {
  static constexpr CircuitId branch{1};
  // A second of excess: `now` and what would have flowed without the injected current.
  void over(double now, double clean) {
    pass(sec(1));
    tell(model::OverHard{branch, Amps::of(now), Amps::of(clean), 1.0});
    judge.settle();
  }
};

TEST_F(JudgePower, FindsNothingWrongWithSwitchesThatKeepEveryRule) {
  turn(0, true);
  pass(sec(1));
  turn(8, true);
  pass(sec(1));
  turn(8, false);
  EXPECT_TRUE(verdict().clean()) << verdict().first_violations.front();
}

TEST_F(JudgePower, CountsAnOpenThatIsSentAgainstALease) {
  turn(0, true);
  fact(LeaseGiven{room.outlets[0].name, 1});
  decide(0, false);
  send(0, false);
  EXPECT_EQ(broken("R1"), 1U);
  contact(0, false);
  EXPECT_EQ(verdict().protected_opens, 1U);
}

TEST_F(JudgePower, CountsAnOpenOfADesktopThatIsOnEvenWithoutALease) {
  turn(1, true);
  tell(model::MacMode{model::MacId{1}, model::Mode::booted});
  turn(1, false);
  EXPECT_EQ(verdict().protected_opens, 1U);
  EXPECT_EQ(broken("R1"), 1U);
}

TEST_F(JudgePower, CallsAnOpeningTheFaultsWhenNoOrderOfOursWasOnItsWay) {
  turn(1, true);
  tell(model::MacMode{model::MacId{1}, model::Mode::booted});
  contact(1, false, Cause::foreign);
  EXPECT_EQ(verdict().protected_opens, 0U);
  EXPECT_EQ(verdict().fault_opens, 1U);
}

TEST_F(JudgePower, CallsAnOpeningOursWhileAnOrderOfOursIsInDoubt) {
  turn(1, true);
  tell(model::MacMode{model::MacId{1}, model::Mode::booted});
  decide(1, false);
  send(1, false);
  judge.ended(room.outlets[1].pdu, room.outlets[1].number, Switch::off, fail(Errc::timeout, "no reply"));
  contact(1, false, Cause::reboot);
  EXPECT_EQ(verdict().protected_opens, 1U);
}

TEST_F(JudgePower, LetsAPersonOrderTheConfirmedOpenOfAProtectedOutlet) {
  turn(0, true);
  fact(LeaseGiven{room.outlets[0].name, 1});
  fact(order(0, false, false, "open_confirmed"));
  send(0, false);
  contact(0, false);
  EXPECT_TRUE(verdict().clean());
}

TEST_F(JudgePower, CallsAnExcessOfTheCleanCurrentOurs) {
  over(22.5, 22.5);
  EXPECT_NEAR(verdict().hard_limit_amp_seconds, 2.5, 1e-9);
  EXPECT_EQ(broken("R2"), 1U);
}

TEST_F(JudgePower, CountsOneUnbrokenExcessOnce) {
  over(22, 22);
  over(22, 22);
  EXPECT_EQ(broken("R2"), 1U);
  pass(sec(10));
  over(22, 22);
  EXPECT_EQ(broken("R2"), 2U);
}

TEST_F(JudgePower, CallsAnExcessTheFaultsThatNoReadingCouldShowYet) {
  over(25, 14);
  EXPECT_EQ(verdict().hard_limit_amp_seconds, 0.0);
  EXPECT_NEAR(verdict().fault_amp_seconds, 5.0, 1e-9);
}

struct JudgeForeign : JudgePower {
  // Somebody switched outlet 9 on, and outlet 0 of ours charges a Mac: it could be opened.
  JudgeForeign() {
    plant.start();
    plant.press_button(OutletId{0}, true);  // the plant's own contact: there is current to take away
    pass(sec(40));
    turn(0, true);
    pass(sec(1));
    contact(9, true, Cause::foreign);
  }
  void excess(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      over(25, 14);
      if (i % 3 == 2) polls();
    }
  }
};

TEST_F(JudgeForeign, CallsAnExcessOursOnceAReadingShowedItAndTheLineHadItsTime) {
  excess(20);
  EXPECT_GT(verdict().fault_amp_seconds, 20.0);  // shown at 3 s; order life 2 s and queue 1 s: until 6 s
  EXPECT_LE(verdict().fault_amp_seconds, 35.0);
  EXPECT_NEAR(verdict().hard_limit_amp_seconds + verdict().fault_amp_seconds, 100.0, 1e-6);
  EXPECT_EQ(broken("R2"), 1U);
}

TEST_F(JudgeForeign, LeavesAnExcessToTheFaultWhenNothingUnprotectedCouldBeOpened) {
  fact(LeaseGiven{room.outlets[0].name, 1});
  excess(20);
  EXPECT_EQ(verdict().hard_limit_amp_seconds, 0.0);
}

TEST_F(JudgeForeign, CallsATripOursThatCameAfterTheLinesTime) {
  excess(20);
  tell(model::Tripped{branch, 1.1, 0.5, false});
  EXPECT_EQ(verdict().trips, 1U);
  EXPECT_EQ(verdict().fault_trips, 0U);
}

TEST_F(JudgePower, TellsATripOfOursFromOneOfAFault) {
  tell(model::Tripped{branch, 1.1, 1.1, true});
  EXPECT_EQ(verdict().trips, 1U);
  over(30, 10);
  tell(model::Tripped{branch, 1.1, 0.3, false});
  EXPECT_EQ(verdict().trips, 1U);
  EXPECT_EQ(verdict().fault_trips, 1U);
}

TEST_F(JudgePower, AllowsSixtySecondsOfSoftExcessInAnHour) {
  for (int i = 0; i < 65; ++i) {
    pass(sec(1));
    tell(model::OverSoft{branch, Amps::of(16.5), Amps::of(16.5)});
  }
  EXPECT_NEAR(verdict().soft_over_seconds, 5.0, 1e-9);
  EXPECT_NEAR(verdict().soft_ours_seconds, 65.0, 1e-9);
  EXPECT_EQ(broken("R2"), 1U);
}

TEST_F(JudgePower, CountsACloseThatIsDecidedOnAStaleReading) {
  pass(sec(21));
  poll(1);
  turn(0, true);
  EXPECT_EQ(broken("R3"), 1U);
}

TEST_F(JudgePower, CountsACloseThatDoesNotFitBesideALostPdu) {
  pass(sec(21));
  poll(1);  // eight outlets of "left" are unknown: 8 x 1.48 A; "shelf" reads well
  turn(8, true);
  EXPECT_EQ(broken("R3"), 0U);  // 9 x 1.48 = 13.4 A still fits 20 A
  pass(sec(25));
  poll(0);
  turn(0, true);  // twelve of "shelf" and this one: 19.3 A fits
  EXPECT_EQ(broken("R3"), 0U);
}

TEST_F(JudgePower, CountsACloseAfterAStartBeforeEveryPduAnswered) {
  judge.controller_stopped();
  pass(sec(1));
  judge.controller_started();
  poll(0);
  turn(0, true);
  EXPECT_EQ(broken("R3"), 1U);
}

TEST_F(JudgePower, CountsACloseWithoutItsFacts) {
  send(0, true);
  EXPECT_EQ(broken("R5"), 1U);
  fact(order(2, true));  // decided, and no grant
  send(2, true);
  EXPECT_EQ(broken("R5"), 2U);
}

TEST_F(JudgePower, CountsAnEffectThatIsCarriedOutTwice) {
  decide(0, true);
  send(0, true);
  send(0, true);
  EXPECT_EQ(broken("R5"), 1U);
}

TEST_F(JudgePower, LetsAShedGoOutBeforeItsFactWithinOneTurn) {
  turn(0, true);
  pass(sec(1));
  send(0, false);
  fact(order(0, false, /*shed=*/true, "shed"));
  contact(0, false);
  done(0, false);
  EXPECT_TRUE(verdict().clean());
}

TEST_F(JudgePower, LetsASecondShedFollowInTheTurnInWhichTheFirstExpired) {
  turn(0, true);
  pass(sec(1));
  decide(0, false, /*shed=*/true);
  judge.ordered(room.outlets[0].pdu, room.outlets[0].number, Switch::off);
  pass(sec(3));
  judge.ended(room.outlets[0].pdu, room.outlets[0].number, Switch::off, fail(Errc::expired, "expired"));
  judge.ordered(room.outlets[0].pdu, room.outlets[0].number, Switch::off);
  fact(SwitchEnded{effect, room.outlets[0].name, "off", "unknown", "expired", false});
  fact(order(0, false, /*shed=*/true, "shed"));
  judge.committed(room.outlets[0].pdu, room.outlets[0].number, Switch::off);
  EXPECT_TRUE(verdict().clean());
}

TEST_F(JudgePower, CountsAnOpenThatNeverGetsItsFact) {
  turn(0, true);
  send(0, false);
  EXPECT_EQ(broken("R5"), 1U);
}

TEST_F(JudgePower, CountsAnOrderThatIsSentAfterItExpired) {
  decide(0, true);
  pass(sec(2) + ms(1));
  send(0, true);
  EXPECT_EQ(broken("R7"), 1U);
}

TEST_F(JudgePower, CountsASwitchThatIsCalledDoneWithoutAReadBack) {
  decide(0, true);
  send(0, true);
  judge.ended(room.outlets[0].pdu, room.outlets[0].number, Switch::on, fail(Errc::timeout, "no reply"));
  fact(SwitchEnded{effect, room.outlets[0].name, "on", "on", "", false});
  EXPECT_EQ(broken("R7"), 1U);
}

TEST_F(JudgePower, LetsALaterReadingBeTheReadBack) {
  decide(0, true);
  send(0, true);
  contact(0, true);
  judge.ended(room.outlets[0].pdu, room.outlets[0].number, Switch::on, fail(Errc::timeout, "no reply"));
  pass(sec(3));
  poll(0);
  fact(SwitchEnded{effect, room.outlets[0].name, "on", "on", "", false});
  EXPECT_EQ(broken("R7"), 0U);
}

TEST_F(JudgePower, CountsAForeignSwitchThatIsFought) {
  turn(0, true);
  pass(sec(5));
  contact(0, false, Cause::foreign);
  pass(sec(1));
  poll(0);
  pass(sec(61));
  polls();
  turn(0, true);
  EXPECT_EQ(broken("R7"), 1U);
}

TEST_F(JudgePower, TakesWhatWeOrderedAsWellBeforeItCouldBeSeenForOurs) {
  contact(0, true, Cause::foreign);
  pass(sec(1));
  decide(0, true);
  send(0, true);
  judge.ended(room.outlets[0].pdu, room.outlets[0].number, Switch::on,
              OutletReading(room.outlets[0].number, OutletState::on));
  fact(SwitchEnded{effect, room.outlets[0].name, "on", "on", "", false});
  pass(sec(5));
  polls();
  pass(sec(61));
  polls();
  turn(0, false);
  EXPECT_EQ(broken("R7"), 0U);
}

TEST_F(JudgePower, LetsAForeignSwitchBeUndoneOnceAPersonClearedIt) {
  turn(0, true);
  pass(sec(5));
  contact(0, false, Cause::foreign);
  pass(sec(1));
  polls();
  fact(LockedOut{room.outlets[0].name});
  fact(LockCleared{room.outlets[0].name});
  turn(0, true);
  EXPECT_TRUE(verdict().clean());
}

TEST_F(JudgePower, CountsClosesUnderTwoHundredMillisecondsApartAcrossPdusOfOneBreaker) {
  turn(0, true);
  pass(ms(199));
  turn(8, true);
  EXPECT_EQ(broken("R8"), 1U);
  pass(ms(200));
  turn(1, true);
  EXPECT_EQ(broken("R8"), 1U);
}

TEST_F(JudgePower, WantsIdentityStatesAndOneSettledReadingAfterALoss) {
  tell(model::PduLost{PduId{0}, Cause::reboot});
  pass(sec(12));
  PduTraits traits;
  judge.identified(PduId{0}, traits);
  poll(0);
  turn(0, true);
  EXPECT_EQ(broken("R8"), 1U);
  pass(sec(30));
  polls();
  turn(2, true);
  EXPECT_EQ(broken("R8"), 1U);
}

TEST_F(JudgePower, CountsAnOpenOverAnUnprovenMapBesideAProtectedSlot) {
  turn(0, true);
  pass(sec(1));
  turn(1, true);
  fact(MapProven{room.outlets[0].name, "1-01", "draw"});
  fact(LeaseGiven{room.outlets[0].name, 1});
  turn(1, false);
  EXPECT_EQ(broken("R13"), 1U);
}

TEST_F(JudgePower, LetsAProvenOutletBeOpenedBesideAProtectedSlot) {
  turn(0, true);
  pass(sec(1));
  turn(1, true);
  fact(MapProven{room.outlets[1].name, "1-02", "draw"});
  fact(LeaseGiven{room.outlets[0].name, 1});
  turn(1, false);
  EXPECT_EQ(broken("R13"), 0U);
}

TEST_F(JudgePower, CountsACloseOfWhatIsLockedOut) {
  fact(LockedOut{"branch"});
  turn(0, true);
  EXPECT_EQ(broken("R14"), 1U);
  fact(LockCleared{"branch"});
  pass(sec(1));
  turn(2, true);
  EXPECT_EQ(broken("R14"), 1U);
}

}  // namespace
}  // namespace greenroom::sim
