#include "firmware-bridge/progress.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace greenroom {
namespace {

constexpr Ecid the_mac{0xC11223344556E};
constexpr std::string_view erased_line =
    "22:46:07.447 <Verbose> Checkpoint completed id: 0x61F (format_effaceable_storage) result=0";

void feed(RestoreLog& log, const std::string& name, EngineStream stream) {
  std::ifstream file(std::string(GREENROOM_SOURCE_DIR) + "/tests/firmware-bridge/captures/" + name +
                     (stream == EngineStream::out ? ".stdout" : ".stderr"));
  ASSERT_TRUE(file.is_open()) << name;
  for (std::string line; std::getline(file, line);) log.line(stream, line);
}

RestoreLog replay(const std::string& name, RestoreKind kind = RestoreKind::erase, Ecid ecid = the_mac) {
  RestoreLog log(kind, ecid);
  feed(log, name, EngineStream::err);
  feed(log, name, EngineStream::out);
  return log;
}

RestoreLog said(std::initializer_list<std::string_view> err, RestoreKind kind = RestoreKind::erase) {
  RestoreLog log(kind, the_mac);
  for (const auto line : err) log.line(EngineStream::err, line);
  return log;
}

// ---- captures of real engines -----------------------------------------------------------------------------------------

TEST(RestoreLog, CompletesASuccessfulRun) {
  const auto log = replay("success");
  const auto outcome = log.finish(0);
  EXPECT_TRUE(outcome.completed) << outcome.cause;
  EXPECT_EQ(outcome.evidence.serial, "C02FK0TESTQ6");
  EXPECT_EQ(outcome.evidence.ecid, the_mac);
  EXPECT_EQ(outcome.evidence.os, OsState::installed);
  EXPECT_EQ(log.progress().stage, RestoreStage::done);
  EXPECT_EQ(log.progress().percent, 100);
}

TEST(RestoreLog, NeverTakesASuccessForAnErasure) {
  // That stand-in Mac never reported the erase checkpoint.
  EXPECT_EQ(replay("success").finish(0).evidence.erased, Erased::unconfirmed);
}

TEST(RestoreLog, ClaimsNoInstalledSystemWhenNoneWasSent) {
  const auto outcome = replay("shortest-restored").finish(0);
  EXPECT_TRUE(outcome.completed);
  EXPECT_EQ(outcome.evidence.os, OsState::unknown);
  EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
}

TEST(RestoreLog, ReadsTheErasureOutOfThePlistsOfVersionOne) {
  const auto outcome = replay("t2-1.0.0", RestoreKind::erase, Ecid{0x1A2B3C4D5E6F70}).finish(0);
  EXPECT_TRUE(outcome.completed) << outcome.cause;
  EXPECT_EQ(outcome.evidence.erased, Erased::confirmed);
  EXPECT_EQ(outcome.evidence.checkpoint, "CHECKPOINT_ID 1567 (format_effaceable_storage) result 0");
  EXPECT_EQ(outcome.evidence.os, OsState::none) << "a T2 restore leaves no macOS";
  EXPECT_EQ(outcome.evidence.serial, "C02FK0TESTQ6");
}

struct Failed {
  const char* capture;
  int exit_code;
  const char* cause;  // a part of it
  const char* owner;
  bool past_erase_point;
  RestoreStage stage;
};
void PrintTo(const Failed& f, std::ostream* out) { *out << f.capture; }

class FailedRun : public testing::TestWithParam<Failed> {};
TEST_P(FailedRun, HasItsCauseItsRemedyAndItsOwner) {
  const auto log = replay(GetParam().capture);
  const auto outcome = log.finish(GetParam().exit_code);
  EXPECT_FALSE(outcome.completed);
  EXPECT_NE(outcome.cause.find(GetParam().cause), std::string::npos) << outcome.cause;
  EXPECT_FALSE(outcome.remedy.empty());
  EXPECT_EQ(outcome.owner, GetParam().owner);
  EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
  EXPECT_EQ(log.past_erase_point(), GetParam().past_erase_point);
  EXPECT_EQ(log.progress().stage, GetParam().stage) << to_string(log.progress().stage);
  // Detecting and preparing are the first 12 % of a run; what follows them is past the erase point.
  EXPECT_LT(log.progress().percent, 100);
  EXPECT_EQ(log.progress().percent >= 12, GetParam().past_erase_point) << log.progress().percent;
}
using enum RestoreStage;
INSTANTIATE_TEST_SUITE_P(
    Captured, FailedRun,
    testing::Values(Failed{"too-old", 255, "too old", "bench_owner", false, detect},
                    Failed{"no-device", 1, "found no Mac", "technician", false, detect},
                    Failed{"wrong-ecid", 1, "found no Mac", "technician", false, detect},
                    Failed{"wrong-model", 1, "not for this model", "recipe_owner", false, detect},
                    Failed{"no-build-identity", 1, "no erase-install identity", "recipe_owner", false, detect},
                    Failed{"missing-component", 1, "lacks a component", "recipe_owner", false, prepare},
                    Failed{"not-an-ipsw", 255, "cannot be opened", "recipe_owner", false, detect},
                    Failed{"tss-refused", 1, "no ticket", "network", false, prepare},
                    Failed{"tss-unreachable", 1, "no ticket", "network", false, prepare},
                    Failed{"tss-garbage", 1, "no ticket", "network", false, prepare},
                    Failed{"tss-http500", 1, "no ticket", "network", false, prepare},
                    Failed{"tss-refused-debug", 1, "refused this build", "recipe_owner", false, prepare},
                    Failed{"unplug-during-ibss", 1, "first boot image was sent", "technician", false, boot_images},
                    Failed{"vanish-after-ibss", 1, "(iBSS)", "technician", false, boot_images},
                    Failed{"ibss-ignored", 1, "(iBSS)", "technician", false, boot_images},
                    Failed{"ibss-back-to-dfu", 1, "fell back to DFU", "technician", false, boot_images},
                    Failed{"vanish-after-ibec", 1, "(iBEC)", "technician", false, boot_images},
                    Failed{"unplug-in-recovery", 1, "restore system was sent", "technician", false, recovery},
                    Failed{"back-in-recovery", 1, "refused the restore system", "bench_owner", false,
                           waiting_for_restore_mode},
                    Failed{"usbmuxd-missing", 1, "gate stayed shut", "bench_owner", false, waiting_for_restore_mode},
                    Failed{"restore-mode-other-ecid", 1, "another Mac came", "bench_owner", false, waiting_for_restore_mode},
                    Failed{"restored-status", 1, "the Mac itself reported", "repair", true, restoring},
                    Failed{"restored-crash", 1, "went silent", "technician", true, restoring},
                    Failed{"restored-midway", 1, "went silent", "technician", true, restoring},
                    Failed{"tss-without-ticket", 1, "gave no ticket", "network", true, restoring},
                    Failed{"cancelled", 1, "was ended", "technician", false, boot_images},
                    Failed{"cancelled-in-recovery", 1, "was ended", "technician", false, boot_images}));

// A git build asks the Mac's iBoot for its stage before it sends the second boot image: a Mac that answered was in recovery,
// and no fall back to DFU kept the image from it.
TEST(RestoreLog, ACableThatComesOutWhileTheSecondBootImageIsSentIsTheLinksFault) {
  for (const char* why : {"Unable to upload data to device", "Invalid input"}) {  // it went amid the image, or before it
    const std::string broken = std::string("22:47:34.946   <Error> Unable to send iBEC component: ") + why;
    const auto outcome =
        said({"22:47:34.798    <Info> iBoot boot-stage=1", "22:47:34.806    <Info> Sending iBEC (204142 bytes)...", broken,
              "22:47:34.946   <Error> Unable to send iBEC to device",
              "22:47:34.946   <Error> Unable to place device into recovery mode from DFU mode"})
            .finish(1);
    EXPECT_EQ(outcome.cause, "the USB link broke while the second boot image was sent");
    EXPECT_EQ(outcome.remedy, "try another cable and port, then DFU again");
    EXPECT_EQ(outcome.owner, "technician");
  }
}

// 1.0.0 does not ask, and says no more than this of either.
TEST(RestoreLog, WhereNothingTellsAFallBackToDfuFromACableBothAreNamed) {
  const auto outcome = said({"ERROR: Unable to send iBEC to device."}).finish(255);
  EXPECT_EQ(outcome.cause, "the second boot image did not reach the Mac: it fell back to DFU, or its cable came out");
}

class CompletedRun : public testing::TestWithParam<const char*> {};
TEST_P(CompletedRun, EndsAtDoneAndAtOneHundred) {
  const auto log = replay(GetParam());
  const auto outcome = log.finish(0);
  EXPECT_TRUE(outcome.completed) << outcome.cause;
  EXPECT_EQ(outcome.cause + outcome.remedy + outcome.owner, "");
  EXPECT_EQ(log.progress().stage, done);
  EXPECT_EQ(log.progress().percent, 100);
  EXPECT_EQ(outcome.evidence.serial, "C02FK0TESTQ6");
  EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed) << "that stand-in Mac never reported the erase checkpoint";
}
// The last: a boot image that was no image was sent as nothing, and the engine said DONE all the same.
INSTANTIATE_TEST_SUITE_P(Captured, CompletedRun,
                         testing::Values("success", "success-debug", "success-deflated-os", "success-from-recovery",
                                         "success-kis", "success-no-reverse-proxy", "success-second-mac-present",
                                         "shortest-restored", "component-not-im4p"));

TEST(RestoreLog, IsNotCompletedWithoutDoneWhateverTheExitCode) {
  EXPECT_FALSE(replay("restored-midway").finish(0).completed);
}

TEST(RestoreLog, IsNotCompletedByDoneWithAnotherExitCode) { EXPECT_FALSE(replay("success").finish(1).completed); }

TEST(RestoreLog, TrustsNothingOfARunOnAnotherMac) {
  auto log = replay("success", RestoreKind::erase, Ecid{0x1});
  log.line(EngineStream::err, erased_line);
  const auto outcome = log.finish(0);
  EXPECT_FALSE(outcome.completed);
  EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
  EXPECT_NE(outcome.cause.find("another Mac"), std::string::npos);
}

// What Port DFU shows is the port controller's ECID (macs facts, 1.3); the Mac says its own in its restore OS.
RestoreLog from_port_dfu() {
  RestoreLog log(RestoreKind::erase, Ecid{0x11E5});
  for (const char* line : {"Found device in Port DFU mode", "ECID: 4581", "UniqueChipID: 99"})
    log.line(EngineStream::err, std::string("12:00:00.000    <Info> ").append(line));
  log.line(EngineStream::err, erased_line);
  return log;
}

TEST(RestoreLog, BelievesTheMacsOwnEcidAfterPortDfu) {
  const auto evidence = from_port_dfu().finish(1).evidence;
  EXPECT_EQ(evidence.ecid, Ecid{99});
  EXPECT_EQ(evidence.erased, Erased::confirmed);
}

TEST(RestoreLog, TrustsNothingOfARunOnTwoMacsAfterPortDfu) {
  RestoreLog log = from_port_dfu();
  log.line(EngineStream::err, "12:00:00.000    <Info> UniqueChipID: 98");
  EXPECT_EQ(log.finish(1).evidence.erased, Erased::unconfirmed);
}

TEST(RestoreLog, WaitsForRestoreModeWhileTheGateIsShut) {
  EXPECT_EQ(replay("usbmuxd-missing").progress().stage, RestoreStage::waiting_for_restore_mode);
}

// ---- evidence -----------------------------------------------------------------------------------------------------------

TEST(Checkpoint, ConfirmsTheErasure) {
  const auto evidence = said({erased_line}).finish(0).evidence;
  EXPECT_EQ(evidence.erased, Erased::confirmed);
  EXPECT_EQ(evidence.checkpoint, "Checkpoint completed id: 0x61F (format_effaceable_storage) result=0");
}

TEST(Checkpoint, OfARevivePromisesNothing) {
  EXPECT_EQ(said({erased_line}, RestoreKind::revive).finish(0).evidence.erased, Erased::unconfirmed);
}

TEST(Checkpoint, StandsEvenWhenTheRunFailsLater) {
  EXPECT_EQ(said({erased_line, "22:46:08.456   <Error> Unable to restore device"}).finish(1).evidence.erased,
            Erased::confirmed);
}

TEST(Checkpoint, WithAnotherResultIsAFailedErasure) {
  const auto log = said({"22:46:07.447 <Verbose> Checkpoint completed id: 0x61F (format_effaceable_storage) result=5"});
  EXPECT_EQ(log.finish(0).evidence.erased, Erased::failed);
}

TEST(Checkpoint, ThatFailedIsAFailedErasureAndNamedInTheCause) {
  const auto log = said({"22:46:07.447 <Verbose> Checkpoint FAILURE id: 0x61F (format_effaceable_storage) no such device",
                         "22:46:08.456   <Error> Unable to successfully restore device"});
  const auto outcome = log.finish(1);
  EXPECT_EQ(outcome.evidence.erased, Erased::failed);
  EXPECT_NE(outcome.cause.find("0x61F"), std::string::npos);
}

TEST(Checkpoint, IsTheDevicesLatestWord) {
  const auto log =
      said({"22:46:07.447 <Verbose> Checkpoint FAILURE id: 0x61F (format_effaceable_storage) busy", erased_line});
  EXPECT_EQ(log.finish(0).evidence.erased, Erased::confirmed);
}

class NoEvidence : public testing::TestWithParam<const char*> {};
TEST_P(NoEvidence, LeavesTheErasureUnconfirmed) {
  EXPECT_EQ(said({"22:46:07.445 <Verbose> Previous Restore Log Received:", GetParam()}).finish(0).evidence.erased,
            Erased::unconfirmed);
}
INSTANTIATE_TEST_SUITE_P(
    Lines, NoEvidence,
    testing::Values("22:46:07.447 <Verbose> Checkpoint started   id: 0x61F (format_effaceable_storage)",
                    "22:46:07.447 <Verbose> Checkpoint completed id: 0x6FF (finish) result=0",
                    "22:46:07.447 <Verbose> Checkpoint completed id: 0x61F (something_else) result=0",
                    "22:46:07.447 <Verbose> Checkpoint completed id: 0x61F (format_effaceable_storage) result=",
                    "22:46:07.447 <Verbose> Checkpoint completed id: 0x61F (format_effaceable_storage) result=0 later",
                    "22:46:07.447 <Verbose> Checkpoint completed id: 0x61F (format_effaceable_storage",
                    "22:46:07.447    <Info> Checkpoint completed id: 0x61F (format_effaceable_storage) result=0",
                    // a line of the device's own log, which stands unstamped below its heading
                    "Checkpoint completed id: 0x61F (format_effaceable_storage) result=0"));

TEST(Checkpoint, InAPlistIsNotReadFromAGitBuild) {
  auto log = said({"22:46:07.445 <Verbose> Previous Restore Log Received:"});
  feed(log, "t2-1.0.0", EngineStream::out);
  EXPECT_EQ(log.finish(0).evidence.erased, Erased::unconfirmed);
}

TEST(Serial, OfTwoMacsInOneRunVoidsItsEvidence) {
  const auto log = said({erased_line, "22:46:03.470    <Info> INFO: device serial number is C02FK0TESTQ6",
                         "22:46:03.471    <Info> INFO: device serial number is C02FK0TESTQ7"});
  EXPECT_EQ(log.finish(0).evidence.erased, Erased::unconfirmed);
}

TEST(Serial, ThatIsGarbledIsNotTaken) {
  EXPECT_EQ(said({"22:46:03.470    <Info> INFO: device serial number is C02?K0TESTQ6"}).finish(0).evidence.serial, "");
}

// ---- progress -----------------------------------------------------------------------------------------------------------

int percent_after(std::initializer_list<std::string_view> out) {
  RestoreLog log(RestoreKind::erase, the_mac);
  for (const auto line : out) log.line(EngineStream::out, line);
  return log.progress().percent;
}

TEST(Progress, HoldsItsMaximumWhenTheEngineGoesBack) {
  EXPECT_EQ(percent_after({"progress: 2 1.000000", "progress: 2 0.340000"}), percent_after({"progress: 2 1.000000"}));
}

TEST(Progress, GrowsWithTheFileSystem) {
  EXPECT_GT(percent_after({"progress: 2 0.900000"}), percent_after({"progress: 2 0.100000"}));
}
TEST(Progress, StaysBelowOneHundredBeforeDone) {
  EXPECT_LT(percent_after({"progress: 6 1.000000", "progress: 7 1.000000"}), 100);
}
TEST(Progress, TakesNoFractionBeyondOne) {
  EXPECT_EQ(percent_after({"progress: 1 9.000000"}), percent_after({"progress: 1 1.000000"}));
}
TEST(Progress, SkipsAStepItDoesNotKnow) { EXPECT_EQ(percent_after({"progress: 8 1.000000"}), 0); }
TEST(Progress, SkipsWhatIsNoNumber) {
  EXPECT_EQ(percent_after({"progress: 2 nan", "progress: 2 inf", "progress: 2", "progress: x 1.0"}), 0);
}
TEST(Progress, TakesNothingFromTransferBars) { EXPECT_EQ(percent_after({"Uploading:   1.0", "BaseSystem:   1.0"}), 0); }

TEST(Killed, SaysWhereTheRunStoodAndWhetherTheMacMayBeHalfErased) {
  auto log = said({"22:46:07.440    <Info> About to restore device... "});
  EXPECT_TRUE(log.past_erase_point());
  const auto outcome = log.finish(std::nullopt);
  EXPECT_FALSE(outcome.completed);
  EXPECT_NE(outcome.cause.find("restoring"), std::string::npos);
  EXPECT_NE(outcome.remedy.find("half erased"), std::string::npos);
}

}  // namespace
}  // namespace greenroom
