#include "config/dfu_via.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/room.hpp"
#include "tests/support/room_text.hpp"

namespace greenroom {
namespace {

using namespace test;
using testing::ElementsAre;

TEST(DfuVia, IsAToolItsBusOrALine) {
  EXPECT_EQ(parse_dfu_via("macvdmtool")->kind, DfuVia::Kind::macvdmtool);
  EXPECT_EQ(parse_dfu_via("tuxvdmtool")->bus, "");
  EXPECT_EQ(parse_dfu_via("tuxvdmtool:/dev/i2c-1")->bus, "/dev/i2c-1");
  const auto dongle = parse_dfu_via("serial:/dev/ttyACM0?baud=115200");
  ASSERT_TRUE(dongle);
  EXPECT_EQ(dongle->kind, DfuVia::Kind::dongle);
  EXPECT_EQ(dongle->line.baud, 115200U);
}

TEST(DfuVia, AnythingElseIsToldWithWhatWouldBeRight) {
  EXPECT_EQ(parse_dfu_via("vdmtool").error().message,
            "\"vdmtool\" sends no message to a Mac: macvdmtool, tuxvdmtool, tuxvdmtool:/dev/i2c-1, or a line with a vdmtool "
            "board, as serial:/dev/serial/by-id/...");
  EXPECT_FALSE(parse_dfu_via("model:left"));
  EXPECT_EQ(parse_dfu_via("tuxvdmtool:1").error().message,
            "\"tuxvdmtool:1\": the bus of tuxvdmtool is a path, as tuxvdmtool:/dev/i2c-1");
}

std::string slot_with(const std::string& keys) { return with(kGood, "dfu_entry = \"vdm\"", keys); }

TEST(DfuVia, StandsInTheRoomFileBySlot) {
  const RoomFile file = load_room_text(slot_with("dfu_entry = \"vdm\"\ndfu_via = \"pty:/tmp/d\""), "room.toml");
  ASSERT_TRUE(file.room) << testing::PrintToString(lines(file));
  ASSERT_EQ(file.dfu_vias.size(), file.room->slots.size());
  EXPECT_EQ(file.dfu_vias[0]->text, "pty:/tmp/d");
  EXPECT_FALSE(file.dfu_vias[1]);
}

TEST(DfuVia, IsRefusedWithItsPlace) {
  EXPECT_THAT(lines_of(slot_with("dfu_entry = \"vdm\"\ndfu_via = \"tuxvdmtool:1\"")),
              ElementsAre("room.toml:22:11: \"tuxvdmtool:1\": the bus of tuxvdmtool is a path, as tuxvdmtool:/dev/i2c-1"));
  EXPECT_THAT(lines_of(slot_with("dfu_entry = \"by_hand\"\ndfu_via = \"macvdmtool\"")),
              ElementsAre("room.toml:22:11: \"dfu_via\" says how the message of dfu_entry = \"vdm\" is sent, and this slot "
                          "enters DFU otherwise"));
}

TEST(DfuVia, BelongsToOneSlot) {
  const std::string two = with(slot_with("dfu_entry = \"vdm\"\ndfu_via = \"macvdmtool\""), "kind = \"shelf\"",
                               "kind = \"shelf\"\ndfu_entry = \"vdm\"\ndfu_via = \"macvdmtool\"");
  EXPECT_THAT(lines_of(two),
              ElementsAre("room.toml:30:11: \"macvdmtool\" of slot \"S-01\" is already that of slot \"1-01\""));
}

}  // namespace
}  // namespace greenroom
