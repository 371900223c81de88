// The gate end to end (rules.md R4) for Apple silicon: a whole room's controller around the stand-in engine that makes the
// transfers, and a model Mac that arrives in DFU, in KIS or in Port DFU. What came of it is asked of the Mac.
#include <gmock/gmock.h>

#include "tests/support/room_rig.hpp"

namespace greenroom::test {
namespace {

using testing::IsEmpty;
using Arrival = MacBoot::Arrival;

class AppleSiliconRoom : public RoomRig, public testing::WithParamInterface<Arrival> {
 protected:
  AppleSiliconRoom() : RoomRig(m1_firmware()) { engine_orders(""); }
  [[nodiscard]] std::uint64_t job_ecid(const RestoreMac& mac) const override {
    return GetParam() == Arrival::port_dfu ? mac.port_ecid() : mac.identity().ecid;
  }
  Room& add() {
    Room& room = add_room(GetParam());
    room.engine = stand_in_for(room.mac);
    return room;
  }
};

TEST_P(AppleSiliconRoom, TheRightMacIsErasedByAPermitForTheEcidOfItsOwnDfu) {
  Room& room = add();
  start(room);
  ASSERT_TRUE(until(room, [&room] { return room.first<EvidenceRecorded>() != nullptr; }));
  EXPECT_TRUE(room.mac.os().erased);
  EXPECT_EQ(room.mac.os().starts, 1);
  const EvidenceRecorded& evidence = *room.first<EvidenceRecorded>();
  EXPECT_EQ(evidence.erased, "confirmed");
  EXPECT_EQ(evidence.serial, room.mac.identity().serial);
  EXPECT_EQ(evidence.ecid, room.mac.identity().ecid);
  ASSERT_NE(room.first<GatePermitted>(), nullptr);
  EXPECT_EQ(room.first<GatePermitted>()->ecid, room.mac.identity().ecid);
  expect_nothing_wrong();
}

TEST_P(AppleSiliconRoom, AnothersSerialIsRefusedAndTheMacIsPutBack) {
  Room& room = add();
  room.mac.shows({other_serial});
  start(room);
  EXPECT_TRUE(until(room, [&room] { return room.put_back() && room.mac.stage() == MacBoot::Stage::booted; }));
  EXPECT_EQ(room.mac.os().starts, 0);
  EXPECT_FALSE(room.mac.os().erased);
  EXPECT_FALSE(room.permitted());
  EXPECT_THAT(room.mac.wrong(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Arrivals, AppleSiliconRoom, testing::Values(Arrival::dfu, Arrival::kis, Arrival::port_dfu));

}  // namespace
}  // namespace greenroom::test
