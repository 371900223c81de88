// A check-in with the device management: when it proves that the Mac reported itself after its erase (R12).
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

using std::chrono::minutes;

struct Permitted : Rig {
  Permitted() {
    import({row(2, mac_a)});
    engine = to_permit(mac_a, "1-01", ecid_a);
  }
  void check_in() { command(CommandKind::mdm_seen, mac_a); }
  std::uint64_t engine{};
};

TEST(MdmCheckIn, OneThatComesBeforeTheEvidenceIsNotLost) {
  Permitted p;
  p.now += minutes{20};
  p.gone("1-01");
  p.check_in();
  p.erased(p.engine, mac_a, ecid_a);
  EXPECT_TRUE(p.visit().mdm_reported);
  EXPECT_EQ(p.at(), "move hands");
}

TEST(MdmCheckIn, OneSoonAfterThePermitMayBeTheOldSystems) {
  Permitted p;
  p.now += minutes{9};
  p.check_in();
  p.erased(p.engine, mac_a, ecid_a);
  EXPECT_FALSE(p.visit().mdm_reported);
  EXPECT_EQ(p.at(), "first_boot running");
}

TEST(MdmCheckIn, OneThatWasKeptProvesNothingWithoutEvidence) {
  Permitted p;
  p.now += minutes{20};
  p.check_in();
  p.erased(p.engine, mac_a, ecid_a, Erased::unconfirmed);
  EXPECT_EQ(p.visit().released, "");
  EXPECT_EQ(p.at(), "dfu running");  // erased again
}

TEST(MdmCheckIn, ANewRunForgetsTheCheckInOfTheRunBefore) {
  Permitted p;
  p.now += minutes{20};
  p.check_in();
  p.erased(p.engine, mac_a, ecid_a, Erased::unconfirmed);
  p.gone("1-01");
  p.shows("1-01", MacMode::dfu, "", ecid_a);
  p.result(p.last_effect("enter_dfu"), true);
  EXPECT_EQ(p.at(), "restore running");
  EXPECT_FALSE(p.visit().mdm_reported);
}

}  // namespace
}  // namespace greenroom::test
