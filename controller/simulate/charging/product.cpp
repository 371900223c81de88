#include "controller/simulate/charging/product.hpp"

namespace greenroom::sim::charging {
namespace {

constexpr int most_rounds = 50;
constexpr std::int64_t stated_error_per_mille = 10;

}  // namespace

Product::Product(const Cell& cell, TimePoint start)
    : room_(cell.room),
      planner_(cell.spec.planner),
      meters_outlets_(!cell.spec.bank_meter),
      rules_(cell.spec.rules),
      state_(initial_power(cell.room)),
      senses_(initial_power_senses(cell.room, start)) {
  for (FactBody& f : commission(room_)) fold(std::move(f), start);
}

void Product::fold(FactBody body, TimePoint now) {
  fact_.seq += 1;
  fact_.at = now;
  fact_.body = std::move(body);
  if (const auto* order = std::get_if<SwitchStarted>(&fact_.body)) {
    next_effect_ = std::max(next_effect_, order->effect + 1);
    orders.push_back(*order);
  }
  if (std::holds_alternative<MapRevoked>(fact_.body)) ++maps_revoked;
  apply_power(state_, room_, fact_);
}

void Product::identify(PduId pdu, TimePoint now) {
  PduIdentified i;
  i.pdu = pdu;
  i.model = "model";
  i.identity = room_.pdus[pdu.value].name;
  i.boots_all_off = true;
  i.meters_outlets = meters_outlets_;
  i.meter_lag = std::chrono::seconds{2};
  i.meter_floor = Amps::from_milli(10);
  i.meter_error_per_mille = stated_error_per_mille;
  take(i, now);
}

void Product::take(const Input& input, TimePoint now) {
  sense_power(senses_, room_, state_, input, now);
  for (FactBody& f : decide_power(room_, rules_, state_, senses_, input, now)) fold(std::move(f), now);
}

void Product::plan(TimePoint now) {
  for (int round = 0; round < most_rounds; ++round) {
    ++plans;
    PowerDecision d = replan(room_, rules_, planner_, state_, senses_, demands, next_effect_, now);
    if (d.memory) senses_.memory = std::move(*d.memory);
    wake_at = d.wake_at;
    if (d.facts.empty()) return;
    for (FactBody& f : d.facts) fold(std::move(f), now);
  }
}

}  // namespace greenroom::sim::charging
