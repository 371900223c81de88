// How a device says that it comes back from an outage with all outlets off, and that it does not: samples through the
// exchange power_policy of its dialect.
#include <gtest/gtest.h>

#include "hw/pdu/cli_text.hpp"
#include "tests/support/cli_pdu_rig.hpp"

namespace greenroom {
namespace {

using namespace test;

bool proves_all_off(const CliDialect& d, const std::string& text) {
  ReplyParser parser(d);
  parser.begin(*d.power_policy, std::nullopt);
  parser.sent(d.power_policy->send, d.echo);
  parser.feed(text);
  EXPECT_EQ(parser.end(), ReplyParser::End::prompt);
  return parser.complete();
}

std::string with(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
  return text;
}

CliDialect of_four(const std::string& id) {
  CliDialect d = dialect(id);
  d.names.clear();
  EXPECT_TRUE(d.resize(4));
  return d;
}

struct Sentry : ::testing::Test {
  CliDialect d = [] {
    CliDialect four = of_four("servertech-sentry");
    four.names = {".A1", ".B1", ".C1", ".D1"};
    return four;
  }();
  std::string text = sample("sentry-show-outlets.txt");
  std::string all_off = with(with(text, "On     ", "Off    "), "Last", "Off ");
};

TEST_F(Sentry, IsProvenWhereTheWakeupStateOfEveryOutletIsOff) { EXPECT_TRUE(proves_all_off(d, all_off)); }

TEST_F(Sentry, IsNotProvenWhereOneOutletComesBackOnWhateverItsNameIs) {
  EXPECT_FALSE(proves_all_off(d, text));
  EXPECT_FALSE(proves_all_off(d, with(all_off, "Off            90", "On             90")));
  EXPECT_FALSE(proves_all_off(
      d, with(all_off, "Off                      Off            0", "Off                      On             0")));
}

TEST_F(Sentry, IsNotProvenWhereAnOutletIsMissing) { EXPECT_FALSE(proves_all_off(d, with(all_off, ".D1", ".D"))); }

TEST(WtiPowerPolicy, IsProvenWhereTheDefaultOfEveryPlugIsOff) {
  EXPECT_TRUE(proves_all_off(of_four("wti-nps"), with(sample("wti-status.txt"), "|   ON    |", "|   OFF   |")));
}

TEST(WtiPowerPolicy, IsNotProvenByTheStatusOrNameOfAPlug) {
  EXPECT_FALSE(proves_all_off(of_four("wti-nps"), sample("wti-status.txt")));
}

TEST(WtiPowerPolicy, IsNotProvenUnderAnotherHead) {
  const std::string text = with(sample("wti-status.txt"), "|   ON    |", "|   OFF   |");
  EXPECT_FALSE(proves_all_off(of_four("wti-nps"), with(text, "| Default |", "| Lockout |")));
}

TEST(Rpdu2PowerPolicy, IsProvenByTheWordNever) {
  EXPECT_TRUE(proves_all_off(dialect("apc-rpdu2"), sample("rpdu2-devstartdly.txt")));
}

TEST(Rpdu2PowerPolicy, IsNotProvenByADelayOrAnError) {
  const std::string never = sample("rpdu2-devstartdly.txt");
  EXPECT_FALSE(proves_all_off(dialect("apc-rpdu2"), with(never, "never", "0 sec")));
  EXPECT_FALSE(proves_all_off(dialect("apc-rpdu2"), with(never, "E000: Success\r\nnever", "E101: Command Not Found")));
}

}  // namespace
}  // namespace greenroom
