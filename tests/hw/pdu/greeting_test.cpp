#include "hw/pdu/greeting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cli_pdu_rig.hpp"

namespace greenroom::test {
namespace {

std::vector<std::string> who_greets(std::string_view heard) {
  std::vector<std::string> all;
  for (const char* id : {"apc-ap79xx", "apc-rpdu2", "baytech-mmp", "baytech-rpc28-nc", "baytech-rpc3-nc", "cyclades-pm",
                         "raritan-px", "servertech-sentry", "vpcd", "wti-nps"}) {
    if (greets_like(dialect(id), heard)) all.emplace_back(id);
  }
  return all;
}

TEST(Greeting, APromptNamesItsFamily) {
  EXPECT_THAT(who_greets("\r\nRPC-28A>"), testing::ElementsAre("baytech-rpc28-nc"));
  EXPECT_THAT(who_greets("\r\nMMP-14> "), testing::ElementsAre("baytech-mmp"));
  EXPECT_THAT(who_greets("\r\n0 vpc> "), testing::ElementsAre("vpcd"));
}

TEST(Greeting, ALoginThatSeveralFamiliesShareNamesThemAll) {
  EXPECT_THAT(who_greets("\r\nUser Name : "), testing::ElementsAre("apc-ap79xx", "apc-rpdu2"));
}

TEST(Greeting, NoiseAndSilenceNameNobody) {
  EXPECT_THAT(who_greets("\xF8\xFE\xE0"), testing::IsEmpty());
  EXPECT_THAT(who_greets(""), testing::IsEmpty());
  EXPECT_THAT(who_greets("\r\nRPC-28>\r\n"), testing::IsEmpty());
}

}  // namespace
}  // namespace greenroom::test
