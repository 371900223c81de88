// Frames against literal bytes that others published: the Modbus application protocol V1.1b3 (modbus.org), Waveshare's wiki,
// the LC-Tech board's instructions (blog.csdn.net/weixin_43176183/article/details/112915034), Eastron's SDM manual.
#include "hw/pdu/modbus_frame.hpp"

#include <gtest/gtest.h>

#include "tests/support/hex.hpp"

namespace greenroom::modbus {
namespace {

using test::hex;

std::string sent(const Request& r) {
  const auto bytes = encode(r);
  return bytes ? test::to_hex(*bytes) : bytes.error().message;
}

ReplyReader reader(const Request& r, bool strip_echo = false) {
  ReplyReader reader;
  reader.begin(r, *encode(r), strip_echo);
  return reader;
}

const Request kCoils(1, Function::read_coils, 0, 8);
const Request kVolts(1, Function::read_input_registers, 0, 2);
const Request kOn(1, Function::write_coil, 0, 1, {0xFF00});

TEST(ModbusFrame, TheCheckSumIsTheOneOfTheCatalogue) {
  EXPECT_EQ(crc16("123456789"), 0x4B37);  // CRC-16/MODBUS, reveng catalogue of parametrised CRC algorithms
}

TEST(ModbusFrame, RequestsAreTheBytesThatTheMakersPrint) {
  EXPECT_EQ(sent(kCoils), "01 01 00 00 00 08 3D CC");
  EXPECT_EQ(sent(Request(1, Function::read_holding_registers, 0x8000, 1)), "01 03 80 00 00 01 AD CA");
  EXPECT_EQ(sent(kVolts), "01 04 00 00 00 02 71 CB");
  EXPECT_EQ(sent(kOn), "01 05 00 00 FF 00 8C 3A");
  EXPECT_EQ(sent(Request(1, Function::write_coil, 7, 1, {0xFF00})), "01 05 00 07 FF 00 3D FB");
  EXPECT_EQ(sent(Request(1, Function::write_register, 0, 1, {1000})), "01 06 00 00 03 E8 89 74");
  EXPECT_EQ(sent(Request(255, Function::write_coils, 0, 8, std::vector<std::uint16_t>(8, 0))),
            "FF 0F 00 00 00 08 01 00 70 5D");
  EXPECT_EQ(sent(Request(255, Function::write_coils, 0, 8, std::vector<std::uint16_t>(8, 1))),
            "FF 0F 00 00 00 08 01 FF 30 1D");
  EXPECT_EQ(sent(Request(1, Function::write_registers, 2, 3, {2000, 2000, 2000})),
            "01 10 00 02 00 03 06 07 D0 07 D0 07 D0 84 0E");
}

TEST(ModbusFrame, ABroadcastIsNeverSent) {
  EXPECT_EQ(sent(Request(0, Function::write_coil, 0, 1, {0})),
            "address 0 is a broadcast: every unit would obey, and none would answer");
}

TEST(ModbusFrame, MoreThanAFrameHoldsIsNeverSent) {
  EXPECT_EQ(sent(Request(1, Function::read_input_registers, 0, 126)), "function 4 carries 1 to 125 values, not 126");
  EXPECT_EQ(sent(Request(1, Function::read_coils, 0xFFFF, 2)), "the range ends beyond address 0xFFFF");
  EXPECT_EQ(sent(Request(1, Function::write_coils, 0, 2, {0})), "1 values where 2 are to be written");
}

TEST(ModbusFrame, BitsComeLowFirst) {
  // V1.1b3, 6.1: outputs 20 to 38 are CD 6B 05: 27 to 20 are on on off off on on off on.
  const std::string data = hex("CD 6B 05");
  std::string seen;
  for (std::size_t i = 0; i < 19; ++i) seen += bit(data, i) ? '1' : '0';
  EXPECT_EQ(seen, "1011001111010110101");
  EXPECT_TRUE(padded(data, 19));
  EXPECT_FALSE(padded(data, 18));
}

TEST(ModbusReply, AReplyIsFoundByItsLengthAndSum) {
  ReplyReader r = reader(kCoils);
  EXPECT_EQ(r.feed(hex("01 01 01 05 91")), ReplyReader::End::none);
  EXPECT_EQ(r.feed(hex("8B")), ReplyReader::End::reply);
  EXPECT_EQ(r.data(), hex("05"));
  EXPECT_FALSE(r.left_over());
}

TEST(ModbusReply, AnyBitThatTurnsMakesItNoReply) {
  const std::string whole = hex("01 04 04 43 66 33 34 1B 38");
  for (std::size_t i = 0; i < 8 * whole.size(); ++i) {
    std::string bad = whole;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << (i % 8)));
    ReplyReader r = reader(kVolts);
    EXPECT_EQ(r.feed(bad), ReplyReader::End::none) << "bit " << i;
  }
}

TEST(ModbusReply, AnExceptionNamesItsReason) {
  ReplyReader r = reader(kOn);
  EXPECT_EQ(r.feed(hex("01 85 03 02 91")), ReplyReader::End::exception);
  EXPECT_EQ(r.exception(), 3);
  EXPECT_EQ(exception_text(r.exception()), "exception 3: it does not take that value or count");
}

TEST(ModbusReply, NoiseInFrontIsPassedOver) {
  ReplyReader r = reader(kCoils);
  EXPECT_EQ(r.feed(hex("00 FF 01 00 01 01 01 05 91 8B")), ReplyReader::End::reply);
  EXPECT_EQ(r.data(), hex("05"));
}

TEST(ModbusReply, ALateReplyOfAnotherLengthIsPassedOver) {
  const Request two(1, Function::read_holding_registers, 0, 2);
  const Request version(1, Function::read_holding_registers, 0x8000, 1);
  EXPECT_FALSE(same_shape(two, version));
  ReplyReader r = reader(two);
  EXPECT_EQ(r.feed(hex("01 03 02 00 64 B9 AF")), ReplyReader::End::none);
  EXPECT_EQ(r.other_length(), 2U);
  r = reader(version);
  EXPECT_EQ(r.feed(hex("01 03 02 00 64 B9 AF")), ReplyReader::End::reply);
  EXPECT_EQ(word(r.data(), 0), 100);
}

TEST(ModbusReply, AnotherUnitsReplyIsPassedOver) {
  ReplyReader r = reader(Request(2, Function::read_coils, 0, 8));
  EXPECT_EQ(r.feed(hex("01 01 01 05 91 8B")), ReplyReader::End::none);
}

TEST(ModbusReply, OurOwnRequestHeardAgainIsNoReply) {
  ReplyReader r = reader(kCoils, true);
  EXPECT_EQ(r.feed(hex("01 01 00 00 00 08 3D CC 01 01 01 05 91 8B")), ReplyReader::End::reply);
  EXPECT_TRUE(r.echoed());
  EXPECT_FALSE(r.left_over());
}

TEST(ModbusReply, AWritesReplyIsTheSecondOfTwoEqualFramesOnALineThatHearsItself) {
  ReplyReader r = reader(kOn, true);
  EXPECT_EQ(r.feed(hex("01 05 00 00 FF 00 8C 3A")), ReplyReader::End::none);
  EXPECT_EQ(r.feed(hex("01 05 00 00 FF 00 8C 3A")), ReplyReader::End::reply);
}

TEST(ModbusReply, TheReplyToTheWritingOfAnotherCoilIsNoReply) {
  ReplyReader r = reader(kOn);
  EXPECT_EQ(r.feed(hex("01 05 00 01 FF 00 DD FA")), ReplyReader::End::none);
  EXPECT_EQ(r.feed(hex("01 05 00 00 00 00 CD CA")), ReplyReader::End::none);
}

TEST(ModbusReply, AReplyThatComesTwiceLeavesTheSecondOver) {
  ReplyReader r = reader(kCoils);
  EXPECT_EQ(r.feed(hex("01 01 01 05 91 8B 01 01 01 05 91 8B")), ReplyReader::End::reply);
  EXPECT_TRUE(r.left_over());
}

}  // namespace
}  // namespace greenroom::modbus
