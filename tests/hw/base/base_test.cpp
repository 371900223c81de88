#include <gtest/gtest.h>

#include "hw/base/random.hpp"
#include "hw/base/result.hpp"
#include "hw/base/units.hpp"

namespace greenroom {
namespace {

TEST(Units, AmpsAreExactThousandths) {
  EXPECT_EQ(Amps::of(0.1) + Amps::of(0.2), Amps::of(0.3));
  EXPECT_EQ(Amps::of(1.2346).milli, 1235);
}

TEST(Units, AShareOfALoadIsNeverUnderstated) {
  EXPECT_EQ(Amps::from_milli(1000).share_up(1, 3).milli, 334);
  EXPECT_EQ(Amps::from_milli(999).share_up(1, 3).milli, 333);
}

TEST(Units, VoltsTimesAmpsAreVoltAmperes) { EXPECT_EQ((Volts::of(120) * Amps::of(1.5)).milli, 180'000); }

TEST(Errors, GrowOutwardByOneFactALayer) {
  const Error e = Error(Errc::timeout, "no reply within 2 s").within("outlet 7").within("pdu left");
  EXPECT_EQ(e.message, "pdu left: outlet 7: no reply within 2 s");
  EXPECT_EQ(e.code, Errc::timeout);
}

// Reference values of xoshiro256** for the state {1, 2, 3, 4} are not reachable through SplitMix64 seeding, so the
// generator is held to what it is used for: the same stream for the same seed, and streams that differ by purpose.
TEST(Random, TheSameSeedAndPurposeGiveTheSameStream) {
  Random a = Random(7).stream("faults");
  Random b = Random(7).stream("faults");
  Random c = Random(7).stream("people");
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto x = a.next();
    EXPECT_EQ(x, b.next());
    differs = differs || x != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, UniformDrawsHaveTheMeanAndSpreadTheyShould) {
  Random r(1);
  double sum = 0;
  double squares = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const double x = r.uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0.5, 0.005);  // sigma of the mean: 0.0009
  EXPECT_NEAR(squares / n, 1.0 / 3.0, 0.005);
}

TEST(Random, NormalDrawsHaveTheMeanAndSpreadAskedFor) {
  Random r(2);
  double sum = 0;
  double squares = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const double x = r.normal(10.0, 2.0);
    sum += x;
    squares += (x - 10.0) * (x - 10.0);
  }
  EXPECT_NEAR(sum / n, 10.0, 0.05);
  EXPECT_NEAR(squares / n, 4.0, 0.15);
}

}  // namespace
}  // namespace greenroom
