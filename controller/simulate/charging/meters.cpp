#include "controller/simulate/charging/meters.hpp"

#include <algorithm>
#include <cmath>

namespace greenroom::sim::charging {
namespace {

// Within the 1 % that the device states (product.cpp): a fixed part for each meter, and noise of two deviations. As
// hw/model's meters.
constexpr double fixed_error = 0.005, noise = 0.0025;
constexpr double step_A = 0.01;

}  // namespace

Meters::Meters(const Cell& cell) : cell_(cell), dice_(Random(cell.spec.seed).stream("meters")) {
  outlets_of_.resize(cell.room.pdus.size());
  for (std::uint32_t o = 0; o < cell.room.outlets.size(); ++o) {
    outlets_of_[cell.room.outlets[o].pdu.value].push_back(o);
    outlet_error_.push_back(dice_.uniform(-fixed_error, fixed_error));
  }
  for (std::size_t c = 0; c < cell.room.circuits.size(); ++c)
    circuit_error_.push_back(dice_.uniform(-fixed_error, fixed_error));
  outlet_A_.assign(cell.room.outlets.size(), 0.0);
  circuit_A_.assign(cell.room.circuits.size(), 0.0);
}

void Meters::sample(const Plant& plant) {
  for (std::uint32_t o = 0; o < outlet_A_.size(); ++o) outlet_A_[o] = plant.amps(o);
  for (std::uint32_t c = 0; c < circuit_A_.size(); ++c) circuit_A_[c] = plant.circuit_amps(c);
}

Amps Meters::shown(double amps, double error) {
  if (amps <= 0.0) return {};
  const double noisy = amps * (1.0 + error) * (1.0 + dice_.normal(0.0, noise));
  return Amps::of(std::max(0.0, std::round(noisy / step_A) * step_A));
}

PduRead Meters::read(PduId pdu, const Plant& plant, TimePoint began) {
  PduRead r;
  r.pdu = pdu;
  r.began = began;
  r.outlets.reserve(outlets_of_[pdu.value].size());
  for (const std::uint32_t o : outlets_of_[pdu.value]) {
    OutletSample s;
    s.outlet = OutletId{o};
    s.state = plant.closed(o) ? Sensed::on : Sensed::off;
    if (!cell_.spec.bank_meter) s.current = shown(outlet_A_[o], outlet_error_[o]);
    r.outlets.push_back(s);
  }
  for (std::uint32_t c = 0; c < circuit_A_.size(); ++c) {
    if (cell_.room.circuits[c].meter_pdu == pdu) r.meters.push_back({CircuitId{c}, shown(circuit_A_[c], circuit_error_[c])});
  }
  return r;
}

}  // namespace greenroom::sim::charging
