#include <gtest/gtest.h>

#include "hw/usb/usb_bus.hpp"

namespace greenroom {
namespace {

TEST(PortPath, KeepsAWellFormedPath) { EXPECT_EQ(PortPath::parse("host/1-4.2")->text(), "host/1-4.2"); }
TEST(PortPath, TakesARootPort) { EXPECT_EQ(PortPath::parse("bench-a.local/12-3")->text(), "bench-a.local/12-3"); }
TEST(PortPath, ComparesTwoSpellingsEqual) { EXPECT_EQ(*PortPath::parse("Host/01-04.2"), *PortPath::parse("host/1-4.2")); }
TEST(PortPath, TakesSevenLevels) { EXPECT_TRUE(PortPath::parse("host/1-1.2.3.4.5.6.7")); }

class BadPortPath : public testing::TestWithParam<const char*> {};
TEST_P(BadPortPath, IsRefusedWithAnExample) {
  const auto path = PortPath::parse(GetParam());
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, Errc::bad_config);
  EXPECT_NE(path.error().message.find("host/1-4.2"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(All, BadPortPath,
                         testing::Values("", "1-4.2", "/1-4", "host/", "host/1", "host/0-1", "host/1-0", "host/1-256",
                                         "host/1000-1", "host/1-4.", "host/1-4..2", "host/1.4", "host/1-4-2", "ho st/1-4",
                                         "host/1-4.2 ", "host/1-1.1.1.1.1.1.1.1", "host/99999999999999999999-1"));

}  // namespace
}  // namespace greenroom
