#include "controller/domain/power/charge_model.hpp"

#include <algorithm>
#include <cmath>

namespace greenroom {
namespace {
// One set of parameters fits three chargers within 2 to 6 % (power facts 2.2).
constexpr double rate_1C = 1.0;  // 1/h
constexpr double knee = 0.80;
constexpr double acceptance = 0.96;  // of the battery
constexpr double brick_efficiency = 0.90;
// Macs come back with 5 to 60 % (power facts 4c), and one that does not taper yet is below the knee. Of what is left the
// guess is low: the emptiest is the one that everybody waits for.
constexpr double emptiest = 0.05, fullest = 0.60, early = 0.3;
constexpr double nearly_full = 0.99;  // the taper never ends by itself; a Mac says "full" here
}  // namespace

ChargeModel charge_model(Watts brick_output, double battery_Wh) {
  ChargeModel m;
  m.brick_W = std::max(brick_output.value(), 1.0);
  m.battery_Wh = battery_Wh > 0 ? battery_Wh : 0.72 * m.brick_W;  // 99.6 Wh on 140 W, 70 Wh on 96 W
  m.rate = std::clamp((m.brick_W - m.system_W) * acceptance / m.battery_Wh, 0.01, rate_1C);
  m.crossover = 1.0 - (1.0 - knee) * m.rate / rate_1C;
  m.taper_h = (1.0 - knee) / rate_1C;
  return m;
}

double ChargeModel::watts_dc(double charge) const {
  if (charge >= nearly_full) return system_W;
  const double now = charge < crossover ? rate : rate_1C * (1.0 - charge) / (1.0 - knee);
  return std::min(brick_W, battery_Wh * now / acceptance + system_W);
}

Duration ChargeModel::solo(double from, double goal) const {
  from = std::clamp(from, 0.0, nearly_full);
  goal = std::clamp(goal, 0.0, nearly_full);
  if (from >= goal) return Duration{};
  double hours = 0;
  if (from < crossover) hours += (std::min(goal, crossover) - from) / rate;
  if (goal > crossover) hours += taper_h * std::log((1.0 - std::max(from, crossover)) / (1.0 - goal));
  return seconds_of(hours * 3600.0);
}

double seen_charge(const OutletInsight& seen, double battery_Wh) {
  if (seen.full) return 1.0;
  const double gained = battery_Wh > 0 ? seen.delivered.value() * acceptance * brick_efficiency / battery_Wh : 0.0;
  const double least = emptiest + gained;
  const double most = std::max(least, std::min(fullest + gained, seen.taper_seen ? nearly_full : knee));
  return std::min(nearly_full, least + early * (most - least));
}

double ChargeModel::charge_at(double share) const {
  const double plateau = battery_Wh * rate / acceptance + system_W;
  const double into_pack = std::max(0.0, share * plateau - system_W) * acceptance / battery_Wh;
  return std::clamp(1.0 - (1.0 - knee) * into_pack / rate_1C, crossover, nearly_full);
}

double ChargeModel::energy_Wh(double from, double goal) const {
  if (from >= goal) return 0.0;
  return battery_Wh * (goal - from) / acceptance + system_W * in_seconds(solo(from, goal)) / 3600.0;
}

Amps expected_current(const ChargeModel& m, Amps nominal, double charge) {
  // 3 points early: an estimate of charge that is a little high must not promise a taper that has not come.
  const double share = m.watts_dc(std::max(0.0, charge - 0.03)) / m.brick_W;
  return std::min(nominal, Amps::of(nominal.value() * share));
}

}  // namespace greenroom
