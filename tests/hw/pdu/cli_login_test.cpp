// Login: the RPC-28 with the questions of an MMP-14 (stv0g/pductl).
#include <gtest/gtest.h>

#include "hw/pdu/cli_pdu.hpp"
#include "tests/support/cli_pdu_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
using namespace test;
using Room = test::Room;

CliDialect with_login() {
  std::ifstream in(kRoot + "/config/pdu/baytech-rpc28-nc.toml");
  std::stringstream text;
  text << in.rdbuf();
  text << "[[login]]\nsee = 'Enter user name: '\nsay = \"${user}\\r\"\n[[login]]\nsee = 'Enter Password: '\nsay = "
          "\"${password}\\r\"\n"
       << "[login_limits]\nattempts = 2\nbackoff_s = 60\ndenied = ['Invalid']\n"
       << "[[evidence]]\nfacts = [\"login\"]\ntrust = \"peer\"\nsource = \"stv0g/pductl\"\n";
  auto d = parse_dialect(text.str(), "login.toml");
  if (d) return std::get<CliDialect>(*d);
  for (const auto& c : d.error()) ADD_FAILURE() << to_string(c);
  return {};
}

TEST(CliPdu, LogsInWhenAsked) {
  Room room(with_login(), true);
  room.script.expect("\r").reply("\r\nEnter user name: ");
  room.script.expect("admin\r").reply("admin\r\nEnter Password: ");
  room.script.expect("secret\r").reply("******\r\n\r\nWelcome\r\nRPC-28>");
  room.wakes().marks().script.expect("status\r").reply(kStatus);
  const auto r = room.read();
  EXPECT_TRUE(r) << r.error().message;
}

TEST(CliPdu, LogsInAgainAfterTheDeviceHasLoggedItOut) {
  Room room(with_login());
  room.wakes().script.expect("status\r").reply("status\r\nEnter user name: ");
  room.script.expect("\r").reply("\r\nEnter user name: ");
  room.script.expect("admin\r").reply("admin\r\nEnter Password: ");
  room.script.expect("secret\r").reply("\r\nRPC-28>");
  room.marks().script.expect("status\r").reply(kStatus);
  EXPECT_EQ(room.read().error().code, Errc::protocol);
  EXPECT_TRUE(room.read());
}

TEST(CliPdu, ARefusedLoginIsNotTriedAgainBeforeItsBackOff) {
  Room room(with_login(), true);
  room.script.expect("\r").reply("\r\nEnter user name: ");
  room.script.expect("admin\r").reply("admin\r\nEnter Password: ");
  room.script.expect("secret\r").reply("\r\nInvalid password\r\nEnter user name: ");
  auto r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::refused);
  EXPECT_EQ(r.error().message, "the device refused the login; check user and password");
  r = room.read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::busy);
  EXPECT_EQ(r.error().message, "no login for another 60 s after refused ones");
}

}  // namespace
}  // namespace greenroom
