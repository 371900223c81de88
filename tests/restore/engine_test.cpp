// The product's ProcessEngine and its gate around Debian's idevicerestore 1.0.0, on model T2 Macs. What that proves, and
// what not: docs/testing.md.
#include <gmock/gmock.h>

#include "tests/support/engine_rig.hpp"

namespace greenroom::test {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

TEST_F(RestoreByEngine, FourMacsInTestbedsOfTheirOwnAreErasedAtOnceAndEachEvidenceIsItsOwn) {
  for (int i = 0; i < 4; ++i) begin(add_mac());
  for (const Job& job : jobs_) {
    ASSERT_TRUE(until_it_stands_at_the_gate(job));
    EXPECT_EQ(job.mac->os().starts, 0);
    EXPECT_TRUE(run(engine_->permit(job.id)));
  }
  std::vector<std::uint64_t> all;
  for (const Job& job : jobs_) {
    expect_erased(outcome_of(job), *job.mac);
    all.push_back(job.mac->identity().ecid);
  }
  EXPECT_THAT(tss_.signed_for, UnorderedElementsAreArray(all));
  expect_nothing_wrong();
}

TEST_F(RestoreByEngine, AMacBehindAShutGateNeverSeesStartRestore) {
  RestoreMac& mac = add_mac();
  const Job& job = begin(mac);
  ASSERT_TRUE(until_it_stands_at_the_gate(job));
  ASSERT_TRUE(run(engine_->stop(job.id)));
  const RestoreOutcome outcome = outcome_of(job);
  EXPECT_FALSE(outcome.completed);
  EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
  EXPECT_THAT(outcome.cause, HasSubstr("waiting_for_restore_mode"));
  EXPECT_THAT(outcome.remedy, HasSubstr("not erased"));
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_FALSE(mac.os().erased);
  EXPECT_EQ(usbmuxd_.listeners(), 0U);  // it never came as far as usbmuxd
  expect_nothing_wrong();
}

TEST_F(RestoreByEngine, AControllerKilledAfterItsGateOpenedLeavesARestoreThatTheNextOneAdopts) {
  RestoreMac& mac = add_mac();
  const RestoreJob job = job_for(mac);
  std::vector<std::string> words{GREENROOM_CONTROLLER_PROGRAM,
                                 gate_program_,
                                 path("jobs"),
                                 path("upstream"),
                                 std::to_string(static_cast<std::uint64_t>(job.id)),
                                 to_hex(job.ecid),
                                 job.firmware};
  for (const std::string& word : engine_for(mac)) words.push_back(word);
  const pid_t controller = spawn_program(words);
  ASSERT_TRUE(in_time_for_a_restore([&mac] { return mac.os().starts == 1; }));
  const auto was = process_id(controller);
  ASSERT_TRUE(was);  // it still follows: the restore has just begun
  ASSERT_EQ(kill(controller, SIGKILL), 0);
  ASSERT_EQ(waitpid(controller, nullptr, 0), controller);
  EXPECT_FALSE(std::filesystem::exists(job_path(static_cast<std::uint64_t>(job.id), "exit")));

  expect_erased(attach_to_the_end(job.id), mac);
  expect_nothing_wrong();
}

TEST_F(RestoreByEngine, ARestoreOsThatOnlySaysThatAllIsWellErasesNothingAndConfirmsNothing) {
  RestoreMac& mac = add_mac();
  mac.os().lies = true;
  const Job& job = begin(mac);
  ASSERT_TRUE(until_it_stands_at_the_gate(job));
  EXPECT_TRUE(run(engine_->permit(job.id)));
  const RestoreOutcome outcome = outcome_of(job);
  EXPECT_TRUE(outcome.completed) << outcome.cause;  // the engine is content: DONE, and exit 0
  EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
  EXPECT_EQ(outcome.evidence.checkpoint, "");
  EXPECT_EQ(mac.os().starts, 1);
  EXPECT_FALSE(mac.os().erased);
}

// ---- what 1.0.0 says when it cannot, and what the product makes of it; the Mac is left alone ----

class RestoreThatCannot : public RestoreByEngine {
 protected:
  RestoreOutcome outcome_with(const ModelFirmware& firmware) {
    write_ipsw(path("t2.ipsw"), firmware);
    return outcome();
  }
  RestoreOutcome outcome() {
    const RestoreOutcome outcome = outcome_of(begin(add_mac()));
    EXPECT_FALSE(outcome.completed);
    EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
    EXPECT_EQ(macs_.back().stage(), MacBoot::Stage::dfu);
    return outcome;
  }
};

TEST_F(RestoreThatCannot, AnIpswOfAnotherModelIsForTheRecipesOwner) {
  ModelFirmware other = firmware_;
  other.product = "iBridge2,1";
  const auto outcome = outcome_with(other);
  EXPECT_EQ(outcome.cause, "the firmware is not for this model");
  EXPECT_EQ(outcome.owner, "recipe_owner");
}

TEST_F(RestoreThatCannot, AnIpswOfAnotherBoardIsForTheRecipesOwner) {
  ModelFirmware other = firmware_;
  other.board = "j137ap";
  const auto outcome = outcome_with(other);
  EXPECT_EQ(outcome.cause, "the firmware has no erase-install identity for this board");
  EXPECT_EQ(outcome.owner, "recipe_owner");
}

TEST_F(RestoreThatCannot, AnIpswWithoutABootImageIsForTheRecipesOwner) {
  write_ipsw(path("t2.ipsw"), firmware_, "iBEC");
  const auto lacking = outcome();
  EXPECT_EQ(lacking.cause, "the firmware file lacks a component that this Mac needs");
  EXPECT_EQ(lacking.owner, "recipe_owner");
}

TEST_F(RestoreThatCannot, ATruncatedIpswIsForTheRecipesOwner) {
  std::filesystem::resize_file(path("t2.ipsw"), std::filesystem::file_size(path("t2.ipsw")) / 2);
  const auto cut = outcome();
  EXPECT_EQ(cut.cause, "the firmware file cannot be opened");
  EXPECT_EQ(cut.owner, "recipe_owner");
}

TEST_F(RestoreThatCannot, ABuildThatIsNotSignedIsForTheRecipesOwner) {
  ModelFirmware other = firmware_;
  other.unique_build.back() ^= 1;
  const auto outcome = outcome_with(other);
  EXPECT_EQ(outcome.cause, "Apple's signing server refused this build for this Mac");
  EXPECT_EQ(outcome.owner, "recipe_owner");
  EXPECT_THAT(tss_.wrong, Each("another build"));
}

TEST_F(RestoreThatCannot, AMacThatIsNotThereIsForATechnician) {
  RestoreMac& mac = add_mac();
  mac.unplug();
  const RestoreOutcome outcome = outcome_of(begin(mac));
  EXPECT_EQ(outcome.cause, "the engine found no Mac with this ECID within 10 s");
  EXPECT_EQ(outcome.owner, "technician");
}

// 1.0.0 has the same words for a Mac that is in DFU again, and tells nothing else of either.
TEST_F(RestoreByEngine, ACableThatComesOutAmidTheSecondBootImageIsNotBlamedOnTheMacAlone) {
  RestoreMac& mac = add_mac();
  mac.cut_at(MacBoot::Stage::ibss, 5);
  const RestoreOutcome outcome = outcome_of(begin(mac));
  EXPECT_THAT(outcome.cause, HasSubstr("or its cable came out"));
  EXPECT_THAT(outcome.remedy, HasSubstr("check the cable"));
  EXPECT_EQ(outcome.owner, "technician");
  EXPECT_EQ(mac.stage(), MacBoot::Stage::ibss);
}

}  // namespace
}  // namespace greenroom::test
