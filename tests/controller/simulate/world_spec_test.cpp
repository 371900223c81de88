// What a room becomes in the simulated world: which device each PDU is, and how many outlets it has.
#include "controller/simulate/world_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "controller/simulate/load_dialect.hpp"
#include "hw/model/device_face.hpp"
#include "tests/support/room_text.hpp"

namespace greenroom::sim {
namespace {

using namespace test;

Room room_of(const std::string& text) {
  const RoomFile f = load_room_text(text, "room.toml");
  for (const Complaint& c : f.complaints) ADD_FAILURE() << to_string(c);
  return f.room.value_or(Room{});
}

Room room_with(const std::string& dialect, int outlets) {
  return room_of(with(with(kGood, "baytech-mmp", dialect), "outlets = 8", "outlets = " + std::to_string(outlets)));
}

model::WorldSpec spec_of(const Room& room) { return plan_world(room, Catalogue{}, {}, Random(1)).spec; }

// A dialect file of one's own: a shipped one under another file name, with the id that is given.
std::string own_dialect(const std::string& name, const std::string& id) {
  std::ifstream in(GREENROOM_SOURCE_DIR "/config/pdu/baytech-rpc3-nc.toml");
  std::stringstream text;
  text << in.rdbuf();
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << with(text.str(), "id = \"baytech-rpc3-nc\"", "id = \"" + id + "\"");
  return path;
}

TEST(WorldSpec, EachPduIsTheDeviceThatSpeaksItsDialect) {
  for (const model::DeviceForm& form : model::device_forms()) {
    if (form.outlets == 0) continue;  // a meter has no places
    if (form.id == "vpcd") continue;  // counts from 0; below
    EXPECT_EQ(spec_of(room_with(std::string(form.id), form.outlets)).pdus[0].device, form.device) << form.id;
  }
}

TEST(WorldSpec, ADialectGivenByPathIsKnownByItsIdWhateverItsName) {
  const Room room = room_with(own_dialect("my-mmp.toml", "baytech-rpc3-nc"), 8);
  EXPECT_TRUE(can_model(room));
  EXPECT_EQ(spec_of(room).pdus[0].device, model::Device::rpc3);
}

TEST(WorldSpec, ARoomWhoseDialectHasNoModelIsRefusedByItsNameAndToldWhichHave) {
  const auto may = can_model(room_with(own_dialect("my-rpc3.toml", "my-rpc3"), 8));
  ASSERT_FALSE(may);
  EXPECT_EQ(may.error().code, Errc::usage);
  EXPECT_THAT(may.error().message, testing::StartsWith("pdu left: there is no model of a \"my-rpc3\"; there are: "));
  for (const model::DeviceForm& form : model::device_forms())
    EXPECT_THAT(may.error().message, testing::HasSubstr(std::string(form.id)));
}

TEST(WorldSpec, AModelsLineHasTheRateOfItsDevice) {
  EXPECT_EQ(spec_of(room_with("raritan-px", 8)).pdus[0].baud, 115200);
  EXPECT_EQ(spec_of(room_with("baytech-mmp", 8)).pdus[0].baud, 9600);
}

TEST(WorldSpec, AModelHasAsManyOutletsAsTheRoomSaysTheUnitHas) {
  EXPECT_EQ(spec_of(room_with("cyclades-pm", 42)).pdus[0].outlets, 42U);
  const Room usual = room_of(with(kGood, "outlets = 8\n", ""));
  EXPECT_EQ(usual.outlets.size(), 24U);  // as the file of the dialect says
  EXPECT_EQ(spec_of(usual).pdus[0].outlets, 24U);
}

TEST(WorldSpec, AModelCountsFromOneWhereTheDeviceCountsFromNought) {
  const Room room = room_of(with(with(kGood, "baytech-mmp", "vpcd"), "outlets = 8\n", ""));
  ASSERT_EQ(room.outlets.size(), 16U);
  EXPECT_EQ(room.outlets[0].name, "left:0");
  const model::WorldSpec spec = spec_of(room);
  EXPECT_EQ(spec.outlets[0].number, 1);
  EXPECT_EQ(spec.outlets[15].number, 16);
}

TEST(WorldSpec, AnOutletIsSeenByTheMeterThatItsDialectSays) {
  const model::WorldSpec spec = spec_of(room_with("baytech-rpc28-nc", 16));  // A: 1 to 10, B: the rest
  EXPECT_EQ(spec.outlets[9].bank, 0);
  EXPECT_EQ(spec.outlets[10].bank, 1);
}

TEST(LoadDialect, ItsLineHasTheRateThatTheRoomSays) {
  Room room = room_with("baytech-mmp", 8);
  room.pdus[0].line = "model:left?baud=19200";
  EXPECT_EQ(facts(*load_dialect(room, PduId{0})).line.baud, 19200U);
  EXPECT_EQ(spec_of(room).pdus[0].baud, 19200);
}

TEST(LoadDialect, ItHasAsManyOutletsAsTheRoomSaysTheUnitHas) {
  for (const int outlets : {8, 20, 42}) {
    const auto d = load_dialect(room_with("cyclades-pm", outlets), PduId{0});
    ASSERT_TRUE(d) << d.error().message;
    EXPECT_EQ(facts(*d).outlets(), static_cast<std::size_t>(outlets));
  }
}

}  // namespace
}  // namespace greenroom::sim
