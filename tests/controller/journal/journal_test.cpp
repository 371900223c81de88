#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "controller/journal/fact_json.hpp"
#include "controller/journal/memory_journal.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

Fact fact(Seq seq, FactBody body) { return Fact{seq, TimePoint{5s}, WallTime{9s}, "anna", 0, std::move(body)}; }

template <class T>
Result<T> run(Task<T> task) {
  asio::io_context io;
  std::optional<Result<T>> out;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr broken, Result<T> result) {
    ASSERT_FALSE(broken);
    out = std::move(result);
  });
  io.run();
  return *out;
}

// Every kind of fact with every member at its default: what is written can be read.
template <std::size_t I = 0>
void every_kind(const std::function<void(FactBody)>& visit) {
  if constexpr (I < std::variant_size_v<FactBody>) {
    visit(std::variant_alternative_t<I, FactBody>{});
    every_kind<I + 1>(visit);
  }
}

TEST(FactJson, EveryKindOfFactSurvivesTheJournal) {
  every_kind([](FactBody body) {
    const Fact before = fact(3, std::move(body));
    const auto after = fact_from_json(to_json_line(before));
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(after->body, before.body);
    EXPECT_EQ(after->seq, before.seq);
    EXPECT_EQ(after->at, before.at);
    EXPECT_EQ(after->wall, before.wall);
    EXPECT_EQ(after->by, before.by);
  });
}

// As the programs of that day wrote it: a controller that starts over such a journal goes on with every wait as it was.
struct OldWait {
  const char* kind;  // of the step
  const char* state;
  const char* what;
  const char* waits_for;  // empty: the visit does not wait
};
void PrintTo(const OldWait& w, std::ostream* out) { *out << w.what; }

class StepChangedBefore2 : public testing::TestWithParam<OldWait> {};
TEST_P(StepChangedBefore2, SaysInItsWordsWhatItWaitsFor) {
  const OldWait& old = GetParam();
  const auto read = fact_from_json(std::string(R"({"at_us":0,"body":{"attempt":1,"deadline_us":9,"kind":")") + old.kind +
                                   R"(","state":")" + old.state + R"(","step":5,"visit":1,"what":")" + old.what +
                                   R"("},"by":"","cause":0,"seq":1,"type":"step_changed","version":1,"wall_us":0})");
  ASSERT_TRUE(read) << read.error().message;
  const auto& step = std::get<StepChanged>(read->body);
  EXPECT_EQ(step.waits_for, old.waits_for);
  EXPECT_EQ(step.what, old.what);
}
INSTANTIATE_TEST_SUITE_P(
    FactJson, StepChangedBefore2,
    testing::Values(
        OldWait{"charge", "waiting", "power on left", "power"},
        OldWait{"dfu", "waiting", "power lease on left", "power_lease"},
        OldWait{"dfu", "waiting", "outlet off on left:1", "outlet_off"},
        OldWait{"move", "waiting", "a free place: shelf", "free_place"},
        OldWait{"dfu", "waiting", "shift: nobody would be here at its end; the next one begins Monday 07:00", "shift"},
        OldWait{"dfu", "waiting", "not ready: The disk of /srv/ipsw is full. Free 20 GB there.", "ready"},
        OldWait{"dfu", "waiting", "trial: the first Mac of this model with this build and engine, in slot 1-01", "trial"},
        OldWait{"dfu", "waiting", "trial: stopped: 4 of 4 restores run on host/1", "trial"},
        OldWait{"dfu", "waiting", "two minutes, then the next try: the engine did nothing to this Mac. It failed.",
                "next_try"},
        OldWait{"dfu", "waiting", "4 of 4 restores run on host/1-4", "usb_place"},
        OldWait{"dfu", "waiting", "the USB host is taken: another Mac starts", "usb_host"},
        OldWait{"dfu", "waiting", "the USB host was another's when this Mac came: it comes anew", "usb_host"},
        OldWait{"dfu", "waiting", "what nobody ever said", ""}, OldWait{"dfu", "hands", "power lease on left", ""},
        OldWait{"restore", "running", "stopping: not ready: no disk", ""},
        OldWait{"restore", "held", "restore_failed: 4 of 4 restores run on host/1-4", ""}));

TEST(FactJson, AStepChangedBefore2WithoutWordsIsNamedAndNeverACrash) {
  const auto read = fact_from_json(
      R"({"at_us":0,"body":{"attempt":1,"deadline_us":9,"kind":"dfu","state":"waiting","step":5,"visit":1,"what":7},)"
      R"("by":"","cause":0,"seq":1,"type":"step_changed","version":1,"wall_us":0})");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("\"what\" is not a text"), std::string::npos) << read.error().message;
}

TEST(FactJson, TheLineIsCanonicalBecauseItIsHashed) {
  EXPECT_EQ(to_json_line(fact(1, GrantIssued{"left:7", Amps::of(1.485), "next in order"})),
            R"({"at_us":5000000,"body":{"amps_A":1485,"outlet":"left:7","reason":"next in order"},"by":"anna","cause":0,)"
            R"("seq":1,"type":"grant_issued","version":1,"wall_us":9000000})");
}

TEST(FactJson, AMissingMemberIsNamedWithTheRemedy) {
  const auto read = fact_from_json(
      R"({"at_us":0,"body":{"outlet":"left:7"},"by":"","cause":0,"seq":1,"type":"grant_ended","version":1,"wall_us":0})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "grant_ended: \"reason\" is missing; use the program version that wrote it, or a backup");
}

TEST(FactJson, AFactOfANewerVersionIsRefusedAndNotGuessed) {
  const auto read = fact_from_json(
      R"({"at_us":0,"body":{"outlet":"a","reason":""},"by":"","cause":0,"seq":1,"type":"grant_ended","version":99,"wall_us":0})");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("version 99 is newer than this program knows"), std::string::npos);
}

TEST(FactJson, GarbageIsAnErrorAndNotACrash) {
  for (const char* text : {"", "{", "[]", "null", "{\"seq\":\"x\"}", R"({"seq":-1})"})
    EXPECT_FALSE(fact_from_json(text)) << text;
}

TEST(Chain, FollowsFips180) {
  // SHA-256 of 32 zero bytes and "abc", computed with: (head -c 32 /dev/zero; printf abc) | sha256sum
  EXPECT_EQ(chain_hex(chain_next(ChainHash{}, "abc")), "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370");
}

TEST(MemoryJournal, GivesBackWhatWasAppendedInOrder) {
  MemoryJournal journal;
  ASSERT_EQ(*run(journal.append({fact(1, PduLost{"left", "silent"}), fact(2, GrantEnded{"left:1", "done"})})), 2U);
  const auto all = journal.read(1, 100);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[1].body, FactBody(GrantEnded{"left:1", "done"}));
  EXPECT_EQ(journal.read(2, 100)->size(), 1U);
  EXPECT_EQ(journal.read(1, 1)->size(), 1U);
}

TEST(MemoryJournal, RefusesAGapAndTakesNothingOfIt) {
  MemoryJournal journal;
  EXPECT_FALSE(run(journal.append({fact(1, PduLost{"left", ""}), fact(3, PduLost{"left", ""})})));
  EXPECT_TRUE(journal.lines().empty());
  EXPECT_EQ(journal.chain(), std::string(64, '0'));
}

TEST(MemoryJournal, TheChainDependsOnEveryLineBefore) {
  MemoryJournal one;
  MemoryJournal two;
  (void)*run(one.append({fact(1, PduLost{"left", "a"}), fact(2, PduLost{"left", "x"})}));
  (void)*run(two.append({fact(1, PduLost{"left", "b"}), fact(2, PduLost{"left", "x"})}));
  EXPECT_NE(one.chain(), two.chain());
}

}  // namespace
}  // namespace greenroom
