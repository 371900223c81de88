#include "controller/api/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/controller/api/room_fixture.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::mac_a;
using test::mac_b;
using test::parsed;
using testing::HasSubstr;

class Routes : public testing::Test {
 protected:
  Routes() {
    room.rig.import({test::row(2, mac_a), test::row(3, mac_b), test::row(4, mac_a)});
    room.keep();
  }
  ApiResponse get(const std::string& path) { return handle(ApiRequest("GET", "/api/v1/" + path), room.view()); }
  json body(const std::string& path) {
    const ApiResponse r = get(path);
    EXPECT_EQ(r.status, 200) << r.body;
    EXPECT_EQ(r.body.find('\n'), std::string::npos);
    return parsed(r.body);
  }
  json slot(const std::string& name) { return body("slots/" + name); }
  std::string error(const std::string& path, int status) {
    const ApiResponse r = get(path);
    EXPECT_EQ(r.status, status) << r.body;
    return parsed(r.body).value("error", "");
  }
  static json find(const json& list, const char* key, const std::string& value) {
    for (const json& each : list) {
      if (each[key] == value) return each;
    }
    return nullptr;
  }
  OutletRecord& record(const std::string& s) { return room.rig.state.power.outlets[room.rig.outlet(s).value]; }

  test::ApiRoom room;
};

// ---- slots ----------------------------------------------------------------------------------------------------------

TEST_F(Routes, AnEmptySlotIsFreeAndWaitsForNothing) {
  const json s = slot("1-01");
  EXPECT_EQ(s["state"], "free");
  EXPECT_TRUE(s["waits_for"].is_null());
  EXPECT_TRUE(s["visit"].is_null());
  EXPECT_TRUE(s["deadline"].is_null());
  EXPECT_EQ(s["outlet"]["outlet"], "left:1");
}

TEST_F(Routes, ASlotWithAMacThatNobodyScannedSaysScanMe) {
  room.rig.shows("1-01", MacMode::booted, mac_a);
  room.rig.now += 90s;
  const json s = slot("1-01");
  EXPECT_EQ(s["state"], "stranger");
  EXPECT_EQ(s["waits_for"]["kind"], "person");
  EXPECT_THAT(s["waits_for"]["words"], HasSubstr("scan it and slot 1-01"));
  EXPECT_EQ(s["owner"], "technician");
  EXPECT_EQ(s["since_ms"], 90'000);
}

TEST_F(Routes, ASeatedMacIsShownWithItsStepAndWhatTheStepRunsOn) {
  room.rig.to_charge_gate(mac_a, "1-01");
  room.rig.now += 60s;
  const json s = slot("1-01");
  EXPECT_EQ(s["state"], "running");
  EXPECT_EQ(s["visit"]["serial"], mac_a);
  EXPECT_EQ(s["visit"]["step"], "charge_gate");
  EXPECT_EQ(s["visit"]["step_number"], 5);  // receive, seat, identify, clear, charge_gate
  EXPECT_EQ(s["visit"]["steps"], 14);
  EXPECT_EQ(s["visit"]["batch"], "returns");
  EXPECT_EQ(s["waits_for"]["kind"], "mac");
  EXPECT_EQ(s["deadline_in_s"], 3600 - 60);  // the rig's recipe gives the gate an hour
  EXPECT_EQ(s["port"]["mode"], "booted");
  EXPECT_EQ(s["outlet"]["state"], "on");
  EXPECT_EQ(s["outlet"]["current_A"], 0.5);  // 60 W at 120 V
}

TEST_F(Routes, AMacThatWaitsForPowerNamesTheCircuit) {
  room.rig.to_charge_gate(mac_a, "1-01");
  room.rig.apply_one(OutletWaits{"left:1", "lease_would_not_fit", "branch"});
  room.rig.command(CommandKind::battery, mac_a, 55);  // passes the gate; DFU wants a lease, and there is none
  ASSERT_EQ(room.rig.at(), "dfu waiting");
  const json s = slot("1-01");
  EXPECT_EQ(s["state"], "waiting");
  EXPECT_EQ(s["waits_for"]["kind"], "circuit");
  EXPECT_EQ(s["waits_for"]["name"], "branch");
  EXPECT_EQ(s["waits_for"]["words"], "room for one more protected slot on circuit branch");
}

TEST_F(Routes, ARestoreBeforeItsPermitWaitsForTheGateAndAfterItForTheEngine) {
  const std::uint64_t engine = room.rig.to_restore(mac_a, "1-01", test::ecid_a);
  room.rig.senses.visits.engines = {{engine, "sending the ramdisk", 40}};
  json s = slot("1-01");
  EXPECT_EQ(s["waits_for"]["name"], "R4");
  EXPECT_EQ(s["visit"]["engine"]["gate"], "shut");
  EXPECT_EQ(s["visit"]["engine"]["percent"], 40);
  room.rig.now += 5s;
  room.rig.gone("1-01");
  room.rig.shows("1-01", MacMode::recovery, mac_a, test::ecid_a);
  s = slot("1-01");
  EXPECT_EQ(s["visit"]["engine"]["gate"], "open");
  EXPECT_EQ(s["waits_for"]["kind"], "tool");
  EXPECT_EQ(s["waits_for"]["words"], "the restore engine (sending the ramdisk, 40 %)");
  EXPECT_TRUE(s["outlet"]["protected"]);
}

TEST_F(Routes, AHeldMacNamesItsCaseItsOwnerAndWhatToDo) {
  room.rig.to_charge_gate(mac_a, "1-01");
  room.rig.command(CommandKind::deny, mac_a, 0, "legal hold");
  const json s = slot("1-01");
  EXPECT_EQ(s["state"], "held");
  EXPECT_EQ(s["owner"], "security");
  EXPECT_EQ(s["waits_for"]["kind"], "person");
  EXPECT_THAT(s["waits_for"]["words"], HasSubstr("security: " + mac_a + " is on the deny list: legal hold."));
  EXPECT_THAT(s["waits_for"]["words"], HasSubstr("Put it aside"));
}

TEST_F(Routes, EveryReasonOfTheElectricalHalfHasWordsThatNameSomething) {
  const std::vector<std::pair<std::string, std::string>> reasons{{"circuit", "branch"},
                                                                 {"lease_would_not_fit", "branch"},
                                                                 {"min_off", "60 s"},
                                                                 {"spacing", "spaced"},
                                                                 {"start_up", "every PDU"},
                                                                 {"return_of_power", "PDU left"},
                                                                 {"unknown_pdu", "PDU left"},
                                                                 {"in_doubt", "left:1"},
                                                                 {"not_proven", "left:1"},
                                                                 {"locked_out", "left:1"},
                                                                 {"read_only", "PDU left"},
                                                                 {"foreign_off", "left:1"},
                                                                 {"circuit_lost", "branch"},
                                                                 {"switch_failed", "left:1"},
                                                                 {"being_opened", "left:1"},
                                                                 {"button", "power button"},
                                                                 {"a_reason_of_tomorrow", "a_reason_of_tomorrow"}};
  record("1-01").locked = true;
  for (const auto& [reason, named] : reasons) {
    record("1-01").waits_reason = reason;
    record("1-01").waits_circuit = "branch";
    const json waits = slot("1-01")["outlet"]["waits_for"];
    EXPECT_FALSE(waits["kind"].get<std::string>().empty()) << reason;
    EXPECT_THAT(waits["words"].get<std::string>(), HasSubstr(named)) << reason;
  }
}

TEST_F(Routes, ATrippedCircuitWaitsForFacilitiesAndALostOneForItsPower) {
  record("1-01").waits_reason = "circuit_lost";
  record("1-01").waits_circuit = "branch";
  EXPECT_EQ(slot("1-01")["outlet"]["waits_for"]["kind"], "circuit");
  room.rig.apply_one(CircuitLost{"branch", "no current on any outlet", true});
  EXPECT_EQ(slot("1-01")["outlet"]["waits_for"]["name"], "facilities");
}

TEST_F(Routes, AMisspeltSlotIsAnsweredWithTheNearest) {
  EXPECT_EQ(error("slots/1-0l", 404), "there is no slot \"1-0l\"; did you mean \"1-01\"?");
  EXPECT_EQ(error("slots/nothing-like-it", 404), "there is no slot \"nothing-like-it\"");
}

TEST_F(Routes, AnEmptyNameNamesNothing) {
  for (const char* path : {"slots/", "batches/", "slots/?a=b"}) error(path, 404);
}

TEST_F(Routes, ANameMayBeEscaped) { EXPECT_EQ(slot("1%2D01")["slot"], "1-01"); }

TEST_F(Routes, AllSlotsComeInTheOrderOfTheRoomFile) {
  std::vector<std::string> names;
  const json all = body("slots");
  for (const json& s : all["slots"]) names.push_back(s["slot"]);
  EXPECT_EQ(names, (std::vector<std::string>{"1-01", "1-02", "S-01", "S-02", "pack"}));
}

// ---- power ----------------------------------------------------------------------------------------------------------

TEST_F(Routes, ACircuitThatWasNeverPlannedIsUnknownInEverySum) {
  const json c = find(body("circuits")["circuits"], "circuit", "branch");
  EXPECT_TRUE(c["present_A"].is_null());
  EXPECT_TRUE(c["hard_sum_A"].is_null());
  EXPECT_EQ(c["hard_limit_A"], 20.0);
  EXPECT_EQ(c["continuous_limit_A"], 16.0);
  EXPECT_EQ(c["band"], "unknown");
}

TEST_F(Routes, ACircuitShowsItsSumsAgainstItsLimits) {
  CircuitLoad load;
  load.present = Amps::of(11.25);
  load.reserve = Amps::of(3.5);
  load.expected = Amps::of(9.75);
  load.leased = Amps::of(2.5);
  load.hard_limit = Amps::of(20);
  load.soft_limit = Amps::of(16);
  load.mean_A = 9.123456;
  room.rig.senses.power.memory.loads.assign(room.rig.setup.room.circuits.size(), load);
  room.rig.state.power.circuits[1].band = "normal";
  record("1-02").waits_circuit = "branch";
  const json c = find(body("circuits")["circuits"], "circuit", "branch");
  EXPECT_EQ(c["parent"], "panel");
  EXPECT_EQ(c["present_A"], 11.25);
  EXPECT_EQ(c["reserve_A"], 3.5);
  EXPECT_EQ(c["hard_sum_A"], 14.75);
  EXPECT_EQ(c["soft_sum_A"], 9.75);
  EXPECT_EQ(c["mean_10_min_A"], 9.123);
  EXPECT_EQ(c["protected_A"], 2.5);
  EXPECT_EQ(c["unknown_load"], false);
  EXPECT_EQ(c["outlets_waiting_for_it"], 1);
  EXPECT_EQ(c["outlets_unknown"], 4);  // nobody has read the rig's outlets
}

TEST_F(Routes, APduShowsWhoItIsWhetherItAnswersAndWhoElseSwitchesIt) {
  room.rig.apply_one(PduKnown{"left", "MMP-14", "SN123", true});
  room.rig.senses.power.pdus[0].last_read = room.rig.now - 1500ms;
  record("1-02").foreign_off = true;
  room.rig.state.power.pdus[0].read_only = true;
  const json p = find(body("pdus")["pdus"], "pdu", "left");
  EXPECT_EQ(p["identity"], "SN123");
  EXPECT_EQ(p["answers"], true);
  EXPECT_EQ(p["line_state"], "answers");
  EXPECT_EQ(p["reading_age_ms"], 1500);
  EXPECT_EQ(p["read_only"], true);
  EXPECT_EQ(p["switched_off_by_others"], json::array({"left:2"}));
}

TEST_F(Routes, APduThatIsLostSaysWhyAndTheServiceMaySayMore) {
  room.rig.apply_one(PduLost{"left", "no reply within 2 s"});
  json p = find(body("pdus")["pdus"], "pdu", "left");
  EXPECT_EQ(p["answers"], false);
  EXPECT_EQ(p["line_state"], "lost: no reply within 2 s");
  room.health.lines = {"its line needs a world: start with --model", ""};
  p = find(body("pdus")["pdus"], "pdu", "left");
  EXPECT_EQ(p["line_state"], "its line needs a world: start with --model");
}

TEST_F(Routes, FacilitiesSeeWhatTheyMustDoAndTheCommandThatEndsIt) {
  room.rig.apply_one(CircuitLost{"branch", "no current", true});
  room.rig.apply_one(LockedOut{"left:1"});
  room.rig.apply_one(LockedOut{"shelf"});
  room.rig.apply_one(LineReadOnly{"left", "two foreign switches", false});
  record("1-02").foreign_off = true;
  record("S-01").failed_closes = 3;
  const json jobs = body("power")["to_do"];
  EXPECT_EQ(find(jobs, "kind", "tripped")["command"], "restore_circuit branch");
  EXPECT_EQ(find(jobs, "kind", "read_only")["command"], "clear_read_only left");
  EXPECT_EQ(find(jobs, "kind", "switched_off")["command"], "prove_map left:2 1-02");
  std::vector<std::string> clears;
  for (const json& job : jobs) {
    if (job["kind"] == "locked_out") clears.push_back(job["command"]);
  }
  EXPECT_THAT(clears, testing::UnorderedElementsAre("clear_lock left:1", "clear_lock shelf"));
  EXPECT_EQ(find(jobs, "kind", "stuck")["about"], "shelf:1");
}

TEST_F(Routes, ProtectedOutletsAreNamedWithTheirMac) {
  room.rig.to_dfu(mac_a, "1-01");
  const json guarded = body("power")["protected"];
  ASSERT_EQ(guarded.size(), 1U);
  EXPECT_EQ(guarded[0]["outlet"], "left:1");
  EXPECT_EQ(guarded[0]["serial"], mac_a);
}

// ---- people ---------------------------------------------------------------------------------------------------------

TEST_F(Routes, ABatchCountsEachRowOnce) {
  room.rig.to_charge_gate(mac_b, "1-01");
  const json b = body("batches")["batches"][0];
  EXPECT_EQ(b["batch"], "returns");
  EXPECT_EQ(b["macs"], 3);
  EXPECT_EQ(b["working"], 1);
  EXPECT_EQ(b["expected"], 1);
  EXPECT_EQ(b["in_cases"], 1);  // row 4 names the serial of row 2
  EXPECT_EQ(b["packed"], 0);
}

TEST_F(Routes, ABatchsRowsSayWhereEachMacStands) {
  room.rig.to_charge_gate(mac_b, "1-01");
  const json rows = body("batches/returns")["rows"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["state"], "expected");
  EXPECT_EQ(rows[1]["state"], "working");
  EXPECT_EQ(rows[1]["slot"], "1-01");
  EXPECT_EQ(rows[2]["state"], "in_case");
  EXPECT_EQ(rows[2]["owner"], "batch_lead");
  EXPECT_THAT(rows[2]["waits_for"]["words"], HasSubstr("the first row is worked"));
  EXPECT_EQ(error("batches/return", 404), "there is no batch \"return\"; did you mean \"returns\"?");
}

TEST_F(Routes, OpenCasesAreListedAndClosedOnesWhenAskedFor) {
  ASSERT_EQ(body("cases")["cases"].size(), 1U);
  EXPECT_EQ(body("cases")["cases"][0]["reason"], "duplicate_serial");
  EXPECT_EQ(body("cases")["cases"][0]["owner"], "batch_lead");
  const json chores = body("chores")["chores"];
  EXPECT_EQ(std::count_if(chores.begin(), chores.end(), [](const json& c) { return c["kind"] == "case" && c["case"] == 1; }),
            1);
  room.rig.command(CommandKind::close_case, {}, 1, "typing slip");
  EXPECT_EQ(body("cases")["cases"].size(), 0U);
  EXPECT_EQ(body("cases?all=0")["cases"].size(), 0U);
  EXPECT_EQ(body("cases?all=1")["cases"][0]["open"], false);
}

TEST_F(Routes, ChoresAreTheDomainsOwn) {
  const auto expected = chores(room.rig.context());
  const json listed = body("chores")["chores"];
  ASSERT_EQ(listed.size(), expected.size());
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(listed[0]["words"], expected[0].words);
  EXPECT_EQ(listed[0]["kind"], expected[0].kind);
}

// ---- the room as a whole --------------------------------------------------------------------------------------------

TEST_F(Routes, StatusSaysWhoServesAndHowFarTheWorkIs) {
  room.health.journal_trouble = "/srv/room/journal.db: no space left; free some";
  const json s = body("status");
  EXPECT_EQ(s["service"]["pid"], 4711);
  EXPECT_EQ(s["service"]["data"], "/srv/room");
  EXPECT_EQ(s["macs"]["all"], 3);
  EXPECT_EQ(s["macs"]["in_cases"], 1);
  EXPECT_EQ(s["journal"]["last_seq"], room.health.durable);
  EXPECT_EQ(s["journal"]["writes"], false);
  EXPECT_THAT(s["alarms"][0], HasSubstr("no space left"));
  EXPECT_EQ(s["slots"]["all"], 5);
  EXPECT_EQ(s["slots"]["free"], 5);
}

TEST_F(Routes, WithoutTroubleThereIsNoAlarm) { EXPECT_EQ(body("status")["alarms"].size(), 0U); }

TEST_F(Routes, TheRoomComesWithTheNumberOfItsLastFact) {
  const json r = body("room");
  EXPECT_EQ(r["seq"], room.rig.state.last_seq);
  for (const char* part : {"service", "slots", "places", "circuits", "pdus", "to_do", "batches", "cases", "chores"}) {
    EXPECT_TRUE(r["state"].contains(part)) << part;
  }
}

TEST_F(Routes, FactsComeAsTheJournalHoldsThemPageByPage) {
  const json first = body("facts?from=2&limit=3");
  ASSERT_EQ(first["facts"].size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(first["facts"][i], parsed(room.journal.lines()[i + 1]));
  EXPECT_EQ(first["next"], 5);
  const json beyond = body("facts?from=100000");
  EXPECT_EQ(beyond["facts"].size(), 0U);
  EXPECT_EQ(beyond["next"], 100000);
  EXPECT_EQ(body("facts")["facts"].size(), room.journal.lines().size());
}

TEST_F(Routes, WhatIsNoRouteIsRefusedWithWords) {
  EXPECT_EQ(error("stauts", 404), "there is no path \"/api/v1/stauts\"; did you mean \"/api/v1/status\"?");
  EXPECT_THAT(error("status/x", 404), HasSubstr("has no parts"));
  EXPECT_THAT(error("facts?from=x", 400), HasSubstr("whole number"));
  EXPECT_THAT(error("facts?limit=-1", 400), HasSubstr("whole number"));
  EXPECT_EQ(error("commands", 405), "commands are sent with POST");
  EXPECT_THAT(error("events", 404), HasSubstr("over HTTP; here it is GET /api/v1/watch"));
  EXPECT_THAT(error("slots/1%2", 404), HasSubstr("there is no path"));
  EXPECT_EQ(handle(ApiRequest("POST", "/api/v1/slots"), room.view()).status, 405);
  EXPECT_EQ(handle(ApiRequest("GET", "/"), room.view()).status, 404);
  EXPECT_EQ(handle(ApiRequest("GET", ""), room.view()).status, 404);
}

TEST_F(Routes, WhatIsAskedBesideTheRouteIsRefusedWithTheNearestName) {
  EXPECT_EQ(error("facts?form=2", 400), "facts takes no \"form\"; did you mean \"from\"?");
  EXPECT_EQ(error("facts?colour=red", 400), "facts takes no \"colour\"; it takes from, limit");
  EXPECT_EQ(error("slots?state=free", 400), "slots takes no \"state\"");
  EXPECT_EQ(error("slots/1-01?x", 400), "slots/{slot} takes no \"x\"");
  EXPECT_EQ(get("slots?").status, 200);
  EXPECT_EQ(get("facts?&from=1&").status, 200);
}

TEST_F(Routes, ANumberBeyondItsBoundsIsRefusedWithThem) {
  EXPECT_EQ(error("facts?limit=0", 400), "\"limit\" must be a whole number from 1, not \"0\"");
  EXPECT_EQ(error("cases?all=yes", 400), "\"all\" must be a whole number from 0 to 1, not \"yes\"");
  EXPECT_EQ(error("cases?all", 400), "\"all\" must be a whole number from 0 to 1, not \"\"");
  EXPECT_EQ(error("facts?from=9007199254740992", 400), "\"from\" must be a whole number from 0, not \"9007199254740992\"");
  EXPECT_EQ(body("facts?limit=1")["facts"].size(), 1U);
}

// ---- commands -------------------------------------------------------------------------------------------------------

TEST_F(Routes, OnlyACommandAndAWatchAreForTheServer) {
  EXPECT_EQ(routed(ApiRequest("POST", "/api/v1/commands")), Route::commands);
  EXPECT_EQ(routed(ApiRequest("GET", "/api/v1/watch?from=3")), Route::watch);
  EXPECT_EQ(routed(ApiRequest("GET", "/api/v1/commands")), Route::plain);
  EXPECT_EQ(routed(ApiRequest("POST", "/api/v1/watch")), Route::plain);
  EXPECT_EQ(routed(ApiRequest("GET", "/api/v1/watch/x")), Route::plain);
}

TEST_F(Routes, AWatchBeginsAfterWhatIsDurableUnlessToldOtherwise) {
  EXPECT_EQ(watch_from(ApiRequest("GET", "/api/v1/watch"), room.view()).value(), room.health.durable + 1);
  EXPECT_EQ(watch_from(ApiRequest("GET", "/api/v1/watch?from=0"), room.view()).value(), 1U);
  EXPECT_FALSE(watch_from(ApiRequest("GET", "/api/v1/watch?from=all"), room.view()));
  EXPECT_EQ(watch_from(ApiRequest("GET", "/api/v1/watch?form=3"), room.view()).error().message,
            "watch takes no \"form\"; did you mean \"from\"?");
}

TEST_F(Routes, AWatchOfAFactThatIsFarFromComeIsRefused) {
  const auto watch = [&](Seq from) {
    return watch_from(ApiRequest("GET", "/api/v1/watch?from=" + std::to_string(from)), room.view());
  };
  const Seq last = room.health.durable;
  EXPECT_EQ(watch(last + 1).value(), last + 1);  // a watch that was cut off and had everything
  EXPECT_EQ(watch(last + 2).error().message, "fact " + std::to_string(last + 2) + " is not there, the last one is " +
                                                 std::to_string(last) + ": is it a number of another journal? Watch from " +
                                                 std::to_string(last + 1) + " or before");
}

TEST_F(Routes, AStreamBeyondTheEndBeginsWithTheNextFact) {
  const auto stream = [&](const std::string& query, const std::string& last_id) {
    return events_from("/api/v1/events" + query, last_id, room.view()).value();
  };
  const Seq next = room.health.durable + 1;
  EXPECT_EQ(stream("?from=999999", ""), next);
  EXPECT_EQ(stream("", "999999"), next);
  EXPECT_EQ(stream("?from=1", std::to_string(next - 2)), next - 1);
  EXPECT_FALSE(events_from("/api/v1/events?form=1", "", room.view()));
  EXPECT_FALSE(events_from("/api/v1/events?from=%zz", "", room.view()));
}

TEST_F(Routes, ACommandTakesNoQuery) {
  const auto c = command_of(ApiRequest("POST", "/api/v1/commands?by=ann", "{}"), room.view());
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().message, "commands takes no \"by\"");
}

TEST_F(Routes, ARefusalOfTheRoomIsAConflictWithItsWords) {
  const ApiResponse r = to_response(Answer{false, "no circuit is called \"x\"", 12}, "k");
  EXPECT_EQ(r.status, 409);
  EXPECT_EQ(parsed(r.body)["words"], "no circuit is called \"x\"");
  EXPECT_EQ(parsed(r.body)["seq"], 12);
  EXPECT_EQ(to_response(Answer{true, "done", 12}, "k").status, 200);
}

}  // namespace
}  // namespace greenroom
