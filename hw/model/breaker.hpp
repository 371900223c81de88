// A breaker's thermal memory: theta' = ((I/In)^2 - theta) / tau, and it trips at theta_T. Fitted to the points of
// UL 489 and IEC 60898; judged on the FAST edge of the band, the first breaker of its type that may trip.
#pragma once

#include "hw/model/spec.hpp"

namespace greenroom::model {

struct Thermal {
  double trips_at{};  // theta_T; 0: never trips
  double tau{};       // seconds
};
Thermal thermal(Edge);  // ul_fast 1.10, 35 s; iec_fast 1.28, 40 s

class Breaker {
 public:
  Breaker(Edge, Amps rating);
  // `seconds` at a constant current, exactly. True when it trips within; theta stays where it was at the trip.
  bool carry(double amps, double seconds);
  [[nodiscard]] double theta() const { return theta_; }
  // Seconds from now to the trip at a constant current; infinity when it holds.
  [[nodiscard]] double time_to_trip(double amps) const;

 private:
  Thermal thermal_;
  double rating_;
  double theta_{0.0};
  double second_;  // 1 - exp(-1/tau), for the usual step
};

}  // namespace greenroom::model
