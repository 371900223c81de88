#include "hw/model/breaker.hpp"

#include <cmath>
#include <limits>

namespace greenroom::model {

Thermal thermal(Edge edge) {
  switch (edge) {
    case Edge::ul_fast: return {1.10, 35.0};
    case Edge::iec_fast: return {1.28, 40.0};
    case Edge::none: break;
  }
  return {};
}

Breaker::Breaker(Edge edge, Amps rating)
    : thermal_(thermal(edge)),
      rating_(rating.value()),
      second_(edge == Edge::none ? 0.0 : 1.0 - std::exp(-1.0 / thermal_.tau)) {}

bool Breaker::carry(double amps, double seconds) {
  if (thermal_.trips_at <= 0.0) return false;
  const double ratio = amps / rating_;
  const double toward = ratio * ratio;
  const double share = seconds == 1.0 ? second_ : 1.0 - std::exp(-seconds / thermal_.tau);
  theta_ += (toward - theta_) * share;
  if (theta_ < thermal_.trips_at) return false;
  theta_ = thermal_.trips_at;
  return true;
}

double Breaker::time_to_trip(double amps) const {
  const double ratio = amps / rating_;
  const double toward = ratio * ratio;
  if (thermal_.trips_at <= 0.0 || toward <= thermal_.trips_at) return std::numeric_limits<double>::infinity();
  return thermal_.tau * std::log((toward - theta_) / (toward - thermal_.trips_at));
}

}  // namespace greenroom::model
