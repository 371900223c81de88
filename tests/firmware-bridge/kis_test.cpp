// KIS: requests to the byte, answers that are whole, refused, or broken, and a Mac that is known by them.
#include "firmware-bridge/kis.hpp"

#include "firmware-bridge/usb_mac_actions.hpp"
#include "tests/support/boot_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;
using namespace test;

UsbBytes bytes(const Octets& octets) {
  UsbBytes out;
  for (const std::uint8_t b : octets) out.push_back(static_cast<std::byte>(b));
  return out;
}

TEST(KisRequest, OfAWriteIsItsHeaderAndItsValue) {
  const std::uint32_t value = 0x21;
  EXPECT_EQ(kis_request(0x01, 0x0a, 1, std::span(&value, 1)),
            bytes({0, 0, 0xa0, 0x01, 1, 0x0a, 0x04, 0, 4, 0, 0, 0, 0x21, 0, 0, 0}));
}

TEST(KisRequest, PacksItsIndexAndTheSizeOfItsAnswer) {
  EXPECT_EQ(kis_request(0x10, 0x100, 0xc0, {}), bytes({0, 0, 0xa0, 0x10, 0, 0x00, 0x01, 0x03, 0, 0, 0, 0}));
}

TEST(KisInfo, HoldsWhatTheInnerDescriptorPointsTo) {
  const auto info = parse_kis_info(bytes(KisModel("CPID:8132 BDID:2A ECID:0000A1B2C3D4E5F6").info()));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->vendor, 0x05ac);
  EXPECT_EQ(info->product, 0x1227);
  EXPECT_EQ(info->iboot, "CPID:8132 BDID:2A ECID:0000A1B2C3D4E5F6");
  EXPECT_EQ(info->nonces, "NONC:8B2D0102 SNON:00FF00FF");
}

TEST(KisInfo, ThatIsShortIsRefused) {
  UsbBytes answer = bytes(KisModel("x").info());
  answer.pop_back();
  EXPECT_EQ(parse_kis_info(answer).error().message, "787 bytes where 788 were due");
  EXPECT_FALSE(parse_kis_info({}));
}

TEST(KisInfo, ThatTheMacRefusedIsRefused) {
  KisModel mac("x");
  mac.status = 5;
  EXPECT_EQ(parse_kis_info(bytes(mac.info())).error().message, "refused with status 0x5");
}

TEST(KisInfo, WhoseStringsLieOutsideItIsRefused) {
  constexpr std::size_t serial_at = 12 + 64 + 16;
  UsbBytes answer = bytes(KisModel("x").info());
  answer[serial_at] = std::byte{0xff};
  EXPECT_FALSE(parse_kis_info(answer));
  answer[serial_at] = std::byte{0xbf};  // the last word of 192; its length would lead beyond
  answer[12 + 0x2fc] = std::byte{4};
  answer[12 + 0x2fd] = std::byte{3};
  EXPECT_FALSE(parse_kis_info(answer));
}

TEST(KisInfo, DoesWithoutNonces) {
  UsbBytes answer = bytes(KisModel("CPID:8132").info());
  answer[12 + 27] = std::byte{0x80};  // an offset beyond all
  ASSERT_TRUE(parse_kis_info(answer));
  EXPECT_EQ(parse_kis_info(answer)->nonces, "");
}

struct KisTest : BootRig {
  Result<void> learn() { return run(learn_kis(bus, table, clock, bus.path)); }
};

TEST_F(KisTest, AMacIsKnownToEverybodyByItsAnswer) {
  show("kis");
  EXPECT_FALSE(classify(*table.at(bus.path))->ecid);
  ASSERT_TRUE(learn());
  const auto mac = classify(*table.at(bus.path));
  ASSERT_TRUE(mac) << mac.error().message;
  EXPECT_EQ(mac->mode, MacMode::kis);
  EXPECT_EQ(mac->ecid, Ecid{0x000C60A800010001});
  EXPECT_EQ(table.places().at(bus.path)->arrivals, 1U);
}

TEST_F(KisTest, IsAskedByThreeRequestsAndOnlyOnce) {
  show("kis");
  ASSERT_TRUE(learn());
  ASSERT_TRUE(learn());
  ASSERT_EQ(bus.kis.asked.size(), 3U);
  EXPECT_EQ(bus.kis.asked[0].first, 1);
  EXPECT_EQ(bus.kis.asked[1].second, (Octets{0, 0, 0xa0, 0x01, 1, 0x14, 0x04, 0, 4, 0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(bus.kis.asked[2].first, 3);
}

TEST_F(KisTest, NoOtherMacIsAsked) {
  show("dfu");
  ASSERT_TRUE(learn());
  EXPECT_EQ(bus.opens, 0);
}

TEST_F(KisTest, AMacThatIsNotInDfuInsideIsToldSo) {
  bus.kis.product = 0x1905;
  show("kis");
  EXPECT_EQ(learn().error().message, "port host/1-1.1: the Mac shows Debug USB, but 05ac:1905 inside and not DFU");
  EXPECT_FALSE(classify(*table.at(bus.path))->ecid);
}

TEST_F(KisTest, AMacThatAnEngineOwnsIsNotAsked) {
  show("kis");
  bus.locked = Error(Errc::busy, "engine job 17 owns the device");
  EXPECT_EQ(learn().error().code, Errc::busy);
  EXPECT_TRUE(bus.kis.asked.empty());
}

}  // namespace
}  // namespace greenroom
