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
