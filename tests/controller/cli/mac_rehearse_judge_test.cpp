// What a rehearsal proves, from values: a run that went as it must, and what each thing that goes otherwise makes of it.
#include "controller/cli/mac_rehearse_judge.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace greenroom::cli {
namespace {

using namespace std::chrono_literals;

const PortPath own = *PortPath::parse("host/1-4"), other = *PortPath::parse("host/1-5");
constexpr const char* serial = "C02GR00001";
constexpr Ecid ecid{0x000C60A800010001};

Showing mode(Duration at, MacMode m, std::string says = "") { return {at, own, m, std::move(says), {}}; }
Showing gone(Duration at) { return {at, own, {}, "", {}}; }

// A Mac that was booted, rehearsed at a metered outlet, and is booted again.
RehearsalSeen whole() {
  RehearsalSeen seen(own, serial, 60s);
  seen.ecid = ecid;
  seen.timeline = {mode(0s, MacMode::booted, serial),
                   gone(10s),
                   mode(12s, MacMode::dfu),
                   gone(30s),
                   mode(31s, MacMode::recovery),
                   mode(33s, MacMode::recovery, serial),
                   gone(40s),
                   mode(45s, MacMode::restore),
                   gone(110s),
                   mode(111s, MacMode::recovery, serial),
                   gone(112s),
                   mode(140s, MacMode::booted, serial),
                   gone(200s),
                   mode(202s, MacMode::dfu),
                   gone(220s),
                   mode(221s, MacMode::recovery, serial),
                   gone(230s),
                   mode(235s, MacMode::restore),
                   gone(900s),
                   mode(940s, MacMode::booted, serial)};
  seen.shut.emplace();
  seen.shut->began = 25s;
  seen.shut->released = 106s;
  seen.shut->ended = 107s;
  seen.shut->furthest = RestoreStage::waiting_for_restore_mode;
  seen.intact = true;
  seen.open.emplace();
  seen.open->began = 210s;
  seen.open->ended = 905s;
  seen.open->permitted = true;
  seen.open->outcome.completed = true;
  seen.open->outcome.evidence.erased = Erased::confirmed;
  seen.open->outcome.evidence.checkpoint = "CHECKPOINT_ID 1567";
  seen.meter_lag = 2s;
  for (const Duration at : {15s, 18s, 21s, 50s, 60s, 70s}) seen.draws.push_back({at, 1s, Amps::of(at < 30s ? 0.1 : 0.4)});
  return seen;
}

PointItem at(const RehearsalSeen& seen, Point point) { return judge_rehearsal(seen)[static_cast<std::size_t>(point)]; }
bool says(const PointItem& item, const std::string& words) { return item.words.find(words) != std::string::npos; }
bool fails(const RehearsalSeen& seen, Point point, const std::string& words) {
  const PointItem item = at(seen, point);
  return item.result == PointResult::failed && says(item, words) && !item.remedy.empty();
}

TEST(MacRehearse, PassesWhenAllWentAsItMust) {
  const auto all = judge_rehearsal(whole());
  for (const PointItem& item : all)
    EXPECT_EQ(item.result, PointResult::passed) << to_string(item.point) << ": " << item.words;
  EXPECT_TRUE(all_passed(all));
  EXPECT_EQ(first_failed(all), nullptr);
}

TEST(MacRehearse, PointsStandInTheirOwnOrder) {
  const auto all = judge_rehearsal(whole());
  EXPECT_EQ(all.size(), 10U);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.point < b.point; }));
}

TEST(MacRehearse, HasReachedNothingAtItsStart) {
  const RehearsalSeen seen(own, serial, 60s);
  for (const PointItem& item : judge_rehearsal(seen)) EXPECT_NE(item.result, PointResult::passed) << to_string(item.point);
  EXPECT_FALSE(all_passed(judge_rehearsal(seen)));
}

TEST(MacRehearse, TellsInWhichModeTheSerialNumberCameAndHowLate) {
  EXPECT_TRUE(says(at(whole(), Point::serial), "in recovery, 2.0 s after"));
}

TEST(MacRehearse, TakesNoSerialNumberFromBeforeTheEngine) {
  RehearsalSeen seen = whole();
  for (Showing& w : seen.timeline)
    if (w.mode == MacMode::recovery) w.serial.clear();
  EXPECT_TRUE(fails(seen, Point::serial, "never said its serial number"));
}

TEST(MacRehearse, FailsForAMacThatSaysAnothersSerialNumber) {
  RehearsalSeen seen = whole();
  for (Showing& w : seen.timeline)
    if (w.mode == MacMode::recovery && !w.serial.empty()) w.serial = "C02GR00002";
  EXPECT_TRUE(fails(seen, Point::serial, "C02GR00002, and C02GR00001 was typed"));
}

TEST(MacRehearse, FailsWhenTheEngineCamePastTheShutGate) {
  RehearsalSeen seen = whole();
  seen.shut->furthest = RestoreStage::restoring;
  EXPECT_TRUE(fails(seen, Point::shut_gate, "came past the shut gate"));
  seen = whole();
  seen.shut->outcome.evidence.checkpoint = "CHECKPOINT_ID 1567";
  EXPECT_TRUE(fails(seen, Point::shut_gate, "came past the shut gate"));
}

TEST(MacRehearse, FailsWhenTheGateWasOpenedInTheRunThatIsToStayShut) {
  RehearsalSeen seen = whole();
  seen.shut->permitted = true;
  EXPECT_TRUE(fails(seen, Point::shut_gate, "was opened"));
}

TEST(MacRehearse, FailsWhenTheEngineWasEndedTooSoonBehindTheGate) {
  RehearsalSeen seen = whole();
  seen.shut->released = 104s;  // 59 s after restore mode came
  EXPECT_TRUE(fails(seen, Point::shut_gate, "did not stay in its restore OS for 60.0 s"));
}

TEST(MacRehearse, FailsWhenTheMacLeftItsRestoreOsBehindTheGate) {
  RehearsalSeen seen = whole();
  seen.timeline.insert(seen.timeline.begin() + 8, {gone(80s), mode(82s, MacMode::restore)});
  EXPECT_TRUE(fails(seen, Point::shut_gate, "did not stay in its restore OS"));
}

TEST(MacRehearse, TellsTheEnginesOwnCauseWhenItNeverCameToTheGate) {
  RehearsalSeen seen = whole();
  seen.shut->released.reset();
  seen.shut->outcome.cause = "the engine found no Mac";
  seen.shut->outcome.remedy = "check the cable";
  EXPECT_TRUE(fails(seen, Point::shut_gate, "the engine found no Mac"));
}

TEST(MacRehearse, CountsNoBootOfAMacThatDoesNotSayWhoItIs) {
  RehearsalSeen seen = whole();
  seen.timeline.back().serial.clear();
  EXPECT_EQ(at(seen, Point::boots).result, PointResult::not_reached);
  seen.timeline.back().ecid = ecid;
  EXPECT_EQ(at(seen, Point::boots).result, PointResult::passed);
}

TEST(MacRehearse, FailsWhenAnotherMacBootsInItsPlace) {
  RehearsalSeen seen = whole();
  seen.timeline.back().serial = "C02GR00002";
  EXPECT_TRUE(fails(seen, Point::boots, "another Mac booted there"));
}

TEST(MacRehearse, TakesNoBootOfBeforeTheRunForPutBack) {
  RehearsalSeen seen = whole();
  seen.timeline.erase(seen.timeline.begin() + 11, seen.timeline.end());
  EXPECT_EQ(at(seen, Point::put_back).result, PointResult::not_reached);
}

TEST(MacRehearse, TakesABootThatCameBeforeTheEngineHadEnded) {
  RehearsalSeen seen = whole();
  seen.open->ended = 950s;
  EXPECT_EQ(at(seen, Point::boots).result, PointResult::passed);
}

TEST(MacRehearse, FailsWhenAPersonFindsTheDataChanged) {
  RehearsalSeen seen = whole();
  seen.intact = false;
  EXPECT_TRUE(fails(seen, Point::data, "not as they were"));
}

TEST(MacRehearse, FailsWithoutTheCheckpointOfTheErasure) {
  RehearsalSeen seen = whole();
  seen.open->outcome.evidence = {};
  EXPECT_TRUE(fails(seen, Point::erased, "unconfirmed"));
  seen.open->outcome.evidence.erased = Erased::confirmed;
  EXPECT_TRUE(fails(seen, Point::erased, "unconfirmed"));
}

TEST(MacRehearse, FailsWhenItShowedItselfAtAnotherPort) {
  RehearsalSeen seen = whole();
  seen.timeline.push_back({950s, other, MacMode::booted, serial, {}});
  EXPECT_TRUE(fails(seen, Point::own_port, "host/1-5"));
}

TEST(MacRehearse, TakesTheMedianOfReadingsInEachMode) {
  EXPECT_TRUE(says(at(whole(), Point::draw_in_dfu), "0.100 A, the median of 3"));
  EXPECT_TRUE(says(at(whole(), Point::draw_in_restore), "0.400 A, the median of 3"));
}

TEST(MacRehearse, TakesNoReadingThatTheMetersLagMayHaveSpoilt) {
  RehearsalSeen seen = whole();
  seen.draws.front().at = 13s;  // DFU came at 12 s, and the meter lags 2 s
  EXPECT_EQ(draws_of(seen, DrawOf::dfu).size(), 2U);
  EXPECT_TRUE(fails(seen, Point::draw_in_dfu, "2 readings, and 3 are needed"));
}

TEST(MacRehearse, TakesNoReadingDuringWhichTheMacLeft) {
  RehearsalSeen seen = whole();
  seen.draws[2] = {29500ms, 1s, Amps::of(3.0)};
  EXPECT_EQ(draws_of(seen, DrawOf::dfu).size(), 2U);
}

TEST(MacRehearse, PassesWhereNothingMeters) {
  RehearsalSeen seen = whole();
  seen.meter_lag.reset();
  seen.draws.clear();
  EXPECT_EQ(at(seen, Point::draw_in_dfu).result, PointResult::not_metered);
  EXPECT_TRUE(all_passed(judge_rehearsal(seen)));
}

TEST(MacRehearse, FailsAtThePointAtWhichItCouldNotGoOn) {
  RehearsalSeen seen(own, serial, 60s);
  seen.broke = Broke{Point::dfu, "the Mac did not show DFU", "try another cable"};
  EXPECT_TRUE(fails(seen, Point::dfu, "did not show DFU"));
  EXPECT_EQ(first_failed(judge_rehearsal(seen))->remedy, "try another cable");
}

}  // namespace
}  // namespace greenroom::cli
