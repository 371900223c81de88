// The class model of a charging Mac: constant current, then a linear taper (power facts 2.2; ACN's Linear2Stage), and
// its closed forms. Used for expected currents and for the order of service, never for the hard sum.
#pragma once

#include "controller/domain/power/power.hpp"

namespace greenroom {

struct ChargeModel {
  double battery_Wh{};
  double rate{};       // 1/h in the constant part, limited by the brick
  double crossover{};  // state of charge at which the taper begins
  double taper_h{};    // time constant of the taper
  double brick_W{};
  double system_W{3.0};  // lid closed, idle

  [[nodiscard]] double watts_dc(double charge) const;           // what the brick delivers
  [[nodiscard]] Duration solo(double from, double goal) const;  // alone, at full rate
  // Of the current on the plateau, the share that a Mac draws in its taper; and the charge that a share tells.
  [[nodiscard]] double charge_at(double share_of_plateau) const;
  // Watt-hours that the brick delivers from one charge to the other, system included.
  [[nodiscard]] double energy_Wh(double from, double goal) const;
};

ChargeModel charge_model(Watts brick_output, double battery_Wh);
// The best guess of a Mac's charge from what its outlet's meter showed alone.
double seen_charge(const OutletInsight&, double battery_Wh);
// Wall current at nominal voltage, at most `nominal`.
Amps expected_current(const ChargeModel&, Amps nominal, double charge);

}  // namespace greenroom
