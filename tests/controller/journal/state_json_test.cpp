// A room's folded state as text: exact, complete, and no text makes it crash.
#include "controller/journal/state_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "tests/support/old_journal.hpp"

namespace greenroom {
namespace {

using old_journal::facts;
using old_journal::folded;

// Where two texts first differ, for people.
std::string difference(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  std::string l, r;
  for (int line = 1;; ++line) {
    const bool more_left = !!std::getline(left, l), more_right = !!std::getline(right, r);
    if (!more_left && !more_right) return "";
    if (l != r || more_left != more_right) return "line " + std::to_string(line) + ":\n" + l + "\n" + r;
  }
}

class StateJson : public testing::Test {
 protected:
  // The text with its first `what` replaced; fails when there is none.
  std::string with(const std::string& what, const std::string& instead) const {
    std::string text = text_;
    const auto at = text.find(what);
    if (at == std::string::npos) ADD_FAILURE() << "no " << what;
    else text.replace(at, what.size(), instead);
    return text;
  }
  std::string error_of(const std::string& text) const {
    const auto read = state_from_json(text, setup_);
    EXPECT_TRUE(read || read.error().code == Errc::storage);
    return read ? "none" : read.error().message;
  }

  RoomSetup setup_{old_journal::setup()};
  Facts facts_{facts()};
  FoldedState state_{folded(setup_, facts_, facts_.size())};
  std::string text_{to_json(state_)};
};

TEST_F(StateJson, StatesAlongTheOldJournalComeBackEqual) {
  FoldedState state{initial_state(setup_), {}};
  for (const Fact& fact : facts_) {
    fold_in(setup_, state, fact);
    if (fact.seq % 5 != 0 && fact.seq != facts_.size()) continue;
    const std::string text = to_json(state);
    const auto back = state_from_json(text, setup_);
    ASSERT_TRUE(back) << "after " << fact.seq << ": " << back.error().message;
    ASSERT_EQ(difference(text, to_json(*back)), "") << "after " << fact.seq;
    ASSERT_TRUE(*back == state) << "after " << fact.seq << ": a part that is made anew is not what it was";
  }
}

TEST_F(StateJson, FoldingGoesOnFromTheRestoredStateAsFromTheOldOne) {
  for (std::size_t stop = 0; stop <= facts_.size(); stop += 41) {
    auto restored = state_from_json(to_json(folded(setup_, facts_, stop)), setup_);
    ASSERT_TRUE(restored);
    for (std::size_t i = stop; i < facts_.size(); ++i) fold_in(setup_, *restored, facts_[i]);
    EXPECT_TRUE(*restored == state_) << "restored after " << stop;
  }
}

TEST_F(StateJson, AnEmptyRoomComesBackEqual) {
  const FoldedState empty{initial_state(setup_), {}};
  const auto back = state_from_json(to_json(empty), setup_);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(*back == empty);
}

TEST_F(StateJson, TheEndsOfTimeAndThousandthsOfAmpsAreExact) {
  OutletRecord& outlet = state_.state.power.outlets[0];
  outlet.sensed_at = TimePoint::min();
  outlet.closed_at = TimePoint::max();
  outlet.grant = Amps::from_milli(-1'234'567);
  outlet.doubt = false;
  outlet.order = SwitchInFlight{~std::uint64_t{}, true, TimePoint{Duration{1}}, TimePoint{Duration{-1}}};
  state_.state.lifetime.last_wall = WallTime::max();
  const auto back = state_from_json(to_json(state_), setup_);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(back->state.power.outlets[0] == outlet);
  EXPECT_TRUE(*back == state_);
}

TEST_F(StateJson, TextOfPeopleWithQuotesNewlinesAndOtherScriptsComesBack) {
  state_.state.visits.denied["C02\n\"]"] = "Zoë \\ 山\t";
  const auto back = state_from_json(to_json(state_), setup_);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(*back == state_);
}

TEST_F(StateJson, TheSameStateGivesTheSameText) { EXPECT_EQ(text_, to_json(folded(setup_, facts_, facts_.size()))); }

TEST_F(StateJson, ATextThatIsCutAnywhereIsRefused) {
  for (std::size_t length = 0; length + 1 < text_.size(); length += 97) {
    ASSERT_NE(error_of(text_.substr(0, length)), "none") << length;
  }
}

TEST_F(StateJson, AChangedByteIsRefusedOrReadAndNeverACrash) {
  for (std::size_t at = 0; at < text_.size(); at += 41) {
    std::string text = text_;
    text[at] = static_cast<char>(text[at] ^ (1 << (at % 7)));
    (void)state_from_json(text, setup_);
  }
}

TEST_F(StateJson, NoTextAtAllIsRefused) {
  EXPECT_NE(error_of(""), "none");
  EXPECT_NE(error_of("\n\n\n"), "none");
  EXPECT_NE(error_of("{}"), "none");
  EXPECT_NE(error_of(std::string(100'000, '[')), "none");
  EXPECT_NE(error_of(text_ + "[]\n"), "none");
}

TEST_F(StateJson, OtherColumnsAreRefusedAndTheErrorSaysWhere) {
  EXPECT_EQ(
      error_of(with("\"number, visit", "\"visit, number")),
      "snapshot: line " +
          std::to_string(1 + std::count(text_.begin(),
                                        text_.begin() + static_cast<std::ptrdiff_t>(text_.find("\"number, visit")), '\n')) +
          ": not the table \"cases\" with the columns of this program");
}

TEST_F(StateJson, AVisitOfARecipeThatTheSetupHasNotIsRefused) {
  setup_.catalogue.recipes.clear();
  EXPECT_NE(error_of(text_), "none");
}

TEST_F(StateJson, AnotherNumberOfSlotsOutletsOrCircuitsIsRefused) {
  const RoomSetup whole = setup_;
  setup_.room.slots.pop_back();
  EXPECT_NE(error_of(text_), "none");
  setup_ = whole;
  setup_.room.outlets.pop_back();
  EXPECT_NE(error_of(text_), "none");
  setup_ = whole;
  setup_.room.circuits.push_back({});
  EXPECT_NE(error_of(text_), "none");
}

}  // namespace
}  // namespace greenroom
