// Bytes at a wrong rate, by hand: a start bit (0), eight bits from the lowest, a stop bit (1), then rest (1).
#include "hw/model/uart.hpp"

#include <gtest/gtest.h>

namespace greenroom::model {
namespace {

TEST(Uart, AtTheSameRateEveryByteIsHeard) { EXPECT_EQ(heard("status\r\n", 9600, 9600), "status\r\n"); }

TEST(Uart, ATolerableDifferenceIsNotHeard) {
  EXPECT_EQ(heard("RPC-28>", 9600, 9600 * 1.02), "RPC-28>");  // a byte's last sample moves by a fifth of a bit
}

// The nine low bits of a NUL last four and a half bits at half the rate: start, three zeros, and ones from there on.
TEST(Uart, ANulAtHalfTheRateIsF8) { EXPECT_EQ(heard(std::string(1, '\0'), 9600, 4800), "\xF8"); }

// FF has one low bit, at twice the rate two: the start bit and one zero.
TEST(Uart, AnFfAtTwiceTheRateIsFe) { EXPECT_EQ(heard("\xFF", 9600, 19200), "\xFE"); }

// At half the rate that low bit is over before its middle: no start bit.
TEST(Uart, AnFfAtHalfTheRateIsNothing) { EXPECT_EQ(heard("\xFF", 9600, 4800), ""); }

// 18 low bits: start, eight zeros and a stop bit that is none. What is left of them begins no byte, for the line did not
// rest before it.
TEST(Uart, ANulAtTwiceTheRateIsOneNul) { EXPECT_EQ(heard(std::string(1, '\0'), 9600, 19200), std::string(1, '\0')); }

TEST(Uart, ATextAtAnotherRateIsNotThatText) {
  for (const double rate : {1200.0, 2400.0, 4800.0, 19200.0, 38400.0, 115200.0})
    EXPECT_EQ(heard("\r\nRPC-28>", 9600, rate).find("RPC"), std::string::npos) << rate;
}

}  // namespace
}  // namespace greenroom::model
