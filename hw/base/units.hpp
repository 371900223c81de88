// Electrical quantities as integer thousandths, so that sums are exact and the same in every compiler.
// No implicit mixing: amps add to amps only; the one product defined is volts times amps.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>

namespace greenroom {

template <class Tag>
struct Quantity {
  std::int64_t milli{};

  static constexpr Quantity from_milli(std::int64_t m) { return Quantity{m}; }
  // Rounds to the nearest thousandth; for values that come from text, files or the model's physics.
  static Quantity of(double whole) { return Quantity{std::llround(whole * 1000.0)}; }
  [[nodiscard]] constexpr double value() const { return static_cast<double>(milli) / 1000.0; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity& operator+=(Quantity o) {
    milli += o.milli;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity o) {
    milli -= o.milli;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.milli + b.milli}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.milli - b.milli}; }
  friend constexpr Quantity operator*(Quantity a, std::int64_t n) { return {a.milli * n}; }
  // num/den of a quantity, rounded up: a share of a load is never understated.
  [[nodiscard]] constexpr Quantity share_up(std::int64_t num, std::int64_t den) const {
    const std::int64_t product = milli * num;
    return {product / den + ((product % den > 0) ? 1 : 0)};
  }
};

using Amps = Quantity<struct AmpTag>;
using Volts = Quantity<struct VoltTag>;
using Watts = Quantity<struct WattTag>;
using VoltAmperes = Quantity<struct VoltAmpereTag>;
using WattHours = Quantity<struct WattHourTag>;

constexpr VoltAmperes operator*(Volts v, Amps a) { return {v.milli * a.milli / 1000}; }

}  // namespace greenroom
