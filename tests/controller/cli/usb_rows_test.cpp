#include "controller/cli/usb_rows.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace greenroom::cli {
namespace {

UsbSighting seen(std::uint16_t product, std::string serial) {
  return {*PortPath::parse("bench/1-4.2"), 0x05ac, product, 0, std::move(serial)};
}
std::vector<MacModel> models() {
  MacModel mini, air, studio;
  mini.product_type = "Macmini9,1";
  mini.name = "Mac mini (M1, 2020)";
  mini.chip_boards = {0x810322};
  air.product_type = "MacBookAir10,1";
  air.name = "MacBook Air (M1, 2020)";
  air.chip_boards = {0x810326};
  studio.product_type = "Mac13,1";
  studio.name = "Mac Studio (M1 Max, 2022)";
  return {mini, air, studio};
}
nlohmann::json json(const UsbSighting& s) { return nlohmann::json::parse(json_of(row_of(s, models()))); }

constexpr const char* dfu = "SDOM:01 CPID:8103 BDID:26 ECID:000C60A812345678 IBFL:3C SRTG:[iBoot-7429.61.2]";

TEST(UsbRow, SaysWhoIsWhereInWhichMode) {
  const auto j = json(seen(0x1227, dfu));
  EXPECT_EQ(j["port_path"], "bench/1-4.2");
  EXPECT_EQ(j["mode"], "dfu");
  EXPECT_EQ(j["ecid"], "0x000C60A812345678");
  EXPECT_EQ(j["model"], "MacBook Air (M1, 2020)");
  EXPECT_TRUE(j["serial_number"].is_null());
}

TEST(UsbRow, HasTheSerialNumberThatAMacTellsInRecovery) {
  EXPECT_EQ(json(seen(0x1281, "CPID:8103 BDID:26 ECID:000C60A812345678 SRNM:[C02FK0TESTQ6]"))["serial_number"],
            "C02FK0TESTQ6");
}

TEST(UsbRow, ListsAMacOfUnknownModelWithModeAndEcid) {
  const auto j = json(seen(0x1227, "CPID:9999 BDID:77 ECID:000C60A812345678"));
  EXPECT_EQ(j["mode"], "dfu");
  EXPECT_EQ(j["ecid"], "0x000C60A812345678");
  EXPECT_TRUE(j["model"].is_null());
  EXPECT_EQ(j["chip"], "9999");
  EXPECT_EQ(j["board"], "77");
}

TEST(UsbRow, ListsAMacWhoseStringIsBrokenWithItsModeAndWhy) {
  const auto j = json(seen(0x1227, "CPID:8103"));
  EXPECT_EQ(j["mode"], "dfu");
  EXPECT_TRUE(j["ecid"].is_null());
  EXPECT_NE(j["trouble"].get<std::string>().find("ECID"), std::string::npos);
}

TEST(UsbRow, NeverTakesAPortControllersEcidForTheMacs) {
  const auto j = json(seen(0xf014, "CPID:000F BDID:26810300 ECID:11E5400012345678"));
  EXPECT_TRUE(j["ecid"].is_null());
  EXPECT_EQ(j["port_controller_ecid"], "0x11E5400012345678");
  EXPECT_EQ(j["model"], "MacBook Air (M1, 2020)");
}

TEST(UsbRow, NamesABootedMacByItsNumberWhereThatIsOneModels) {
  UsbSighting mac = seen(0x1905, "C02FK0TESTQ6");
  mac.bcd_device = 0x1301;
  EXPECT_EQ(json(mac)["model"], "Mac Studio (M1 Max, 2022)");
}

TEST(UsbRow, CallsNothingElseAMac) {
  UsbSighting keyboard = seen(0x0250, "");
  EXPECT_TRUE(json(keyboard)["mode"].is_null());
  EXPECT_TRUE(json(keyboard)["trouble"].is_null());
}

TEST(UsbRow, PassesOnWhyADeviceCouldNotBeAsked) {
  UsbSighting mac = seen(0x1227, "");
  mac.trouble = "may not be opened by this user";
  EXPECT_EQ(json(mac)["trouble"], "may not be opened by this user");
}

TEST(UsbRow, TellsAChangeOfModeWithWhatItWasAndTheGap) {
  UsbPlaces places;
  const UsbSighting before = seen(0x1227, dfu), now = seen(0x1281, "CPID:8103 BDID:26 ECID:000C60A812345678 SRNM:[]");
  places.take(UsbArrived(before), TimePoint{});
  places.take(UsbLeft(before.path), TimePoint{std::chrono::seconds{1}});
  const UsbChange change = places.take(UsbArrived(now), TimePoint{std::chrono::milliseconds{1900}});
  const auto j =
      nlohmann::json::parse(json_of(change, row_of(now, models()), *places.at(now.path), std::chrono::milliseconds{1900}));
  EXPECT_EQ(j["change"], "became");
  EXPECT_EQ(j["was"], "dfu");
  EXPECT_EQ(j["mode"], "recovery");
  EXPECT_EQ(j["empty_ms"], 900);
  EXPECT_EQ(j["at_ms"], 1900);
}

TEST(UsbRow, IsOneLineToReadWithPortModeEcidAndModel) {
  const std::string text = text_of(row_of(seen(0x1227, dfu), models()));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  for (const char* word : {"bench/1-4.2", "dfu", "0x000C60A812345678", "MacBook Air (M1, 2020)"})
    EXPECT_NE(text.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace greenroom::cli
