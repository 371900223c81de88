// Trip times of the fast edges against the table of the power sheet (1.3): cold, and after 0.8 In.
#include "hw/model/breaker.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace greenroom::model {
namespace {

struct Row {
  Edge edge;
  double ratio, cold_s, warm_s;
};

double trips_after(Edge edge, double ratio, bool warm) {
  Breaker b(edge, Amps::of(20));
  if (warm) {
    for (int i = 0; i < 3600; ++i) b.carry(16.0, 1.0);
  }
  double seconds = 0.0;
  while (!b.carry(20.0 * ratio, 0.1) && seconds < 10000.0) seconds += 0.1;
  return seconds;
}

TEST(Breaker, TripsWhenTheFastEdgesTableSays) {
  const Row rows[] = {{Edge::ul_fast, 1.1, 84, 58},  {Edge::ul_fast, 1.2, 51, 30},   {Edge::ul_fast, 1.35, 32, 17},
                      {Edge::ul_fast, 1.45, 26, 13}, {Edge::ul_fast, 2.0, 11, 5},    {Edge::ul_fast, 2.55, 6, 3},
                      {Edge::iec_fast, 1.2, 88, 64}, {Edge::iec_fast, 1.35, 48, 31}, {Edge::iec_fast, 1.45, 38, 23},
                      {Edge::iec_fast, 2.0, 15, 8},  {Edge::iec_fast, 2.55, 9, 5}};
  for (const Row& r : rows) {
    EXPECT_NEAR(trips_after(r.edge, r.ratio, false), r.cold_s, 0.8) << r.ratio << " cold";
    EXPECT_NEAR(trips_after(r.edge, r.ratio, true), r.warm_s, 0.8) << r.ratio << " warm";
  }
}

TEST(Breaker, HoldsItsRatingForever) {
  Breaker b(Edge::ul_fast, Amps::of(20));
  for (int i = 0; i < 24 * 3600; ++i) ASSERT_FALSE(b.carry(20.0, 1.0));
}

TEST(Breaker, MakesTheSameStepWholeOrInParts) {
  Breaker whole(Edge::ul_fast, Amps::of(20));
  Breaker parts(Edge::ul_fast, Amps::of(20));
  whole.carry(18.0, 10.0);
  for (int i = 0; i < 40; ++i) parts.carry(18.0, 0.25);
  EXPECT_NEAR(whole.theta(), parts.theta(), 1e-12);
}

TEST(Breaker, SaysHowLongItWillHold) {
  Breaker b(Edge::ul_fast, Amps::of(20));
  EXPECT_NEAR(b.time_to_trip(24.0), 50.5, 0.2);  // 35 ln(1.44 / 0.34)
  EXPECT_TRUE(std::isinf(b.time_to_trip(20.0)));
}

TEST(Breaker, WithoutAnEdgeNeverTrips) {
  Breaker b(Edge::none, Amps::of(1));
  EXPECT_FALSE(b.carry(1000.0, 1000.0));
}

}  // namespace
}  // namespace greenroom::model
