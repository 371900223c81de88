// Each kind of mistake in a dialect file, with the message and place that its author sees.
#include <filesystem>

#include "tests/support/planted_mistake.hpp"

namespace greenroom {
namespace {

using namespace test;

// A whole dialect; mistakes are planted into it. The number of a line is counted by hand from [dialect] = 1.
const std::string kGood = R"([dialect]
id = "strip"
name = "Strip 4"
kind = "cli"
[outlets]
first = 1
last = 4
[[bank]]
id = "A"
first = 1
last = 4
[line]
baud = 9600
[text]
end_of_command = "\r"
wake = "\r"
echo = "always"
prompt = 'STRIP>'
[states]
On = "on"
Off = "off"
[[error]]
match = 'Input error'
class = "rejected"
[pacing]
wake_ms = 1000
quiet_ms = 60
drain_ms = 300
[switching]
relay_ms = 200
longest_queue_ms = 1000
[meter]
lag_ms = 2000
floor_A = 0.1
error_per_mille = 30
[boot]
policy = "off"
[exchange.supervise]
send = "status"
within_ms = 4000
reply_B = 300
[[exchange.supervise.outlet]]
match = '(?P<number>\d+): (?P<state>\w+) (?P<current_mA>\d+) mA'
[[exchange.supervise.bank]]
match = 'Load: (?P<A>\d+\.\d) Amps'
quantity = "current_A"
[exchange.on]
send = "on {outlet}"
within_ms = 4000
[exchange.off]
send = "off {outlet}"
within_ms = 4000
[[evidence]]
facts = ["line", "prompt", "wake", "echo", "states", "errors", "switching", "meter", "boot", "exchange.supervise", "exchange.on", "exchange.off"]
trust = "unverified"
source = "made up"
)";

TEST(Dialect, AWholeFileLoads) {
  const auto d = parse_dialect(kGood, "strip.toml");
  ASSERT_TRUE(d) << to_string(d.error().front());
  const CliDialect& cli = std::get<CliDialect>(*d);
  EXPECT_EQ(cli.outlets(), 4U);
  EXPECT_TRUE(cli.supervise.states);
  EXPECT_TRUE(cli.supervise.outlet_meters);
  EXPECT_TRUE(cli.supervise.bank_meters);
  EXPECT_EQ(cli.meter_floor, Amps{100});
  EXPECT_EQ(cli.boot, BootPolicy::off);
}

TEST(Dialect, EveryShippedFileLoadsAndIsNamedAfterItsId) {
  int files = 0;
  for (const auto& f : std::filesystem::directory_iterator(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu")) {
    if (f.path().extension() != ".toml") continue;
    ++files;
    const auto d = load_dialect(f.path().string());
    if (!d) {
      for (const Complaint& c : d.error()) ADD_FAILURE() << to_string(c);
      continue;
    }
    EXPECT_EQ(facts(*d).id, f.path().stem().string());
  }
  EXPECT_GE(files, 3);
}

class DialectMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(DialectMistake, IsReportedWithItsPlace) {
  EXPECT_EQ(complaints(kGood, "strip.toml", GetParam()), std::vector<std::string>{GetParam().complaint});
}

INSTANTIATE_TEST_SUITE_P(
    Of, DialectMistake,
    ::testing::Values(
        Mistake{"UnknownKey", "quiet_ms = 60", "quiet_ms = 60\nquite_ms = 1",
                "strip.toml:28:1: unknown key \"quite_ms\" in [pacing]; did you mean \"quiet_ms\"?"},
        Mistake{"PatternBroken", "'STRIP>'", "'STRIP(>'", "strip.toml:18:10: pattern \"STRIP(>\": missing ): STRIP(>"},
        Mistake{"PatternMatchesNothing", "'STRIP>'", "'(?:STRIP>)?'",
                "strip.toml:18:10: pattern \"(?:STRIP>)?\" matches an empty line, so it would match anything"},
        Mistake{
            "UnknownGroup", "(?P<current_mA>", "(?P<curent_mA>",
            "strip.toml:43:9: unknown group \"curent_mA\"; did you mean \"current_mA\"?; known are number, state, "
            "control, current_A, current_mA, power_W, power_kW, power_dW, voltage_V, voltage_dV, apparent_VA, apparent_kVA"},
        Mistake{"NoNumber", "(?P<number>\\d+)", "\\d+",
                "strip.toml:43:9: an outlet pattern needs (?P<number>...): which outlet does the line speak of?"},
        Mistake{"NoState", "(?P<state>\\w+)", "\\w+",
                "strip.toml:38:1: [exchange.supervise] shows no state: an outlet pattern needs (?P<number>...) and "
                "(?P<state>...)"},
        Mistake{"BankUndeclared", "(?P<A>", "(?P<B>", "strip.toml:45:9: group \"B\" is no [[bank]]; declared: A"},
        Mistake{"OrderForAll", "send = \"off {outlet}\"", "send = \"off\"",
                "strip.toml:51:8: \"off\" must name {outlet}: one order, one outlet"},
        Mistake{"ReadOfOne", "send = \"status\"", "send = \"status {outlet}\"",
                "strip.toml:39:8: \"status {outlet}\" has a stand-in, but supervise asks about the whole device"},
        Mistake{"Reboot", "send = \"off {outlet}\"", "send = \"reboot {outlet}\"",
                "strip.toml:51:8: \"reboot {outlet}\": a device's own \"reboot\" is never used"},
        Mistake{"NoErrors", "[[error]]\nmatch = 'Input error'\nclass = \"rejected\"\n", "",
                "strip.toml:1:1: [[error]] is missing: how does the device say that it did not understand?"},
        Mistake{"NoEvidence", "\"line\", \"prompt\"", "\"line\"",
                "strip.toml:1:1: no [[evidence]] for prompt; who says so? \"unverified\" is an answer"},
        Mistake{
            "EvidenceOfNothing", "\"line\", \"prompt\"", "\"line\", \"prompt\", \"colour\"",
            "strip.toml:54:28: \"colour\" is no fact of this dialect; facts are line, prompt, wake, echo, states, errors, "
            "switching, boot, exchange.supervise, exchange.on, exchange.off, meter"},
        Mistake{"BankOutside", "id = \"A\"\nfirst = 1\nlast = 4", "id = \"A\"\nfirst = 1\nlast = 5",
                "strip.toml:8:1: bank A: outlets 1 to 5 are not all outlets 1 to 4 of the device"},
        Mistake{"LimitsWithoutLogin", "[[error]]", "[login_limits]\nattempts = 2\nbackoff_s = 60\n[[error]]",
                "strip.toml:22:1: [login_limits] without [[login]] limits nothing"}),
    [](const auto& i) { return i.param.name; });

TEST(Dialect, ReportsAllMistakesAtOnceInTheOrderOfTheFile) {
  std::string text = kGood;
  for (const auto& [what, by] :
       std::vector<std::pair<std::string, std::string>>{{"baud = 9600", "baud = 1"},
                                                        {"Off = \"off\"", "Off = \"of\""},
                                                        {"quantity = \"current_A\"", "quantity = \"amps\""}}) {
    text.replace(text.find(what), what.size(), by);
  }
  const auto d = parse_dialect(text, "strip.toml");
  ASSERT_FALSE(d);
  std::vector<std::uint32_t> lines;
  for (const Complaint& c : d.error()) lines.push_back(c.place.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{13, 21, 46}));
}

TEST(Dialect, AMarkIsNumberedAndCannotSayYes) {
  std::string text = kGood;
  text.replace(text.find("echo = "), 0, "mark = \"ready\"\n");
  text.replace(text.find("\"line\", "), 0, "\"mark\", ");
  const auto d = parse_dialect(text, "strip.toml");
  ASSERT_FALSE(d);
  ASSERT_EQ(d.error().size(), 2U);
  EXPECT_EQ(to_string(d.error()[0]), "strip.toml:17:8: \"ready\" must hold {n}, which makes each mark another");
  EXPECT_EQ(to_string(d.error()[1]), "strip.toml:17:8: \"ready\" holds a y, which an open question could take for yes");
}

TEST(Dialect, AFileThatIsNotThereIsNamed) {
  const auto d = load_dialect("/nowhere/apc.toml");
  ASSERT_FALSE(d);
  EXPECT_EQ(d.error().front().file, "/nowhere/apc.toml");
}

}  // namespace
}  // namespace greenroom
