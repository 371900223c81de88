// What each maker's device says, against the words of its source; the head of each face (hw/model/*_face.cpp) names it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hw/model/table.hpp"

namespace greenroom::model {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string log_in(Table& t, const std::string& user, const std::string& password) {
  t.ask(user + "\r");
  return t.ask(password + "\r");
}

// Debian's vpcd, on its stdin and stdout.
TEST(VpcdFace, SaysWhatDebiansVpcdSays) {
  Table t("vpcd");
  EXPECT_EQ(t.ask("stat 3\n"), "0 Please login\n1 vpc> ");
  EXPECT_EQ(t.ask("login\n"), "1 OK\n2 vpc> ");
  EXPECT_EQ(t.ask("on 99\n"), "2 BADVAL: 99\n3 vpc> ");
  EXPECT_EQ(t.ask("on x\n"), "3 UNKNOWN: on x\n4 vpc> ");
  EXPECT_EQ(t.ask("on 3\n"), "4 OK\n5 vpc> ");
  EXPECT_EQ(t.ask("stat 3\n"), "plug 3: ON\n5 OK\n6 vpc> ");
  EXPECT_TRUE(t.bench->contact(3));
}

// powerman t/simulators/cyclades.c.
TEST(CycladesFace, PrintsAPm20sRowsAndRepliesAsPowermansSimulatorDoes) {
  Table t("cyclades-pm");
  EXPECT_THAT(t.ask("\r"), EndsWith("Username: "));
  EXPECT_THAT(t.ask("admin\r"), EndsWith("Password: "));
  EXPECT_THAT(t.ask("pm8\r"), EndsWith("pm>"));
  EXPECT_EQ(t.ask("on 3\r"), "on 3\r\n3: Outlet turned on.\r\npm>");
  EXPECT_EQ(t.ask("status 2-3\r"),
            "status 2-3\r\n Outlet         Name            Status          Users\r\n"
            " 2                              Unlocked OFF\r\n 3                              Unlocked ON\r\npm>");
}

TEST(CycladesFace, PrintsAPm42sRowsWithTheirInterval) {
  BenchtopSpec spec = Table::of("cyclades-pm");
  spec.firmware = "1.9.1";
  spec.outlets = 42;
  Table t(spec);
  log_in(t, "admin", "pm8");
  EXPECT_THAT(t.ask("status 42\r"), HasSubstr(" Outlet Name                    Status          Interval (s)    Users\r\n"
                                              " 42                             Unlocked OFF    0.0\r\n"));
}

TEST(CycladesFace, RefusesAWrongPassword) {
  Table t("cyclades-pm");
  EXPECT_THAT(log_in(t, "admin", "wrong"), HasSubstr("Authentication failed.\r\n"));
}

TEST(CycladesFace, ClosesTheOutletsOfOneOrderHalfASecondApart) {
  Table t("cyclades-pm");
  log_in(t, "admin", "pm8");
  (void)t.wait(t.line->write("on 1-3\r"));
  t.run_for(std::chrono::milliseconds{300});
  EXPECT_TRUE(t.bench->contact(0));
  EXPECT_FALSE(t.bench->contact(1));
  t.run_for(seconds{1});
  EXPECT_TRUE(t.bench->contact(2));
}

// The screen in a public parser's own example.
TEST(WtiFace, PrintsTheStatusScreenOfAnNps) {
  BenchtopSpec spec = Table::of("wti-nps");
  spec.outlets = 8;
  Table t(spec);
  EXPECT_THAT(t.ask("/ON 1\r"), EndsWith("NPS> "));
  EXPECT_THAT(t.ask("/S\r"), HasSubstr("Network Power Switch v2.12     Site: (undefined)\r\n\r\n"
                                       "Plug | Name             | Password    | Status | Boot/Seq. Delay | Default |\r\n"
                                       "-----+------------------+-------------+--------+-----------------+---------+\r\n"
                                       " 1   | (undefined)      | (undefined) |   ON   |     0.5 Secs    |   ON    |\r\n"
                                       " 2   | (undefined)      | (undefined) |   OFF  |     0.5 Secs    |   ON    |\r\n"));
}

TEST(WtiFace, GivesNoPromptUntilEveryPlugHasMoved) {
  Table t("wti-nps");
  (void)t.wait(t.line->write("/ON *\r"));
  t.run_for(seconds{7});
  EXPECT_FALSE(t.wait(t.line->read_some(t.clock.now())));
  t.run_for(seconds{4});
  EXPECT_TRUE(t.wait(t.line->read_some(t.clock.now())));
  EXPECT_TRUE(t.bench->contact(15));
}

TEST(WtiFace, AsksBeforeItSwitchesUnlessToldTheAnswer) {
  BenchtopSpec spec = Table::of("wti-nps");
  spec.confirm = true;
  Table t(spec);
  EXPECT_THAT(t.ask("/ON 1\r"), EndsWith("Are you sure? (Y/N): "));
  EXPECT_FALSE(t.bench->contact(0));
  t.ask("N");
  EXPECT_FALSE(t.bench->contact(0));
  t.ask("/ON 1,Y\r");
  EXPECT_TRUE(t.bench->contact(0));
}

// powerman's sentry_cdu.dev: 16 rows, the pager, one letter, an empty line.
TEST(SentryFace, StopsAfterSixteenRowsAndGoesOnAtOneLetter) {
  Table t("servertech-sentry");
  log_in(t, "admn", "admn");
  const std::string first = t.ask("status\r");
  EXPECT_THAT(first, EndsWith("More (Y/es N/o): "));
  EXPECT_THAT(first, Not(HasSubstr(".AC1")));
  const std::string rest = t.ask("y");
  EXPECT_THAT(rest, StartsWith("y\r\n\r\n   .AC1"));
  EXPECT_THAT(rest, EndsWith("Command successful\r\n\r\nSwitched CDU: "));
}

TEST(SentryFace, PrintsAllRowsAtOnceWherePagingIsOff) {
  Table t("servertech-sentry");
  log_in(t, "admn", "admn");
  t.ask("set option more disabled\r");
  EXPECT_THAT(t.ask("status\r"), EndsWith("Command successful\r\n\r\nSwitched CDU: "));
}

TEST(SentryFace, ShowsAnErrorWhereCurrentFlowsThatShouldNot) {
  Table t("servertech-sentry");
  log_in(t, "admn", "admn");
  t.ask("on .AA1\r");
  t.bench->weld(0);
  t.ask("off .AA1\r");
  t.run_for(seconds{3});
  EXPECT_THAT(t.ask("status .AA1\r"), testing::ContainsRegex("[.]AA1 +[^ ]+ +On +Error\r\n"));
}

TEST(SentryFace, WantsALoginAfterFiveIdleMinutes) {
  Table t("servertech-sentry");
  log_in(t, "admn", "admn");
  t.run_for(minutes{6});
  EXPECT_THAT(t.ask("\r"), EndsWith("Username: "));
}

void to_list(Table& t) {
  log_in(t, "apc", "apc");
  t.ask("1\r");
  t.ask("2\r");
}

// powerman's apcpdu3.dev, and the screens in a public reboot script.
TEST(ApcMenuFace, StopsItsListAfterTwentyTwoOutlets) {
  Table t("apc-ap79xx");
  to_list(t);
  const std::string first = t.ask("1\r");
  EXPECT_THAT(first, HasSubstr("22- Outlet 22"));
  EXPECT_THAT(first, EndsWith("Press <ENTER> to continue..."));
  const std::string rest = t.ask("\r");
  EXPECT_THAT(rest, HasSubstr("24- Outlet 24"));
  EXPECT_THAT(rest, EndsWith("> "));
}

TEST(ApcMenuFace, SwitchesOnlyAfterTheWordYes) {
  Table t("apc-ap79xx");
  to_list(t);
  t.ask("1\r");
  t.ask("\r");
  t.ask("5\r");
  EXPECT_THAT(t.ask("1\r"), HasSubstr("     1- Immediate On\r\n     2- Immediate Off\r\n"));
  EXPECT_THAT(t.ask("1\r"), EndsWith("Enter 'YES' to continue or <ENTER> to cancel : "));
  t.ask("\r");
  EXPECT_FALSE(t.bench->contact(4));
  t.ask("1\r");
  EXPECT_THAT(t.ask("YES\r"), HasSubstr("Command successfully issued.\r\n\r\n        Press <ENTER> to continue..."));
  EXPECT_TRUE(t.bench->contact(4));
}

TEST(ApcMenuFace, GoesBackOneMenuAtEachEscape) {
  Table t("apc-ap79xx");
  to_list(t);
  EXPECT_THAT(t.ask("\x1b"), HasSubstr("Device Manager"));
  EXPECT_THAT(t.ask("\x1b"), HasSubstr("4- Logout"));
}

// fence-agents' fence_apc.
TEST(ApcMenuFace, GoesToItsFirstScreenAtControlCWhereverItStands) {
  Table t("apc-ap79xx");
  to_list(t);
  for (const char* step : {"1\r", "\r", "3\r"}) t.ask(step);
  EXPECT_THAT(t.ask("\x03"), HasSubstr("4- Logout\r\n"));
  EXPECT_THAT(t.ask("1\r"), HasSubstr("2- Outlet Management"));
}

// "E000: Success", then the rows, as an AP89xx printed them.
TEST(ApcRpdu2Face, PrintsItsResultAndThenTheRows) {
  Table t("apc-rpdu2");
  log_in(t, "apc", "apc");
  EXPECT_EQ(t.ask("olOn 2\r"), "olOn 2\r\nE000: Success\r\napc>");
  EXPECT_EQ(t.ask("olStatus 1-2\r"), "olStatus 1-2\r\nE000: Success\r\n 1: Outlet 1: Off\r\n 2: Outlet 2: On\r\napc>");
  EXPECT_EQ(t.ask("olOn 25\r"), "olOn 25\r\nE102: Parameter Error\r\napc>");
  EXPECT_EQ(t.ask("frob\r"), "frob\r\nE101: Command Not Found\r\napc>");
}

// The public capture of 2025, with our outlets' figures.
TEST(RaritanFace, PrintsAnOutletsBlockAsCaptured) {
  Table t("raritan-px");
  t.bench->set_load(7, 0.75);
  log_in(t, "admin", "raritan");
  t.ask("power outlets 8 on /y\r");
  t.run_for(seconds{2});
  EXPECT_THAT(t.ask("show outlets 8 details\r"),
              HasSubstr("Outlet 8:\r\nPower state: On\r\n\r\nRMS Current:        0.750 A (normal)\r\n"
                        "RMS Voltage:        120 V (normal)\r\nActive Power:       87 W (normal)\r\n"));
}

TEST(RaritanFace, AsksBeforeItSwitches) {
  Table t("raritan-px");
  log_in(t, "admin", "raritan");
  EXPECT_THAT(t.ask("power outlets 5 on\r"), EndsWith("Do you wish to turn outlet 5 on? [y/n] "));
  EXPECT_EQ(t.ask("y"), "y\r\n[My PDU] # ");
  EXPECT_TRUE(t.bench->contact(4));
}

}  // namespace
}  // namespace greenroom::model
