// An Apple-silicon model Mac restored by the product's ProcessEngine, its gate, and the stand-in engine that makes the
// transfers itself. What that proves, and what not: docs/testing.md.
#include <gmock/gmock.h>

#include "tests/support/engine_rig.hpp"

namespace greenroom::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class AppleSilicon : public RestoreByEngine {
 protected:
  AppleSilicon() : RestoreByEngine(m1_firmware()) { engine_orders(""); }

  [[nodiscard]] std::vector<std::string> words_for(const RestoreMac& mac, RestoreKind kind) const override {
    return stand_in_for(mac, kind);
  }
  // With its gate opened from the start.
  RestoreOutcome restore(RestoreMac& mac) {
    const Job& job = begin(mac);
    EXPECT_TRUE(run(engine_->permit(job.id)));
    return outcome_of(job);
  }
  static void expect_untouched(const RestoreOutcome& outcome, RestoreMac& mac) {
    EXPECT_FALSE(outcome.completed);
    EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
    EXPECT_EQ(mac.os().starts, 0);
    EXPECT_FALSE(mac.os().erased);
    EXPECT_NE(outcome.cause, "");
    EXPECT_NE(outcome.remedy, "");
  }
};

TEST_F(AppleSilicon, AMacIsErasedFromDfuToTheEndAndItsEvidenceIsTheDevicesOwnCheckpoint) {
  RestoreMac& mac = add_mac();
  const Job& job = begin(mac);
  ASSERT_TRUE(until_it_stands_at_the_gate(job));
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_TRUE(run(engine_->permit(job.id)));
  const RestoreOutcome outcome = outcome_of(job);
  expect_erased(outcome, mac, OsState::installed);
  EXPECT_THAT(outcome.evidence.checkpoint, HasSubstr("0x61F"));
  EXPECT_THAT(tss_.signed_for, ElementsAre(mac.identity().ecid));
  expect_nothing_wrong();
}

TEST_F(AppleSilicon, AMacBehindAShutGateNeverSeesStartRestore) {
  RestoreMac& mac = add_mac();
  const Job& job = begin(mac);
  ASSERT_TRUE(until_it_stands_at_the_gate(job));
  ASSERT_TRUE(run(engine_->stop(job.id)));
  expect_untouched(outcome_of(job), mac);
  EXPECT_EQ(usbmuxd_.listeners(), 0U);
  expect_nothing_wrong();
}

TEST_F(AppleSilicon, ARestoreOsThatOnlySaysThatAllIsWellConfirmsNothing) {
  RestoreMac& mac = add_mac();
  mac.os().lies = true;
  const RestoreOutcome outcome = restore(mac);
  EXPECT_TRUE(outcome.completed) << outcome.cause;
  EXPECT_EQ(outcome.evidence.erased, Erased::unconfirmed);
  EXPECT_FALSE(mac.os().erased);
}

// ---- the same Mac in KIS ----

TEST_F(AppleSilicon, AMacThatArrivesInKisIsErasedFromThereToTheEnd) {
  RestoreMac& mac = add_mac(MacBoot::Arrival::kis);
  const Job& job = begin(mac);
  ASSERT_TRUE(until_it_stands_at_the_gate(job));
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_TRUE(run(engine_->permit(job.id)));
  expect_erased(outcome_of(job), mac, OsState::installed);
  expect_nothing_wrong();
}

TEST_F(AppleSilicon, AMacInKisStaysThereWithAWrongFirstImage) {
  RestoreMac& mac = add_mac(MacBoot::Arrival::kis);
  engine_orders("spoil iBSS\n");
  expect_untouched(restore(mac), mac);
  EXPECT_EQ(mac.stage(), MacBoot::Stage::dfu);
  EXPECT_THAT(mac.wrong(), ElementsAre("iBSS: another payload"));
}

// ---- and one whose port controller comes first ----

class PortDfu : public AppleSilicon {
 protected:
  // Its job is begun under the only ECID that is there: the port controller's.
  [[nodiscard]] std::uint64_t job_ecid(const RestoreMac& mac) const override { return mac.port_ecid(); }
};

TEST_F(PortDfu, AMacIsErasedFromThereAndTheEvidenceIsOfItsOwnEcid) {
  RestoreMac& mac = add_mac(MacBoot::Arrival::port_dfu);
  const Job& job = begin(mac);
  ASSERT_TRUE(until_it_stands_at_the_gate(job));
  EXPECT_EQ(mac.os().starts, 0);
  EXPECT_TRUE(run(engine_->permit(job.id)));
  expect_erased(outcome_of(job), mac, OsState::installed);
  expect_nothing_wrong();
}

TEST_F(PortDfu, AMacWhosePortTakesNotItsFirmwareStaysThereWithItsCause) {
  RestoreMac& mac = add_mac(MacBoot::Arrival::port_dfu);
  engine_orders("spoil USBPortController1,USBFirmware\n");
  const RestoreOutcome outcome = restore(mac);
  expect_untouched(outcome, mac);
  EXPECT_EQ(mac.stage(), MacBoot::Stage::port_dfu);
  EXPECT_EQ(outcome.cause, "the Mac's port controller did not come back");
  EXPECT_THAT(mac.wrong(), ElementsAre("another firmware or ticket of the port controller"));
}

// ---- what is sent wrongly, or not at all, before the erase point ----

struct Mistake {
  const char* order;
  const char* seen;   // by the Mac
  const char* cause;  // told by the product
};
class BeforeTheErasePoint : public AppleSilicon, public testing::WithParamInterface<Mistake> {};
TEST_P(BeforeTheErasePoint, AMistakeLeavesTheMacUnerasedWithItsCause) {
  RestoreMac& mac = add_mac();
  engine_orders(GetParam().order);
  const RestoreOutcome outcome = restore(mac);
  expect_untouched(outcome, mac);
  EXPECT_THAT(mac.wrong(), Contains(GetParam().seen));
  EXPECT_EQ(outcome.cause, GetParam().cause);
}
constexpr const char* no_ibss = "the Mac did not come back after the first boot image (iBSS)";
constexpr const char* no_ibec = "the Mac did not come back after the second boot image (iBEC)";
constexpr const char* no_restore_os = "the USB link broke while the restore system was sent";
INSTANTIATE_TEST_SUITE_P(
    Mistakes, BeforeTheErasePoint,
    testing::Values(Mistake{"spoil iBSS\n", "iBSS: another payload", no_ibss},
                    Mistake{"spoil ticket\n", "iBSS: another Mac's ticket", no_ibss},
                    Mistake{"spoil iBEC\n", "iBEC: another payload", no_ibec},
                    Mistake{"skip saveenv\n",
                            "'setenvnp boot-args rd=md0 nand-enable-reformat=1 -progress -restore' where 'saveenv' was due",
                            no_ibec},
                    Mistake{"skip ramdisk\n", "'devicetree' where 'ramdisk' was due", no_restore_os},
                    Mistake{"spoil RestoreKernelCache\n", "RestoreKernelCache: another payload", no_restore_os}));

struct Cut {
  MacBoot::Stage stage;
  int transfers;
  const char* cause;
};
class ACable : public AppleSilicon, public testing::WithParamInterface<Cut> {};
TEST_P(ACable, ThatComesOutAmongTheTransfersLeavesTheMacUnerasedWithItsCause) {
  RestoreMac& mac = add_mac();
  mac.cut_at(GetParam().stage, GetParam().transfers);
  const RestoreOutcome outcome = restore(mac);
  expect_untouched(outcome, mac);
  EXPECT_EQ(outcome.cause, GetParam().cause);
  EXPECT_EQ(mac.stage(), GetParam().stage);
}
INSTANTIATE_TEST_SUITE_P(
    Stages, ACable,
    testing::Values(Cut{MacBoot::Stage::dfu, 100, "the USB link broke while the first boot image was sent"},
                    Cut{MacBoot::Stage::ibss, 6, "the engine was ended, or the Mac vanished, before recovery"},
                    Cut{MacBoot::Stage::ibss, 20, "the USB link broke while the second boot image was sent"},
                    Cut{MacBoot::Stage::ibec, 40, no_restore_os}));

// ---- and after it: the model counts as erased only by its whole image ----

class AfterTheErasePoint : public AppleSilicon {
 protected:
  RestoreOutcome expect_not_erased(RestoreMac& mac) {
    const RestoreOutcome outcome = restore(mac);
    EXPECT_FALSE(outcome.completed);
    EXPECT_EQ(outcome.evidence.os, OsState::none);
    EXPECT_EQ(mac.os().starts, 1);
    EXPECT_FALSE(mac.os().erased);
    EXPECT_NE(outcome.remedy, "");
    return outcome;
  }
};

TEST_F(AfterTheErasePoint, ARootTicketThatIsNotTheMacsOwnEndsIt) {
  RestoreMac& mac = add_mac();
  engine_orders("spoil RootTicket\n");
  EXPECT_EQ(expect_not_erased(mac).cause, "the Mac's restore system went silent or the link broke");
  EXPECT_THAT(mac.wrong(), ElementsAre("RootTicket: not this Mac's ticket"));
}

TEST_F(AfterTheErasePoint, ASystemImageWithOneOtherByteEndsIt) {
  RestoreMac& mac = add_mac();
  engine_orders("spoil OS\n");
  expect_not_erased(mac);
  EXPECT_THAT(mac.wrong(), ElementsAre("ASR: other bytes at 1500000"));
}

TEST_F(AfterTheErasePoint, ACableThatComesOutAmidTheSystemImageEndsIt) {
  RestoreMac& mac = add_mac();
  mac.os().cable_out_at = 1'000'000;
  EXPECT_EQ(expect_not_erased(mac).cause, "the USB link gave out while the system image was sent");
  EXPECT_THAT(mac.wrong(), ElementsAre("ASR: the image broke off"));
}

}  // namespace
}  // namespace greenroom::test
