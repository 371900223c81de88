// A laptop's pack behind a brick: constant current, then a taper that is linear in what is missing (Linear2Stage of
// ACN-Sim), ds/dt = min(rc, r (1-s)/(1-s0)); one parameter set meets published full-charge times of four bricks
// within 6 %. Pure arithmetic in hours, watts and shares.
#pragma once

#include "hw/model/spec.hpp"

namespace greenroom::model {

constexpr double pack_efficiency = 0.96;    // of what reaches the pack
constexpr double brick_efficiency = 0.90;   // of the brick
constexpr double full_charge = 0.99;        // where a laptop says full
constexpr double precharge_watts = 2.0;     // a deep-discharged pack takes about this (an assumption) ...
constexpr double precharge_seconds = 1200;  // ... for 20 minutes

double default_power_factor(Watts brick);  // 0.58 below 75 W (no correction needed by IEC 61000-3-2), else 0.97
// What brick and machine can draw at most from the wall at that voltage.
double nameplate_amps(Watts brick, double power_factor, double volts);

class Battery {
 public:
  // Adapter watts: the smaller of the brick and what the machine takes; idle watts come off it before charging.
  Battery(const MacSpec&, double adapter_watts);
  void use_adapter(double watts);  // another brick

  // Watts into the pack now, before its efficiency (0 when full, held, dead or absent).
  [[nodiscard]] double accepts() const;
  void charge(double seconds);  // at what accepts() says
  void drain(double watts, double seconds);
  // Takes the given watts instead of the curve's: a surge at full power.
  void force(double watts, double seconds);

  [[nodiscard]] double level() const { return s_; }
  [[nodiscard]] bool flat() const { return s_ <= 0.0; }
  [[nodiscard]] bool full() const { return s_ >= ceiling_; }
  [[nodiscard]] bool works() const { return works_; }  // there is a pack and it is not dead
  [[nodiscard]] double hours_to(double goal) const;    // solo time on this adapter

 private:
  double capacity_;  // Wh
  double r_, s0_, idle_;
  double rc_{}, sc_{}, tc_;  // limited rate, crossover, taper time constant in hours
  double ceiling_;
  double s_;
  double precharge_;  // seconds still to go
  bool works_;
  double second_;  // exp(-1 s / tc)
};

}  // namespace greenroom::model
