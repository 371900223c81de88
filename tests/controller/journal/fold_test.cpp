// From journal to state: with a snapshot as without one, and only with one that fits.
#include "controller/journal/fold.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "tests/support/old_journal.hpp"

namespace greenroom {
namespace {

using old_journal::folded;

// Answers what it is given, and counts what was read.
struct GivenJournal final : Journal {
  Task<Seq> append(Facts) override { co_return fail(Errc::usage, "not in this test"); }
  Task<void> keep(Snapshot) override { co_return fail(Errc::usage, "not in this test"); }
  Result<Facts> read(Seq from, std::size_t limit) const override {
    Facts found;
    for (const Fact& fact : facts) {
      if (fact.seq >= from && found.size() < limit) found.push_back(fact);
    }
    facts_read += found.size();
    return found;
  }
  std::string chain() const override { return {}; }
  Result<std::optional<Snapshot>> snapshot() const override { return kept; }

  Facts facts;
  std::optional<Snapshot> kept;
  mutable std::size_t facts_read{};
};

class Fold : public testing::Test {
 protected:
  Fold() { journal_.facts = old_journal::facts(); }
  void keep(Seq seq, const std::string& fingerprint, const std::string& text) {
    journal_.kept.emplace(seq, fingerprint, text);
  }
  std::string text_at(std::size_t count) const { return to_json(folded(setup_, journal_.facts, count)); }
  // What was logged beside.
  std::string fold_says() {
    testing::internal::CaptureStderr();
    const auto state = fold(journal_, setup_, fingerprint_);
    const std::string log = testing::internal::GetCapturedStderr();
    if (!state) return "error: " + state.error().message;
    EXPECT_TRUE(*state == folded(setup_, journal_.facts, journal_.facts.size()));
    return log;
  }

  RoomSetup setup_{old_journal::setup()};
  std::string fingerprint_{fingerprint_of(setup_)};
  GivenJournal journal_;
};

TEST_F(Fold, WithoutASnapshotEveryFactIsRead) {
  EXPECT_EQ(fold_says(), "");
  EXPECT_EQ(journal_.facts_read, 246U);
}

TEST_F(Fold, FromASnapshotInTheMiddleOnlyTheRestIsReadAndTheStateIsTheSame) {
  keep(167, fingerprint_, text_at(167));
  EXPECT_EQ(fold_says(), "");
  EXPECT_EQ(journal_.facts_read, 246U - 167U);
}

TEST_F(Fold, FromASnapshotAtTheEndNothingIsRead) {
  keep(246, fingerprint_, text_at(246));
  EXPECT_EQ(fold_says(), "");
  EXPECT_EQ(journal_.facts_read, 0U);
}

TEST_F(Fold, ASnapshotOfAnotherSetupIsPassedOver) {
  keep(167, "of another room", text_at(167));
  EXPECT_EQ(fold_says(), "");
  EXPECT_EQ(journal_.facts_read, 246U);
}

TEST_F(Fold, ABrokenSnapshotIsPassedOverWithAWarning) {
  const std::string text = text_at(167);
  for (const std::string& broken : {std::string(), std::string("{}"), text.substr(0, text.size() / 2), text + "[]"}) {
    keep(167, fingerprint_, broken);
    journal_.facts_read = 0;
    EXPECT_NE(fold_says().find("every fact of the journal is read instead"), std::string::npos);
    EXPECT_EQ(journal_.facts_read, 246U);
  }
}

TEST_F(Fold, ASnapshotThatIsNotOfItsFactIsPassedOver) {
  keep(168, fingerprint_, text_at(167));
  EXPECT_NE(fold_says().find("after another fact"), std::string::npos);
  EXPECT_EQ(journal_.facts_read, 246U);
}

TEST_F(Fold, AFactThatIsMissingIsAnErrorThatNamesIt) {
  std::erase_if(journal_.facts, [](const Fact& fact) { return fact.seq == 100; });
  EXPECT_EQ(fold_says(), "error: fact 100 is missing before fact 101; restore the journal from a backup");
}

TEST_F(Fold, AnEffectIsOpenFromItsStartToItsEnd) {
  FoldedState state{initial_state(setup_), {}};
  fold_in(setup_, state, Fact{1, {}, {}, "greenroom", 0, SwitchStarted{7, "left:1", "on", never, false, "wanted"}});
  fold_in(setup_, state, Fact{2, {}, {}, "greenroom", 0, EffectStarted{8, "enter_dfu", 0, "1-1", 0, "", ""}});
  ASSERT_EQ(state.open.size(), 2U);
  fold_in(setup_, state, Fact{3, {}, {}, "greenroom", 0, SwitchEnded{7, "left:1", "on", "on", "", false}});
  ASSERT_EQ(state.open.size(), 1U);
  EXPECT_EQ(started_effect(state.open[0].body), 8U);
}

TEST_F(Fold, TheOldJournalLeavesNoEffectOpen) {
  // Every *_started in tests/journals/v1/journal.jsonl has its *_ended.
  EXPECT_TRUE(folded(setup_, journal_.facts, journal_.facts.size()).open.empty());
}

// ---- keys of commands ------------------------------------------------------------------------------------------------

TEST_F(Fold, AKeyIsKeptForADayAndForgottenWithTheFirstCommandAnHourAfter) {
  FoldedState state{initial_state(setup_), {}};
  Seq seq = 0;
  const auto command = [&](const std::string& key, Duration at) {
    fold_in(setup_, state, Fact{++seq, TimePoint{at}, {}, "ann", 0, CommandTaken{key, "scan", "done"}});
  };
  using std::chrono::hours;
  command("a", hours{1});
  command("b", hours{25});
  EXPECT_TRUE(state.state.visits.commands.contains("a")) << "24 hours old";
  command("c", hours{26});
  EXPECT_FALSE(state.state.visits.commands.contains("a")) << "25 hours old";
  EXPECT_TRUE(state.state.visits.commands.contains("b"));
}

TEST_F(Fold, ManyDaysOfCommandsStayAsManyAsOneDayAndAnHour) {
  FoldedState state{initial_state(setup_), {}};
  for (Seq seq = 1; seq <= 14 * 24 * 10; ++seq) {  // one every six minutes, for 14 days
    const TimePoint at{std::chrono::minutes{6} * static_cast<std::int64_t>(seq)};
    fold_in(setup_, state, Fact{seq, at, {}, "ann", 0, CommandTaken{"key " + std::to_string(seq), "scan", "done"}});
    ASSERT_LE(state.state.visits.commands.size(), 25U * 10U + 1U);
  }
  EXPECT_GE(state.state.visits.commands.size(), 24U * 10U);
}

// ---- batches that are over -------------------------------------------------------------------------------------------

class Forgetting : public testing::Test {
 protected:
  void take(Duration at, FactBody body) {
    fold_in(setup_, state_, Fact{++seq_, TimePoint{at}, {}, "ann", 0, std::move(body)});
    // Whatever was forgotten, the state is the one that its text gives: every name and index is the right one.
    const auto back = state_from_json(to_json(state_), setup_);
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_TRUE(*back == state_);
  }
  // One row with a Mac, as the list names it.
  void open_batch(Duration at, const std::string& batch, const std::string& serial) {
    take(at, BatchOpened{batch, batch + ".csv", {}});
    take(at, MacExpected{batch, 2, "tag " + serial, serial, "", "", "", "", "", true, "MacBookPro18,1"});
  }
  void work(Duration at, const std::string& batch, const std::string& serial, const std::string& released) {
    const VisitNumber n = visits().next_visit;
    take(at, VisitOpened{n, batch, 2, serial, "MacBookPro18,1", "full-apple-silicon", 1});
    if (!released.empty()) take(at, VisitReleased{n, released, ""});
  }
  VisitState& visits() { return state_.state.visits; }

  static constexpr Duration day = std::chrono::hours{24};
  RoomSetup setup_{old_journal::setup()};
  FoldedState state_{initial_state(setup_), {}};
  Seq seq_{};
};

TEST_F(Forgetting, ABatchThatIsOverLeavesWhenOneIsOpenedThreeDaysLater) {
  open_batch(day, "first", "C02AAAAAAAA1");
  work(2 * day, "first", "C02AAAAAAAA1", "packed");
  open_batch(5 * day, "second", "C02AAAAAAAA2");  // just three days after the last Mac left: not yet
  EXPECT_EQ(visits().batches.size(), 2U);
  open_batch(6 * day, "third", "C02AAAAAAAA3");
  ASSERT_EQ(visits().batches.size(), 2U);
  EXPECT_EQ(visits().batches[0].name, "second");
  EXPECT_FALSE(visits().serials.contains("C02AAAAAAAA1"));
  EXPECT_FALSE(visits().asset_tags.contains("tag C02AAAAAAAA1"));
  EXPECT_EQ(visits().visit(1), nullptr);
  EXPECT_EQ(visits().expected[visits().serials.at("C02AAAAAAAA3")].serial, "C02AAAAAAAA3");
}

TEST_F(Forgetting, NumbersOfVisitsGoOnAndLaterFactsFindTheirVisit) {
  open_batch(day, "first", "C02AAAAAAAA1");
  work(day, "first", "C02AAAAAAAA1", "packed");
  open_batch(2 * day, "second", "C02AAAAAAAA2");
  work(2 * day, "second", "C02AAAAAAAA2", "");  // number 2
  open_batch(20 * day, "third", "C02AAAAAAAA3");
  work(20 * day, "third", "C02AAAAAAAA3", "");
  ASSERT_NE(visits().visit(2), nullptr);
  ASSERT_NE(visits().visit(3), nullptr);
  EXPECT_EQ(visits().visit(3)->serial, "C02AAAAAAAA3");
  EXPECT_EQ(visits().expected[visits().visit(3)->expected].serial, "C02AAAAAAAA3");
  take(21 * day, VisitReleased{2, "packed", ""});
  EXPECT_EQ(visits().visit(2)->released, "packed");
  EXPECT_EQ(visits().open, std::vector<VisitNumber>{3});
}

TEST_F(Forgetting, ABatchStaysWhileAMacIsExpectedAtWorkOrHeldOut) {
  open_batch(day, "expected", "C02AAAAAAAA1");
  open_batch(day, "at work", "C02AAAAAAAA2");
  work(day, "at work", "C02AAAAAAAA2", "");
  open_batch(day, "held out", "C02AAAAAAAA3");
  work(day, "held out", "C02AAAAAAAA3", "held_out");
  open_batch(90 * day, "later", "C02AAAAAAAA4");
  EXPECT_EQ(visits().batches.size(), 4U);
  EXPECT_EQ(visits().visits.size(), 2U);
}

TEST_F(Forgetting, ABatchStaysWhileACaseAboutOneOfItsMacsIsOpen) {
  open_batch(day, "first", "C02AAAAAAAA1");
  work(day, "first", "C02AAAAAAAA1", "packed");
  take(day, CaseOpened{1, 1, "C02AAAAAAAA1", "wrong_label", "", "", "batch_lead", never});
  open_batch(20 * day, "second", "C02AAAAAAAA2");
  EXPECT_EQ(visits().batches.size(), 2U);
  take(21 * day, CaseClosed{1, "done"});
  open_batch(22 * day, "third", "C02AAAAAAAA3");
  EXPECT_EQ(visits().batches.size(), 2U);
  ASSERT_EQ(visits().cases.size(), 1U) << "the numbers of cases go on";
}

TEST_F(Forgetting, ASerialThatIsOnALaterListTooStaysOnThatList) {
  open_batch(day, "first", "C02AAAAAAAA1");
  work(day, "first", "C02AAAAAAAA1", "packed");
  open_batch(2 * day, "second", "C02AAAAAAAA1");
  open_batch(20 * day, "third", "C02AAAAAAAA3");
  ASSERT_EQ(visits().batches.size(), 2U);
  const ExpectedMac& row = visits().expected[visits().serials.at("C02AAAAAAAA1")];
  EXPECT_EQ(visits().batches[row.batch].name, "second");
}

TEST_F(Forgetting, AYearOfBatchesStaysAsLargeAsAFewDays) {
  for (int i = 0; i < 365; ++i) {
    const std::string serial = "C02AAAAAA" + std::to_string(100 + i);
    open_batch(i * day, "day " + std::to_string(i), serial);
    work(i * day, "day " + std::to_string(i), serial, "packed");
  }
  EXPECT_LE(visits().expected.size(), 5U);
  EXPECT_LE(visits().visits.size(), 5U);
  EXPECT_EQ(visits().next_visit, 366U);
}

// ---- fingerprint -----------------------------------------------------------------------------------------------------

class Fingerprint : public testing::Test {
 protected:
  bool changes_with(const std::function<void(RoomSetup&)>& change) const {
    RoomSetup other = setup_;
    change(other);
    return fingerprint_of(other) != fingerprint_of(setup_);
  }
  RoomSetup setup_{old_journal::setup()};
};

TEST_F(Fingerprint, IsTheSameForTheSameSetup) { EXPECT_EQ(fingerprint_of(setup_), fingerprint_of(old_journal::setup())); }

TEST_F(Fingerprint, ChangesWhenAnOutletFeedsAnotherSlot) {
  EXPECT_TRUE(changes_with([](RoomSetup& s) { std::swap(s.room.outlets[0].slot, s.room.outlets[1].slot); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { s.room.outlets[0].slot.reset(); }));
}

TEST_F(Fingerprint, ChangesWhenASlotCircuitPduModelOrRecipeIsAddedOrReordered) {
  EXPECT_TRUE(changes_with([](RoomSetup& s) { s.room.slots.push_back({}); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { std::swap(s.room.slots[0], s.room.slots[1]); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { s.room.circuits.push_back({}); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { std::swap(s.room.circuits[0], s.room.circuits[1]); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { s.room.pdus.push_back({}); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { s.catalogue.models.push_back({}); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { std::swap(s.catalogue.models[0], s.catalogue.models[1]); }));
  EXPECT_TRUE(changes_with([](RoomSetup& s) { std::swap(s.catalogue.recipes[0], s.catalogue.recipes[1]); }));
}

TEST_F(Fingerprint, ChangesWhenAStepOfARecipeIsAddedOrReordered) {
  EXPECT_TRUE(changes_with([](RoomSetup& s) { s.catalogue.recipes[0].steps.push_back({}); }));
  EXPECT_TRUE(
      changes_with([](RoomSetup& s) { std::swap(s.catalogue.recipes[0].steps[0], s.catalogue.recipes[0].steps[1]); }));
}

TEST_F(Fingerprint, AWordThatWentToTheNextPlaceIsSeen) {
  setup_.room.circuits.resize(2);
  setup_.room.circuits[0].name = "a";
  setup_.room.circuits[1].name = "b";
  EXPECT_TRUE(changes_with([](RoomSetup& s) { s.room.circuits[0].name = "a\n1 b", s.room.circuits[1].name = ""; }));
}

TEST_F(Fingerprint, StaysWhenATimeOrALimitChanges) {
  EXPECT_FALSE(changes_with([](RoomSetup& s) { s.room.timings.min_on *= 2; }));
  EXPECT_FALSE(changes_with([](RoomSetup& s) { s.catalogue.recipes[0].steps[0].deadline *= 2; }));
  EXPECT_FALSE(changes_with([](RoomSetup& s) { s.room.circuits[0].hard += Amps::of(1); }));
}

}  // namespace
}  // namespace greenroom
