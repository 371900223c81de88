#include "controller/api/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "tests/controller/api/room_fixture.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using test::mac_a;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Metrics : public testing::Test {
 protected:
  Metrics() {
    room.rig.import({test::row(2, mac_a), test::row(3, test::mac_b), test::row(4, mac_a)});
    room.keep();
  }
  std::string text() { return metrics_text(room.view()); }
  // What stands behind "greenroom_" + this at the start of a line; nothing when there is no such line.
  std::optional<std::string> value(const std::string& sample) {
    std::istringstream lines(text());
    const std::string wanted = "greenroom_" + sample + " ";
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(wanted)) return line.substr(wanted.size());
    }
    return std::nullopt;
  }
  CircuitLoad& load(const std::string& circuit) {
    auto& loads = room.rig.senses.power.memory.loads;
    loads.resize(room.rig.setup.room.circuits.size());
    return loads[find_circuit(room.rig.setup.room, circuit)->value];
  }

  test::ApiRoom room;
};

TEST_F(Metrics, WhatIsNotKnownIsAbsentAndNotZero) {
  EXPECT_EQ(value("circuit_present_amperes{circuit=\"branch\"}"), std::nullopt);
  EXPECT_EQ(value("circuit_measured_amperes{circuit=\"branch\"}"), std::nullopt);
  EXPECT_EQ(value("circuit_hard_limit_amperes{circuit=\"branch\"}"), "20");
  EXPECT_EQ(value("circuit_continuous_limit_amperes{circuit=\"branch\"}"), "16");
  EXPECT_EQ(value("circuit_load_unknown{circuit=\"branch\"}"), "1");
  EXPECT_EQ(value("pdu_reading_age_seconds{pdu=\"left\"}"), std::nullopt);
  EXPECT_THAT(text(), Not(HasSubstr("greenroom_pdu_reading_age_seconds")));  // nor is there a heading over nothing
}

TEST_F(Metrics, ACircuitShowsWhatItCarriesAndWhatItMayCarry) {
  CircuitLoad& branch = load("branch");
  branch.present = Amps::of(11.25);
  branch.reserve = Amps::of(3.5);
  branch.expected = Amps::of(9.75);
  branch.hard_limit = Amps::of(12.5);
  branch.reading = Amps::of(8.5);
  EXPECT_EQ(value("circuit_measured_amperes{circuit=\"branch\"}"), "8.5");
  EXPECT_EQ(value("circuit_present_amperes{circuit=\"branch\"}"), "11.25");
  EXPECT_EQ(value("circuit_committed_amperes{circuit=\"branch\"}"), "14.75");
  EXPECT_EQ(value("circuit_expected_amperes{circuit=\"branch\"}"), "9.75");
  EXPECT_EQ(value("circuit_hard_limit_amperes{circuit=\"branch\"}"), "12.5");
  EXPECT_EQ(value("circuit_load_unknown{circuit=\"branch\"}"), "0");
}

TEST_F(Metrics, ATrippedCircuitIsInThatStateAndInNoOther) {
  EXPECT_EQ(value("circuit_state{circuit=\"branch\",state=\"in_use\"}"), "1");
  room.rig.apply_one(CircuitLost{"branch", "no current", true});
  EXPECT_EQ(value("circuit_state{circuit=\"branch\",state=\"tripped\"}"), "1");
  EXPECT_EQ(value("circuit_state{circuit=\"branch\",state=\"in_use\"}"), "0");
}

TEST_F(Metrics, TheTreeOfCircuitsIsThereToJoinWith) {
  EXPECT_EQ(value("circuit_info{circuit=\"branch\",kind=\"breaker\",parent=\"panel\"}"), "1");
  EXPECT_EQ(value("circuit_info{circuit=\"panel\",kind=\"panel\",parent=\"\"}"), "1");
}

TEST_F(Metrics, APduShowsWhetherItAnswersAndHowOldItsReadingIs) {
  room.rig.senses.power.pdus[0].last_read = room.rig.now - 1500ms;
  EXPECT_EQ(value("pdu_up{pdu=\"left\"}"), "1");
  EXPECT_EQ(value("pdu_reading_age_seconds{pdu=\"left\"}"), "1.5");
  EXPECT_EQ(value("outlets{pdu=\"left\",state=\"unknown\"}"), "2");  // nobody has read the rig's outlets
  EXPECT_EQ(value("outlets{pdu=\"left\",state=\"on\"}"), "0");
  room.rig.apply_one(PduLost{"left", "no reply within 2 s"});
  EXPECT_EQ(value("pdu_up{pdu=\"left\"}"), "0");
}

TEST_F(Metrics, MacsSlotsAndCasesAreCountedByState) {
  room.rig.to_charge_gate(test::mac_b, "1-01");
  EXPECT_EQ(value("slots{state=\"running\"}"), "1");
  EXPECT_EQ(value("slots{state=\"free\"}"), "4");
  EXPECT_EQ(value("macs{state=\"unfinished\"}"), "2");
  EXPECT_EQ(value("macs{state=\"in_cases\"}"), "1");          // row 4 names the serial of row 2
  EXPECT_EQ(value("open_cases{owner=\"batch_lead\"}"), "1");  // who sees to it
  EXPECT_EQ(value("open_cases{owner=\"facilities\"}"), "0");  // an owner without one is still there
  EXPECT_EQ(value("outlets_protected"), "0");
}

TEST_F(Metrics, TheJournalsNumberIsACounterAndItsTroubleAnAlarm) {
  EXPECT_EQ(value("journal_facts_total"), std::to_string(room.health.durable));
  EXPECT_EQ(value("journal_up"), "1");
  EXPECT_EQ(value("alarms"), "0");
  EXPECT_THAT(text(), HasSubstr("# TYPE greenroom_journal_facts_total counter\n"));
  room.health.journal_trouble = "no space left; free some";
  EXPECT_EQ(value("journal_up"), "0");
  EXPECT_EQ(value("alarms"), "1");
}

TEST_F(Metrics, ANameWithQuotesAndLinesStaysWithinItsLabel) {
  room.rig.setup.room.name = "a \"b\"\nc\\d";
  EXPECT_THAT(text(), HasSubstr(R"(room="a \"b\"\nc\\d"} 1)"));
}

}  // namespace
}  // namespace greenroom
