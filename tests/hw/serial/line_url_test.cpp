#include "hw/serial/line_url.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

using Kind = LineUrl::Kind;

TEST(LineUrl, NamesEachKindOfLine) {
  EXPECT_EQ(*parse_line_url("serial:/dev/serial/by-id/usb-FTDI_A1-if00-port0?baud=19200"),
            (LineUrl{Kind::serial, "/dev/serial/by-id/usb-FTDI_A1-if00-port0", 0, 19200}));
  EXPECT_EQ(*parse_line_url("serial:/dev/ttyUSB0"), (LineUrl{Kind::serial, "/dev/ttyUSB0", 0, 0}));
  EXPECT_EQ(*parse_line_url("tcp:console.lan:2001"), (LineUrl{Kind::tcp, "console.lan", 2001, 0}));
  EXPECT_EQ(*parse_line_url("tcp:[fd00::5]:2001"), (LineUrl{Kind::tcp, "fd00::5", 2001, 0}));
  EXPECT_EQ(*parse_line_url("pty:/tmp/pdu"), (LineUrl{Kind::pty, "/tmp/pdu", 0, 0}));
  EXPECT_EQ(*parse_line_url("model:left"), (LineUrl{Kind::model, "left", 0, 0}));
}

TEST(LineUrl, TakesTheRateOfAFarEndThatItDoesNotSetItself) {
  EXPECT_EQ(*parse_line_url("tcp:console.lan:2001?baud=19200"), (LineUrl{Kind::tcp, "console.lan", 2001, 19200}));
  EXPECT_EQ(*parse_line_url("model:left?baud=38400"), (LineUrl{Kind::model, "left", 0, 38400}));
}

struct Wrong {
  const char* url;
  const char* message;
};
class WrongLineUrl : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongLineUrl, SaysWhatWouldBeRight) {
  const auto r = parse_line_url(GetParam().url);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::bad_config);
  EXPECT_EQ(r.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Of, WrongLineUrl,
    ::testing::Values(
        Wrong{"", "line \"\": begins with none of serial:, tcp:, pty:, model:"},
        Wrong{"usb:3", "line \"usb:3\": begins with none of serial:, tcp:, pty:, model:"},
        Wrong{"/dev/ttyUSB0", "line \"/dev/ttyUSB0\": say what it is: serial:/dev/ttyUSB0 or pty:/dev/ttyUSB0"},
        Wrong{"serial:ttyUSB0", "line \"serial:ttyUSB0\": a serial port is a path, as serial:/dev/serial/by-id/usb-..."},
        Wrong{"serial:/dev/x?speed=9600", "line \"serial:/dev/x?speed=9600\": after ? only baud=NUMBER is known"},
        Wrong{"serial:/dev/x?baud=9600k",
              "line \"serial:/dev/x?baud=9600k\": baud is a whole number from 50 to 4000000, as baud=9600"},
        Wrong{"tcp:console.lan", "line \"tcp:console.lan\": a console server needs a port, as tcp:console.lan:2001"},
        Wrong{"tcp::2001", "line \"tcp::2001\": the host is missing, as in tcp:console.lan:2001"},
        Wrong{"tcp:a:0", "line \"tcp:a:0\": the port is a whole number from 1 to 65535"},
        Wrong{"tcp:a:65536", "line \"tcp:a:65536\": the port is a whole number from 1 to 65535"},
        Wrong{"tcp:fd00::5:2001",
              "line \"tcp:fd00::5:2001\": an IPv6 host stands in brackets before its port, as tcp:[fd00::5]:2001"},
        Wrong{"pty:pdu", "line \"pty:pdu\": a pty is a path, as pty:/tmp/pdu"},
        Wrong{"model:", "line \"model:\": a model has a name, as model:left"}));

}  // namespace
}  // namespace greenroom
