// The product's own judgement for one cell, on virtual time: its sense, decide, replan and apply, the very functions that
// bench drives in a real room, without a journal and without coroutines.
#pragma once

#include <cstdint>
#include <vector>

#include "controller/domain/power/power.hpp"
#include "controller/simulate/charging/cell.hpp"

namespace greenroom::sim::charging {

class Product {
 public:
  // Commissioned; no PDU has answered yet.
  Product(const Cell&, TimePoint start);

  void identify(PduId, TimePoint);
  void take(const Input&, TimePoint);  // sensed and decided, not planned
  // As bench does at the end of a turn: until nothing more is said. Orders are added to `orders`.
  void plan(TimePoint);

  std::vector<Demand> demands;        // by outlet; made anew by whoever drives it
  std::vector<SwitchStarted> orders;  // not yet on their way
  TimePoint wake_at{never};
  std::uint64_t plans{};
  int maps_revoked{};

  [[nodiscard]] OutletInsight seen(std::uint32_t outlet, TimePoint now) const {
    return insight(room_, state_, senses_, OutletId{outlet}, now);
  }
  [[nodiscard]] Result<void> may_commit_open(std::uint32_t outlet) const {
    return may_open(room_, rules_, state_, OutletId{outlet}, false);
  }
  [[nodiscard]] bool is_protected(std::uint32_t outlet) const { return lease_held(state_, OutletId{outlet}); }
  [[nodiscard]] const PowerSenses& senses() const { return senses_; }

 private:
  void fold(FactBody, TimePoint);

  const Room& room_;
  Planner planner_;
  bool meters_outlets_;
  RuleSet rules_;
  PowerState state_;
  PowerSenses senses_;
  Fact fact_;  // made once: only its time and body change
  std::uint64_t next_effect_{1};
};

}  // namespace greenroom::sim::charging
