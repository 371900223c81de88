#include <fstream>

#include "hw/serial/device_lock.hpp"
#include "tests/support/line_stage.hpp"
#include "tests/support/mock_port.hpp"

namespace greenroom {
namespace {

using test::LineStage;
using test::MockPorts;
using test::Other;
using namespace std::chrono_literals;

const std::string kLink = "usb-FTDI_FT232R_USB_UART_A1-if00-port0";
const std::string kById = "/dev/serial/by-id/" + kLink;

class SerialportLine : public testing::Test {
 protected:
  SerialportLine() {
    far = ports.plug("ttyUSB0", "A1");
    ports.link(kLink, "ttyUSB0");
  }
  std::unique_ptr<SerialLine> opened(const std::string& url = "serial:" + kById) {
    auto line = stage.open(url);
    EXPECT_TRUE(line) << (line ? "" : line.error().message);
    return line ? std::move(*line) : nullptr;
  }
  Result<std::string> read(SerialLine& line) { return stage.run<std::string>(line.read_some(stage.clock.now() + 10s)); }
  Result<void> write(SerialLine& line, std::string bytes) { return stage.run<void>(line.write(std::move(bytes))); }
  static std::string hear(int fd, std::size_t bytes) {
    std::string got;
    char c{};
    while (got.size() < bytes && ::read(fd, &c, 1) == 1) got += c;
    return got;
  }
  static void say(int fd, const std::string& bytes) {
    EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), ssize_t(bytes.size()));
  }
  // The master of a pty sees the settings of its other end (tty_ioctl(4)).
  [[nodiscard]] termios settings() const {
    termios t{};
    tcgetattr(far, &t);
    return t;
  }
  MockPorts ports;
  LineStage stage;
  int far{-1};
};

TEST_F(SerialportLine, CarriesBytesBothWaysAsTheyAre) {
  const auto line = opened();
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  ASSERT_TRUE(write(*line, all));
  EXPECT_EQ(hear(far, 256), all);
  say(far, all);
  EXPECT_EQ(stage.read(*line, all), all);
}

TEST_F(SerialportLine, SetsThePortAsAsked) {
  stage.settings.baud = 19200;
  const auto line = opened();
  const termios t = settings();
  EXPECT_EQ(cfgetospeed(&t), speed_t{B19200});
  EXPECT_EQ(cfgetispeed(&t), speed_t{B19200});
  EXPECT_EQ(t.c_cflag & (CSIZE | PARENB | CSTOPB | CRTSCTS), tcflag_t{CS8});
  EXPECT_EQ(t.c_iflag & (IXON | IXOFF | ICRNL | ISTRIP), tcflag_t{0});
  EXPECT_EQ(t.c_lflag & (ICANON | ECHO | ISIG), tcflag_t{0});
  EXPECT_EQ(t.c_cflag & (CLOCAL | CREAD), tcflag_t{CLOCAL | CREAD});
}

TEST_F(SerialportLine, LeavesTheModemLinesUpWhenItIsClosed) {
  const auto line = opened();
  EXPECT_EQ(settings().c_cflag & HUPCL, tcflag_t{0});
}

TEST_F(SerialportLine, TheUrlsBaudGoesBeforeTheDialects) {
  stage.settings.baud = 19200;
  const auto line = opened("serial:" + kById + "?baud=115200");
  const termios t = settings();
  EXPECT_EQ(cfgetospeed(&t), speed_t{B115200});
}

TEST_F(SerialportLine, TwoStopBitsAreSet) {
  stage.settings.stop = 2;
  const auto line = opened();
  EXPECT_NE(settings().c_cflag & CSTOPB, tcflag_t{0});
}

// A pty, as some adapters, keeps eight bits and no parity whatever is asked of it (drivers/tty/pty.c, pty_set_termios).
TEST_F(SerialportLine, AnAdapterThatTakesOtherSettingsThanAskedIsRefused) {
  stage.settings.bits = 7;
  stage.settings.parity = Parity::even;
  const auto line = stage.open("serial:" + kById);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Errc::bad_config);
  EXPECT_EQ(line.error().message,
            "serial:" + kById + ": " + kById +
                " took 9600 baud 8N1 where 9600 baud 7E1 was asked for; use an adapter that can do it");
}

TEST_F(SerialportLine, IsTakenForItselfAlone) {
  const auto line = opened();
  EXPECT_EQ(ports.exclusive, 1);
  EXPECT_NE(owner_of("/dev/ttyUSB0"), "");
}

TEST_F(SerialportLine, AReadEndsAtItsDeadlineWhenNoByteCame) {
  const auto line = opened();
  const auto reading = stage.start<std::string>(line->read_some(stage.clock.now() + 2s));
  stage.clock.run_next();
  const auto r = stage.finish<std::string>(reading);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::timeout);
}

TEST_F(SerialportLine, UnpluggedItIsGoneWithItsNameCauseAndRemedy) {
  const auto line = opened();
  const auto reading = stage.start<std::string>(line->read_some(stage.clock.now() + 10s));
  ports.unplug(far);
  const auto r = stage.finish<std::string>(reading);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::device_gone);
  EXPECT_EQ(r.error().message,
            "serial:" + kById + ": " + kById +
                " went away (Input/output error); plug it in again, at any socket, and the line is opened "
                "again by itself");
}

TEST_F(SerialportLine, APortThatVanishesInTheMiddleOfAWriteIsGone) {
  const auto line = opened();
  const auto writing = stage.start<void>(line->write(std::string(100'000, 'x')));
  EXPECT_FALSE(writing->has_value());
  ports.unplug(far);
  const auto r = stage.finish<void>(writing);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::device_gone);
  EXPECT_NE(r.error().message.find(kById + " went away (Input/output error)"), std::string::npos) << r.error().message;
}

TEST_F(SerialportLine, PluggedInUnderAnotherNumberItIsOpenedAgainByTheSameLink) {
  const auto line = opened();
  ports.unplug(far);
  EXPECT_EQ(read(*line).error().code, Errc::device_gone);
  const auto missing = write(*line, "a");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::device_gone);
  far = ports.plug("ttyUSB1", "A1");
  ports.link(kLink, "ttyUSB1");
  stage.clock.nap(1s);
  const auto written = write(*line, "b");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(hear(far, 1), "b");
  say(far, "c");
  EXPECT_EQ(stage.read(*line, "c"), "c");
}

TEST_F(SerialportLine, AnAdapterThatIsPluggedInLateIsOpenedThen) {
  ports.unplug(far);
  const auto line = stage.late("serial:" + kById);
  ASSERT_TRUE(line) << line.error().message;
  const auto missing = write(**line, "a");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "serial:" + kById + ": " + kById +
                                         " is not there (No such file or directory); plug it in, or name another: greenroom "
                                         "pdu ports lists them");
  far = ports.plug("ttyUSB3", "A1");
  ports.link(kLink, "ttyUSB3");
  stage.clock.nap(1s);
  ASSERT_TRUE(write(**line, "b"));
  EXPECT_EQ(hear(far, 1), "b");
}

TEST_F(SerialportLine, ASecondProcessIsToldThePidOfTheFirst) {
  const Other owner([&] {
    auto line = stage.open("serial:" + kById);
    return line && line->release() != nullptr;
  });
  const auto line = stage.open("serial:/dev/ttyUSB0");  // by another name of the same port
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Errc::busy);
  EXPECT_EQ(line.error().message, "serial:/dev/ttyUSB0: /dev/ttyUSB0 is owned by test_serialport, process " +
                                      std::to_string(owner.pid) +
                                      ", and a line has one owner; end it before greenroom pdu read");
}

TEST_F(SerialportLine, APortThatWasNeverThereIsSaidSo) {
  const auto line = stage.open("serial:/dev/ttyUSB7");
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Errc::device_gone);
  EXPECT_EQ(line.error().message,
            "serial:/dev/ttyUSB7: /dev/ttyUSB7 is not there (No such file or directory); plug it in, or "
            "name another: greenroom pdu ports lists them");
}

TEST_F(SerialportLine, AFileIsNoPort) {
  std::ofstream(ports.folder() + "/dev/notes") << "x";
  const auto line = stage.open("serial:/dev/notes");
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().message, "serial:/dev/notes: /dev/notes is no serial port");
}

TEST(NotOpened, WithoutTheRightToItTheGroupIsNamed) {
  const Error e = not_opened("/dev/ttyUSB7", EACCES, "greenroom serve");
  EXPECT_EQ(e.code, Errc::refused);
  EXPECT_EQ(e.message,
            "/dev/ttyUSB7 is not open to this user (Permission denied); add the user to the group dialout and log "
            "in again");
}

TEST(NotOpened, APortThatAProgramWithoutALockHoldsIsLookedUpWithFuser) {
  const Error e = not_opened("/dev/ttyUSB7", EBUSY, "greenroom serve");
  EXPECT_EQ(e.code, Errc::busy);
  EXPECT_EQ(e.message,
            "/dev/ttyUSB7 is held by another program; fuser -v /dev/ttyUSB7 names it; end it before greenroom serve");
}

TEST_F(SerialportLine, PortsAreListedWithTheirLinksTheirAdapterAndTheirOwner) {
  auto listed = list_ports();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0].path, "/dev/ttyUSB0");
  EXPECT_EQ((*listed)[0].by_id, kById);
  EXPECT_EQ((*listed)[0].by_path, "");
  ASSERT_TRUE((*listed)[0].usb);
  EXPECT_EQ((*listed)[0].usb->vendor, 0x0403);
  EXPECT_EQ((*listed)[0].usb->product, 0x6001);
  EXPECT_EQ((*listed)[0].usb_serial, "A1");
  EXPECT_EQ((*listed)[0].owner, "");
  const auto line = opened();
  listed = list_ports();
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)[0].owner, "test_serialport, process " + std::to_string(getpid()));
}

}  // namespace
}  // namespace greenroom
