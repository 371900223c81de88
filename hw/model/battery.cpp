#include "hw/model/battery.hpp"

#include <algorithm>
#include <cmath>

namespace greenroom::model {
namespace {

constexpr double seconds_an_hour = 3600.0;
constexpr double corrected_from_watts = 75.0;

}  // namespace

double default_power_factor(Watts brick) { return brick.value() < corrected_from_watts ? 0.58 : 0.97; }

double nameplate_amps(Watts brick, double power_factor, double volts) {
  return brick.value() / (brick_efficiency * power_factor * volts);
}

Battery::Battery(const MacSpec& spec, double adapter_watts)
    : capacity_(spec.capacity.value() * spec.health),
      r_(spec.c_rate),
      s0_(spec.knee),
      idle_(spec.idle.value()),
      tc_((1.0 - spec.knee) / spec.c_rate),
      ceiling_(std::min(full_charge, spec.charge_limit)),
      s_(spec.dead_pack || !spec.battery ? 0.0 : spec.charge),
      precharge_(spec.deep_discharged ? precharge_seconds : 0.0),
      works_(spec.battery && !spec.dead_pack && spec.capacity.milli > 0),
      second_(std::exp(-1.0 / (tc_ * seconds_an_hour))) {
  use_adapter(adapter_watts);
}

void Battery::use_adapter(double watts) {
  if (!works_) return;
  rc_ = std::clamp((watts - idle_) * pack_efficiency / capacity_, 0.0, r_);
  sc_ = 1.0 - (1.0 - s0_) * rc_ / r_;
}

double Battery::accepts() const {
  if (!works_ || s_ >= ceiling_ || rc_ <= 0.0) return 0.0;
  if (precharge_ > 0.0) return precharge_watts;
  return capacity_ * std::min(rc_, r_ * (1.0 - s_) / (1.0 - s0_)) / pack_efficiency;
}

void Battery::charge(double seconds) {
  if (!works_ || s_ >= ceiling_ || rc_ <= 0.0) return;
  if (precharge_ > 0.0) {
    const double in_precharge = std::min(precharge_, seconds);
    precharge_ -= in_precharge;
    s_ += precharge_watts * pack_efficiency * in_precharge / seconds_an_hour / capacity_;
    seconds -= in_precharge;
    if (seconds <= 0.0) return;
  }
  if (s_ < sc_) {
    s_ += rc_ * seconds / seconds_an_hour;
  } else {
    const double left = seconds == 1.0 ? second_ : std::exp(-seconds / (tc_ * seconds_an_hour));
    s_ = 1.0 - (1.0 - s_) * left;
  }
  s_ = std::min(s_, ceiling_);
}

void Battery::force(double watts, double seconds) {
  if (!works_ || s_ >= ceiling_) return;
  s_ = std::min(ceiling_, s_ + watts * pack_efficiency * seconds / seconds_an_hour / capacity_);
}

void Battery::drain(double watts, double seconds) {
  if (!works_) return;
  s_ = std::max(0.0, s_ - watts * seconds / seconds_an_hour / capacity_);
}

double Battery::hours_to(double goal) const {
  if (!works_ || s_ >= goal || rc_ <= 0.0) return 0.0;
  const double before = precharge_ / seconds_an_hour;
  if (goal <= sc_) return before + (goal - s_) / rc_;
  if (s_ >= sc_) return before + tc_ * std::log((1.0 - s_) / (1.0 - goal));
  return before + (sc_ - s_) / rc_ + tc_ * std::log((1.0 - sc_) / (1.0 - goal));
}

}  // namespace greenroom::model
