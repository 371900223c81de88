// What the room is told of this machine, from doctor's own words.
#include "controller/cli/readiness.hpp"

#include <gtest/gtest.h>

namespace greenroom::cli {
namespace {

constexpr TimePoint now{std::chrono::hours{5}};
constexpr TimePoint before{std::chrono::hours{4}};

Readiness reached_before() {
  Readiness r;
  r.hosts_reached = before;
  return r;
}

Readiness after(const std::string& findings) {
  return readiness_after(reached_before(), R"({"good":true,"findings":[)" + findings + "]}", now);
}

TEST(ReadinessAfter, AllWellLacksNothingAndHostsAreReachedNow) {
  const Readiness r = after(R"({"what":"disk /d","verdict":"good","words":"30 GB free","remedy":null},
    {"what":"host gs.apple.com","verdict":"warn","words":"TLS may be intercepted","remedy":"take it out"})");
  EXPECT_TRUE(r.lacks.empty());
  EXPECT_FALSE(r.hosts);
  EXPECT_EQ(r.hosts_reached, now);
}

TEST(ReadinessAfter, WhatIsBadIsALackInSentences) {
  const Readiness r = after(R"({"what":"disk /d","verdict":"bad","words":"0.2 GB free","remedy":"make room there"})");
  ASSERT_EQ(r.lacks.size(), 1U);
  EXPECT_EQ(r.lacks[0].cause, "Disk /d: 0.2 GB free.");
  EXPECT_EQ(r.lacks[0].remedy, "Make room there.");
  EXPECT_EQ(r.hosts_reached, now);
}

TEST(ReadinessAfter, AHostThatIsNotReachedIsNoLackYetAndLeavesTheTimeOfTheLastAnswer) {
  const Readiness r = after(
      R"({"what":"host gs.apple.com","verdict":"bad","words":"cannot be resolved: Try again","remedy":"check the name servers"},
    {"what":"host gg.apple.com","verdict":"bad","words":"later","remedy":"later"})");
  EXPECT_TRUE(r.lacks.empty());
  ASSERT_TRUE(r.hosts);
  EXPECT_EQ(r.hosts->cause, "Host gs.apple.com: cannot be resolved: Try again.");
  EXPECT_EQ(r.hosts_reached, before);
}

TEST(ReadinessAfter, AnAnswerThatCannotBeReadIsALack) {
  for (const char* text : {"", "{", "[]", R"({"findings":3})", "greenroom doctor: no\n"}) {
    const Readiness r = readiness_after(reached_before(), std::string(text), now);
    EXPECT_EQ(r.lacks.size(), 1U) << text;
    EXPECT_EQ(r.hosts_reached, before) << text;
  }
}

TEST(ReadinessAfter, ADoctorThatDidNotEndIsALackWithItsCause) {
  const Readiness r = readiness_after(reached_before(), fail(Errc::timeout, "doctor did not end in its time"), now);
  ASSERT_EQ(r.lacks.size(), 1U);
  EXPECT_EQ(r.lacks[0].cause, "What a restore needs of this machine is unknown: doctor did not end in its time.");
}

}  // namespace
}  // namespace greenroom::cli
