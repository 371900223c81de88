// The root: both halves through one door.
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

struct DecideTest : testing::Test {
  Rig r;

  Decision ask(const Input& in) {
    sense(r.setup, r.senses, r.state, in, r.now);
    const Decision d = decide(r.setup, r.state, r.senses, in, r.now, r.wall());
    for (const FactBody& f : d.facts) r.apply_one(f, "anna");
    return d;
  }
  Command scan(const std::string& key, const std::string& label) const {
    Command c;
    c.kind = CommandKind::scan;
    c.key = key;
    c.by = "anna";
    c.label = label;
    return c;
  }
};

TEST_F(DecideTest, TheSameKeyGivesTheSameAnswerAndNothingElse) {
  r.import({row(2, mac_a)});
  const Decision first = ask(scan("k1", mac_a));
  EXPECT_FALSE(first.facts.empty());
  const Decision again = ask(scan("k1", mac_a));
  EXPECT_EQ(again.answer, first.answer);
  EXPECT_FALSE(again.refused);
  EXPECT_TRUE(again.facts.empty());
}

TEST_F(DecideTest, ARefusalIsTheSameToo) {
  const Decision first = ask(scan("k1", "??"));
  const Decision again = ask(scan("k1", "??"));
  EXPECT_TRUE(first.refused);
  EXPECT_TRUE(again.refused);
  EXPECT_EQ(again.answer, first.answer);
}

TEST_F(DecideTest, OneSubjectAndReasonHaveOneOpenCase) {
  ask(scan("k1", "C02ZZZZZZZZZ"));
  ask(scan("k2", "C02ZZZZZZZZZ"));
  ASSERT_EQ(r.state.visits.cases.size(), 1U);
  EXPECT_EQ(r.state.visits.cases[0].number, 1U);
}

TEST_F(DecideTest, AnUnknownPowerNameIsRefusedWithWords) {
  Command c;
  c.kind = CommandKind::lock_out;
  c.by = "anna";
  c.label = "no such outlet";
  const Decision d = ask(c);
  EXPECT_TRUE(d.refused);
  EXPECT_THAT(d.answer, testing::HasSubstr("no such outlet"));
}

TEST_F(DecideTest, AKeyThatWasUsedForAnotherCommandIsRefusedAndDecidesNothing) {
  Command left;
  left.kind = CommandKind::lock_out;
  left.key = "one";
  left.by = "anna";
  left.label = r.setup.room.outlets[0].name;
  ASSERT_FALSE(ask(left).refused);
  Command right = left;
  right.label = r.setup.room.outlets[1].name;
  const Decision d = ask(right);
  EXPECT_TRUE(d.refused);
  EXPECT_TRUE(d.facts.empty());
  EXPECT_EQ(d.answer, "the key \"one\" was used for another command, lock_out; a new command needs a new key");
  EXPECT_FALSE(r.state.power.outlets[1].locked);
  Command by_another = left;
  by_another.by = "ben";
  EXPECT_FALSE(ask(by_another).refused) << "sent again by whoever: the same command";
}

TEST_F(DecideTest, ReplanningComesToRestAndThenSaysNothing) {
  r.import({row(2, mac_a), row(3, mac_b)});
  ask(scan("k1", mac_a));
  ask(scan("k2", "1-01"));
  int rounds = 0;
  while (!ask(Replan{}).facts.empty() && rounds < 20) ++rounds;
  EXPECT_LT(rounds, 20);
  const Decision d = decide(r.setup, r.state, r.senses, Replan{}, r.now, r.wall());
  EXPECT_TRUE(d.facts.empty());
  EXPECT_GT(d.wake_at, r.now);
}

TEST_F(DecideTest, EffectNumbersAreNeverUsedTwice) {
  r.import({row(2, mac_a), row(3, mac_b)});
  r.to_permit(mac_a, "1-01", ecid_a);
  r.to_permit(mac_b, "1-02", ecid_b);
  std::vector<std::uint64_t> numbers;
  for (const EffectStarted& e : r.all<EffectStarted>()) numbers.push_back(e.effect);
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
  EXPECT_GE(numbers.size(), 6U);
}

// Facts record decisions: folding them anew, without deciding anything, gives the same room.
TEST_F(DecideTest, ApplyingTheFactsAloneGivesTheSameState) {
  r.import({row(2, mac_a), row(3, mac_b)});
  r.to_shelf(mac_a, "1-01", ecid_a, "S-01");
  RoomState folded = initial_state(r.setup);
  for (const Fact& f : r.journal) apply(r.setup, folded, f);
  ASSERT_EQ(folded.visits.visits.size(), r.state.visits.visits.size());
  const Visit& a = folded.visits.visits[0];
  const Visit& b = r.state.visits.visits[0];
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.deadline, b.deadline);
  EXPECT_EQ(a.slot, b.slot);
  EXPECT_EQ(a.ecid, b.ecid);
  EXPECT_EQ(a.run.permitted, b.run.permitted);
  EXPECT_EQ(a.booted_reported, b.booted_reported);
  EXPECT_EQ(folded.next_effect, r.state.next_effect);
  EXPECT_EQ(folded.visits.open_effects.size(), r.state.visits.open_effects.size());
}

TEST_F(DecideTest, ApplyTakesFactsAboutThingsThatThisRoomDoesNotHave) {
  r.apply_one(SeatingBegan{7, "9-99"});
  r.apply_one(StepChanged{7, 3, "dfu", "running", 1, never, {}});
  r.apply_one(VisitOpened{1, "no such batch", 2, mac_a, "Mac", "recipe", 1});
  r.apply_one(CaseClosed{12, "gone"});
  EXPECT_TRUE(r.state.visits.visits.empty());
}

}  // namespace
}  // namespace greenroom::test
