// How many Macs are restored at once on one part of the USB tree, who waits for that, and what the wait costs.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "controller/domain/visits/draft.hpp"
#include "controller/domain/visits/usb_limits.hpp"
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
  std::vector<std::string> said_in_a_round() const {
    std::vector<std::string> words;
    for (const FactBody& f : advance_visits(r.context(), r.state.next_effect)) {
      if (const auto* step = std::get_if<StepChanged>(&f)) words.push_back(step->what);
    }
    return words;
  }
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
  charged(1);
  r.state.visits.visit(r.visit_at(slot(0)))->what = "amperes";
  EXPECT_THAT(said_in_a_round(), testing::IsEmpty());
}

TEST_F(UsbQueueTest, AWaitWhoseWordsSpeakOfAPlaceGivesNone) {
  limits(1, 4);
  charged(0);
  charged(1);
  r.state.visits.visit(r.visit_at(slot(1)))->what = "two minutes, then the next try";
  EXPECT_THAT(said_in_a_round(), testing::ElementsAre(one_runs));
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

// ---- the queue is kept while a decision is made; it is what it would be if each Mac were compared with all others ----

using visits::Claim;

Claim plain_claim(const visits::Draft& d, const Visit& v) {
  if (v.run.open()) return Claim::place;
  StepKind kind = visits::step_of(d.c, v).kind;
  StepState state = v.state;
  WaitKind waits_for = v.waits_for;
  bool refused = d.c.state.slots[v.slot->value].waits_reason == "hard";
  for (const FactBody& f : d.facts) {
    const auto* now = std::get_if<StepChanged>(&f);
    if (now == nullptr || now->visit != v.id) continue;
    kind = visits::recipe_of(d.c, v).steps[now->step].kind;
    state = state_from(now->state);
    waits_for = wait_from(now->waits_for);
    refused = false;  // power has not been asked yet
  }
  if (kind == StepKind::restore) return state == StepState::running ? Claim::place : Claim::none;
  if (kind != StepKind::dfu || state == StepState::held) return Claim::none;
  if (state != StepState::waiting) return Claim::place;
  switch (waits_for) {
    case WaitKind::outlet_off:
    case WaitKind::next_try: return Claim::place;
    case WaitKind::lease: return refused ? Claim::refused : Claim::next;
    case WaitKind::usb_place: return Claim::waits;
    default: return Claim::none;
  }
}

// Behind all that have a place, and behind those whose turn it is among the ones that wait longer.
std::optional<std::string> plain_wait(const visits::Draft& d, const Visit& v) {
  const auto port = [&](const Visit& o) { return std::string_view(d.c.room.slots[o.slot->value].data_port); };
  const Claim own = plain_claim(d, v);
  if (own == Claim::place) return std::nullopt;
  std::vector<std::string_view> busy;
  std::vector<const Visit*> ahead;
  const auto longer = [](const Visit* a, const Visit* b) {
    return std::pair(a->waits_since, a->id) < std::pair(b->waits_since, b->id);
  };
  for (const Visit& o : d.c.state.visits) {
    const Claim claim = plain_claim(d, o);
    if (o.id == v.id) continue;
    if (claim == Claim::place) busy.push_back(port(o));
    const bool waits = claim == Claim::waits || claim == Claim::next;
    if (waits && own != Claim::refused && (own == Claim::none || longer(&o, &v))) ahead.push_back(&o);
  }
  std::sort(ahead.begin(), ahead.end(), longer);
  for (const Visit* o : ahead) {
    if (!usb_full(d.c.room.usb, port(*o), busy)) busy.push_back(port(*o));
  }
  return usb_full(d.c.room.usb, port(v), busy);
}

constexpr std::uint32_t any_step[] = {4, 5, 5, 5, 6};  // charge gate, DFU, restore
constexpr WaitKind any_wait[] = {WaitKind::lease,      WaitKind::usb_place, WaitKind::usb_place, WaitKind::next_try,
                                 WaitKind::outlet_off, WaitKind::shift,     WaitKind::usb_host};

template <class T, std::size_t N>
T one_of(const T (&list)[N]) {
  return list[*rc::gen::inRange<std::size_t>(0, N)];
}

void change_one(visits::Draft& d, const Visit& v) {
  const std::uint32_t step = one_of(any_step);
  if (step == 5 && *rc::gen::arbitrary<bool>()) return d.wait(v, step, one_of(any_wait), 1, never, "words");
  if (step == 6 && *rc::gen::arbitrary<bool>()) d.effect(v, "engine");
  d.enter(v, step, one_of({StepState::running, StepState::hands, StepState::held, StepState::done}), 1, never, {});
}

RC_GTEST_PROP(UsbQueueProperty, IsOfEveryMacWhatAComparisonWithAllOthersSays, ()) {
  Rig r;
  RoomBuilder b;
  const std::size_t macs = 8;
  b.slots("1", SlotKind::restore, b.pdu("left", b.breaker("branch", 20), macs), macs);
  for (std::size_t i = 0; i < macs; ++i)
    b.room.slots[i].data_port = "host/1-" + std::to_string(i / 3 + 1) + "." + std::to_string(i % 3 + 1);
  b.room.usb = {*rc::gen::inRange(1, 6), *rc::gen::inRange(1, 4)};
  r.setup.room = b.room;
  r.start();
  for (std::size_t i = 0; i < macs; ++i) {
    Visit v;
    v.id = i + 1;
    v.slot = SlotId{static_cast<std::uint32_t>(i)};
    v.step = one_of(any_step);
    const bool waits = v.step == 5 && *rc::gen::arbitrary<bool>();
    v.waits_for = waits ? one_of(any_wait) : WaitKind::none;
    v.state = waits ? StepState::waiting : one_of({StepState::running, StepState::held, StepState::done});
    v.waits_since = TimePoint{minutes{*rc::gen::inRange(0, 4)}};
    if (v.step == 6) v.run.effect = *rc::gen::arbitrary<bool>() ? i + 1 : 0;
    r.state.visits.slots[i].waits_reason = one_of({"", "spacing", "hard"});
    r.state.visits.open.push_back(v.id);
    r.state.visits.visits.push_back(std::move(v));
  }
  const VisitContext context = r.context();
  visits::Draft d(context, 1);
  for (int i = *rc::gen::inRange(1, 12); i > 0; --i) {
    const Visit& v = r.visit(*rc::gen::inRange<VisitNumber>(1, macs + 1));
    RC_ASSERT(place_waits_for(d, v) == plain_wait(d, v));
    RC_ASSERT(holds_place(d, v) == (plain_claim(d, v) == Claim::place));
    change_one(d, v);
  }
}

}  // namespace
}  // namespace greenroom::test
