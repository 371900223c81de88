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

// What is planted where the order to open an outlet stood.
Mistake sends(const char* name, const std::string& text, const std::string& complaint) {
  return {name, "send = \"off {outlet}\"", "send = \"" + text + "\"", "strip.toml:51:8: " + complaint};
}

// In the place of the question for the states.
Mistake asks(const char* name, const std::string& text) {
  return {name, "send = \"status\"", "send = \"" + text + "\"",
          "strip.toml:39:8: \"" + text + "\": only [exchange.on] and [exchange.off] may switch"};
}

std::string evidence(const std::string& fact) {
  return "[[evidence]]\nfacts = [\"" + fact + "\"]\ntrust = \"unverified\"\nsource = \"made up\"\n";
}

INSTANTIATE_TEST_SUITE_P(
    OfWhatIsSent, DialectMistake,
    ::testing::Values(
        sends("RebootInCapitals", "REBOOT {outlet}", "\"REBOOT {outlet}\": a device's own \"reboot\" is never used"),
        sends("RebootInAWord", "olReboot {outlet}", "\"olReboot {outlet}\": a device's own \"reboot\" is never used"),
        sends("Cycle", "Cycle {outlet}", "\"Cycle {outlet}\": a device's own \"cycle\" is never used"),
        sends("Toggle", "TOGGLE {outlet}", "\"TOGGLE {outlet}\": a device's own \"toggle\" is never used"),
        sends("AllBehind", "down ALL {outlet}", "\"down ALL {outlet}\": a device's own \"all\" is never used"),
        sends("AllAtTheFront", "all down {outlet}", "\"all down {outlet}\": a device's own \"all\" is never used"),
        sends("AllInAWord", "olAllOff {outlet}", "\"olAllOff {outlet}\": a device's own \"all\" is never used"),
        sends("TwoCommands", "off 3\\roff {outlet}",
              "\"off 3\\x0doff {outlet}\" holds a control character: one send is one command, and end_of_command is added"),
        sends("TwoLines", "off 3\\noff {outlet}",
              "\"off 3\\noff {outlet}\" holds a control character: one send is one command, and end_of_command is added"),
        sends("EscapeInAnOrder", "off \\u001b{outlet}",
              "\"off \\x1b{outlet}\" holds a control character: one send is one command, and end_of_command is added"),
        sends("OutletTwice", "off {outlet} {outlet}",
              "\"off {outlet} {outlet}\": {outlet} stands twice, and only one would be filled in"),
        sends("StandInUnknown", "off {outlet} {foo}", "\"off {outlet} {foo}\": unknown stand-in \"{foo}\"; known: {outlet}"),
        sends("RangeInAnOrder", "off {first}-{outlet}",
              "\"off {first}-{outlet}\": unknown stand-in \"{first}\"; known: {outlet}"),
        sends("OffIsOn", "on {outlet}", "\"on {outlet}\" is what on sends, too: off would close the outlet"),
        sends("OffIsOnInCapitals", "ON {outlet}", "\"ON {outlet}\" is what on sends, too: off would close the outlet"),
        sends("OffIsOnWithABlankMore", "on  {outlet}", "\"on  {outlet}\" is what on sends, too: off would close the outlet"),
        asks("AQuestionThatOpensAll", "off *"), asks("AQuestionThatCloses", "ON 1"), asks("AQuestionThatReboots", "REBOOT"),
        asks("AQuestionWithASwitchInAWord", "olOff 1"),
        Mistake{"AWakeUpThatSwitches", "wake = \"\\r\"", "wake = \"off 1\\r\"",
                "strip.toml:16:8: \"off 1\\x0d\": only [exchange.on] and [exchange.off] may switch"},
        Mistake{"AWayBackThatSwitches", "send = \"status\"", "send = \"status\"\nafter = [\"off 1\\r\"]",
                "strip.toml:40:10: \"off 1\\x0d\": only [exchange.on] and [exchange.off] may switch"},
        Mistake{"TwoCommandsInAQuestion", "send = \"status\"", "send = \"show 1\\rstatus\"",
                "strip.toml:39:8: \"show 1\\x0dstatus\" holds a control character: one send is one command, and "
                "end_of_command is added"},
        Mistake{"TwoMessagesOnTheWay", "send = \"off {outlet}\"", "send = \"off {outlet}\"\nbefore = [\"1\\r2\\r\"]",
                "strip.toml:52:11: \"1\\x0d2\\x0d\" holds more than one command: each waits for the prompt of its own"},
        Mistake{"StandInOnTheWayBack", "send = \"off {outlet}\"", "send = \"off {outlet}\"\nafter = [\"{outlet}\\r\"]",
                "strip.toml:52:10: \"{outlet}\\x0d\": unknown stand-in \"{outlet}\"; none is filled in here"},
        Mistake{"EmptyMessage", "send = \"off {outlet}\"", "send = \"off {outlet}\"\nbefore = [\"\"]",
                "strip.toml:52:11: an empty message asks for no prompt"},
        Mistake{"StandInToWake", "wake = \"\\r\"", "wake = \"{user}\\r\"",
                "strip.toml:16:8: \"{user}\\x0d\": unknown stand-in \"{user}\"; none is filled in here"},
        Mistake{"StandInOfALogin", "[[error]]",
                "[[login]]\nsee = 'User: ?'\nsay = \"${user}${foo}\\r\"\n[login_limits]\nattempts = 2\nbackoff_s = 60\n" +
                    evidence("login") + "[[error]]",
                "strip.toml:24:7: \"${user}${foo}\\x0d\": unknown stand-in \"${foo}\"; known: ${user}, ${password}"}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfWhatIsUnderstood, DialectMistake,
    ::testing::Values(
        Mistake{"NoWordForOff", "Off = \"off\"\n", "",
                "strip.toml:19:1: no word in [states] means off: an outlet would never read so"},
        Mistake{"NoWordForOn", "On = \"on\"\n", "",
                "strip.toml:19:1: no word in [states] means on: an outlet would never read so"},
        Mistake{"OneWordForBoth", "Off = \"off\"", "ON = \"off\"\nOff = \"off\"",
                "strip.toml:21:6: \"ON\" and \"On\" are one word, and mean different states"},
        Mistake{"EmptyWord", "Off = \"off\"", "Off = \"off\"\n\"\" = \"off\"",
                "strip.toml:22:6: an empty word is no state: what is not understood would read so"},
        Mistake{"PromptOfAnything", "'STRIP>'", "'.+'",
                "strip.toml:18:10: pattern \".+\" also matches \"a\": it must be told from an answer"},
        Mistake{"PromptOfDigits", "'STRIP>'", "'\\d+'",
                "strip.toml:18:10: pattern \"\\d+\" also matches \"1\": it must be told from an answer"},
        Mistake{"PromptOfAState", "'STRIP>'", "'On|STRIP>'",
                "strip.toml:18:10: pattern \"On|STRIP>\" also matches \"On\": it must be told from an answer"},
        Mistake{"ErrorOfAnything", "'Input error'", "'.+'",
                "strip.toml:23:9: pattern \".+\" also matches \"a\": it must be told from an answer"},
        Mistake{"QuestionOfAnything", "[pacing]",
                "[[interrupt]]\nsee = '.+'\nsay = \"Y\\r\"\nrefuse = \"N\\r\"\nconfirms_switch = true\n" +
                    evidence("interrupt") + "[pacing]",
                "strip.toml:26:7: pattern \".+\" also matches \"a\": it must be told from an answer"},
        Mistake{"QuietLongerThanTheExchange", "send = \"off {outlet}\"\nwithin_ms = 4000",
                "send = \"off {outlet}\"\nwithin_ms = 50",
                "strip.toml:52:13: within_ms (50) is below quiet_ms (60): no incomplete reply would be noticed in time"}),
    [](const auto& i) { return i.param.name; });

// Names for the four outlets.
Mistake names(const char* name, const std::string& four, const std::string& complaint) {
  return {name, "last = 4\n[[bank]]", "last = 4\nnames = [" + four + "]\n[[bank]]", "strip.toml:8:" + complaint};
}

INSTANTIATE_TEST_SUITE_P(
    OfOutlets, DialectMistake,
    ::testing::Values(names("NameTwice", R"("a", "b", "a", "d")", "20: \"a\" is the name of outlet 1 already"),
                      names("NameEmpty", R"("a", "", "c", "d")", "15: outlet 2 has an empty name"),
                      names("NameOfTwoCommands", R"("a", "b\rc", "c", "d")", "15: \"b\\x0dc\" holds a control character"),
                      names("NameWithAStandIn", R"("a", "{b}", "c", "d")", "15: \"{b}\": a name holds no brace"),
                      names("NameOfAnother", R"("2", "b", "c", "d")", "10: \"2\" is the number of another outlet than 1"),
                      Mistake{"LastBeforeFirst", "last = 4\n[[bank]]", "last = 0\n[[bank]]",
                              "strip.toml:7:8: last (0) is before first (1)"},
                      Mistake{"LastTooHigh", "last = 4\n[[bank]]", "last = 70000\n[[bank]]",
                              "strip.toml:7:8: \"last\" in [outlets] must be from 0 to 999, not 70000"},
                      Mistake{"FirstTooHigh", "first = 1\nlast = 4\n[[bank]]", "first = 5000\nlast = 4\nmost = 8\n[[bank]]",
                              "strip.toml:6:9: \"first\" in [outlets] must be from 0 to 999, not 5000"},
                      Mistake{"FirstOfABankTooHigh", "id = \"A\"\nfirst = 1", "id = \"A\"\nfirst = 5000",
                              "strip.toml:10:9: \"first\" in [[bank]] must be from 0 to 999, not 5000"},
                      Mistake{"NoOutlets", "[outlets]\nfirst = 1\nlast = 4\n", "", "strip.toml:1:1: [outlets] is missing"},
                      Mistake{"NoOrderToClose", "[exchange.on]\nsend = \"on {outlet}\"\nwithin_ms = 4000\n", "",
                              "strip.toml:38:1: [exchange.on] is missing"},
                      Mistake{"ATextForAnExchange", "[exchange.on]\nsend = \"on {outlet}\"\nwithin_ms = 4000\n",
                              "[exchange]\non = \"x\"\n",
                              "strip.toml:48:6: \"on\" in [exchange] must be a table, written [exchange.on], not a text"},
                      Mistake{"NameForATerminal", "name = \"Strip 4\"", "name = \"Strip\\u001b[2J\"",
                              "strip.toml:3:8: \"Strip\\x1b[2J\" holds a control character"},
                      Mistake{"IdForATerminal", "id = \"strip\"", "id = \"strip\\u009b2J\"",
                              "strip.toml:2:6: \"strip\\xc2\\x9b2J\" holds a control character"}),
    [](const auto& i) { return i.param.name; });

TEST(Dialect, AnEndOfCommandWithinACommandIsRefused) {
  std::string text = kGood;
  text.replace(text.find("\"\\r\""), 4, "\";\"");
  EXPECT_EQ(
      complaints(text, "strip.toml", sends("", "off 3;off {outlet}", "")),
      std::vector<std::string>{"strip.toml:51:8: \"off 3;off {outlet}\" holds end_of_command: one send is one command, "
                               "and end_of_command is added"});
}

TEST(Dialect, AQuestionMayNotBeginAsAnOrderDoes) {
  std::string text = kGood;
  text.replace(text.find("on {outlet}"), 11, "close {outlet}");
  EXPECT_EQ(complaints(text, "strip.toml", asks("", "Close 3")), std::vector<std::string>{asks("", "Close 3").complaint});
  EXPECT_EQ(complaints(text, "strip.toml", asks("", "closed?")), std::vector<std::string>{});
}

TEST(Dialect, WordsThatOnlyEndInAllAreSent) {
  EXPECT_EQ(complaints(kGood, "strip.toml", sends("", "install overall {outlet}", "")), std::vector<std::string>{});
}

TEST(Dialect, AMenuTakesEscapeOnItsWay) {
  EXPECT_EQ(complaints(kGood, "strip.toml",
                       {"", "send = \"off {outlet}\"",
                        "send = \"2\"\nbefore = [\"\\u001b\", \"{outlet}\\r\"]\nafter = [\"\\u001b\"]", ""}),
            std::vector<std::string>{});
}

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
