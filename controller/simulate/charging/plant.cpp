#include "controller/simulate/charging/plant.hpp"

#include <algorithm>
#include <cmath>

namespace greenroom::sim::charging {
namespace {

constexpr double pd_start_s = 2;       // from the contact to the charge
constexpr double wake_every_s = 7200;  // power facts 4c: once in two hours, two minutes long
constexpr double wake_time_s = 120;
constexpr int wakes_within = 3;  // what the reserve is for; more at once are beyond the envelope
constexpr std::size_t mean_s = 600;
constexpr double below_150_volts = 150;  // the standard that its breakers are built to: UL 489, above it IEC 60898

model::Edge edge_of(const Circuit& c) {
  if (c.kind != CircuitKind::breaker && c.kind != CircuitKind::panel) return model::Edge::none;
  return c.nominal.value() < below_150_volts ? model::Edge::ul_fast : model::Edge::iec_fast;
}

}  // namespace

Plant::Plant(const Cell& cell) : cell_(cell), dice_(Random(cell.spec.seed).stream("wakes")) {
  const double volts = cell.spec.wiring.volts;
  for (std::size_t i = 0; i < cell.seats.size(); ++i) {
    const Seat& seat = cell.seats[i];
    Mac mac{.battery = model::Battery(seat.mac, seat.of->adapter_W)};
    mac.volt_factor = 1.0 / (model::brick_efficiency * volts * seat.of->power_factor);
    mac.idle_W = seat.of->idle_W;
    mac.most_A = seat.of->nameplate_A(volts);
    mac.present = seat.arrives == Duration{};
    mac.wakes_in_s = cell.spec.surges ? dice_.exponential(wake_every_s) : 1e300;
    macs_.push_back(std::move(mac));
    lowest_.push_back(cell.room.outlets[i].circuit.value);
  }
  for (const Circuit& c : cell.room.circuits) {
    Node node{.breaker = model::Breaker(edge_of(c), c.hard)};
    if (c.parent) node.parent = c.parent->value;
    for (const CircuitId p : c.phases) node.phases.push_back(p.value);
    node.trips_at = model::thermal(edge_of(c)).trips_at;
    node.hard = c.hard.value();
    node.soft = c.continuous.value();
    node.ring.assign(mean_s, -node.soft);
    node.ring_As = -node.soft * static_cast<double>(mean_s);
    circuits_.push_back(std::move(node));
  }
}

void Plant::contact(std::uint32_t outlet, bool closed) {
  Mac& mac = macs_[outlet];
  if (mac.closed == closed) return;
  mac.closed = closed;
  mac.starts_in_s = pd_start_s;
  mac.awake_s = 0;
}

void Plant::limit(std::uint32_t circuit, double share) {
  circuits_[circuit].soft = share * cell_.room.circuits[circuit].continuous.value();
}

double Plant::amps_of(const Mac& mac) {
  if (!mac.closed || !mac.present || mac.starts_in_s > 0) return 0.0;
  if (mac.awake_s > 0) return mac.most_A;
  return std::min(mac.most_A, (mac.battery.accepts() + mac.idle_W) * mac.volt_factor);
}

void Plant::draw() {
  for (Node& node : circuits_) node.truth.amps = 0.0;
  awake_ = 0;
  for (std::size_t i = 0; i < macs_.size(); ++i) {
    Mac& mac = macs_[i];
    mac.amps = amps_of(mac);
    if (mac.awake_s > 0 && mac.amps > 0) ++awake_;
    circuits_[lowest_[i]].truth.amps += mac.amps;
  }
  for (std::size_t c = circuits_.size(); c-- > 0;) {
    Node& node = circuits_[c];
    if (node.parent != no_circuit) circuits_[node.parent].truth.amps += node.truth.amps;
  }
  for (Node& node : circuits_) {
    if (node.phases.empty()) continue;
    double squares = 0.0;  // what no meter contradicts (R2)
    for (const std::uint32_t p : node.phases) squares += circuits_[p].truth.amps * circuits_[p].truth.amps;
    node.truth.amps = std::sqrt(squares);
  }
}

void Plant::suppose_dead() {
  for (Node& node : circuits_) node.gaps.fill(0.0);
  for (std::size_t i = 0; i < macs_.size(); ++i) {
    const Mac& mac = macs_[i];
    if (!mac.closed || !mac.present) continue;
    for (std::uint32_t c = lowest_[i]; c != no_circuit; c = circuits_[c].parent) {
      double gap = mac.most_A - mac.amps;
      for (double& largest : circuits_[c].gaps) {
        if (gap > largest) std::swap(gap, largest);
      }
    }
  }
  for (Node& node : circuits_) {
    double amps = node.truth.amps;
    if (node.phases.empty()) {
      for (const double gap : node.gaps) amps += gap;
    } else {
      // All three on one phase, whichever is worst: they add up there, and as squares across phases.
      amps = 0.0;
      for (const std::uint32_t woken : node.phases) {
        double squares = 0.0;
        for (const std::uint32_t p : node.phases) {
          double phase = circuits_[p].truth.amps;
          if (p == woken) phase += circuits_[p].gaps[0] + circuits_[p].gaps[1] + circuits_[p].gaps[2];
          squares += phase * phase;
        }
        amps = std::max(amps, std::sqrt(squares));
      }
    }
    node.truth.if_dead = std::max(node.truth.if_dead, amps / node.hard);
  }
}

void Plant::judge(double seconds) {
  for (Node& node : circuits_) {
    CircuitTruth& t = node.truth;
    node.filling_As += (t.amps - node.soft) * seconds;
    if (t.amps > node.hard) (awake_ > wakes_within ? t.fault_As : t.over_hard_As) += (t.amps - node.hard) * seconds;
    if (t.amps > node.soft) t.now_over_s += seconds;
    const double before = node.breaker.theta();
    if (node.breaker.carry(t.amps, seconds) && before < node.breaker.theta()) ++t.trips;
    if (node.trips_at > 0) t.worst_theta = std::max(t.worst_theta, node.breaker.theta() / node.trips_at);
  }
}

void Plant::end_of_second() {
  for (Node& node : circuits_) {
    node.ring_As += node.filling_As - node.ring[ring_at_];
    node.ring[ring_at_] = node.filling_As;
    node.filling_As = 0;
    if (node.ring_As > 1e-6) node.truth.over_soft_s += 1;
  }
  ring_at_ = (ring_at_ + 1) % mean_s;
}

void Plant::advance(double seconds) {
  while (seconds > 1e-9) {
    const double step = std::min(seconds, 1.0 - second_);
    judge(step);
    for (Mac& mac : macs_) {
      if (!mac.closed || !mac.present) continue;
      if (mac.starts_in_s > 0) {
        mac.starts_in_s = std::max(0.0, mac.starts_in_s - step);
        continue;
      }
      mac.battery.charge(step);
      if (mac.awake_s > 0) {
        mac.awake_s = std::max(0.0, mac.awake_s - step);
        continue;
      }
      mac.wakes_in_s -= step;
      if (mac.wakes_in_s > 0) continue;
      mac.awake_s = wake_time_s;
      mac.wakes_in_s = dice_.exponential(wake_every_s);
    }
    seconds -= step;
    second_ += step;
    if (second_ >= 1.0 - 1e-9) {
      second_ = 0;
      end_of_second();
    }
    draw();
  }
}

}  // namespace greenroom::sim::charging
