// What PDUs say of a plant: outlets or banks, with each meter's own fixed error, noise, steps and lag.
#pragma once

#include <vector>

#include "controller/domain/input.hpp"
#include "controller/simulate/charging/plant.hpp"

namespace greenroom::sim::charging {

class Meters {
 public:
  explicit Meters(const Cell&);
  void sample(const Plant&);  // what flows now; told by the next read()
  // States are those of now, currents those of the last sample.
  [[nodiscard]] PduRead read(PduId, const Plant&, TimePoint began);

 private:
  [[nodiscard]] Amps shown(double amps, double error);

  const Cell& cell_;
  Random dice_;
  std::vector<double> outlet_error_, circuit_error_, outlet_A_, circuit_A_;
  std::vector<std::vector<std::uint32_t>> outlets_of_;  // by PDU
};

}  // namespace greenroom::sim::charging
