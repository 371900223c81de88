// The ways of charging carts, to be compared with: they look at no reading and shed nothing.
#include <algorithm>

#include "controller/domain/power/planner.hpp"
#include "controller/domain/power/sums.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
constexpr Duration group_time = 15min;  // common cart timers: 15 to 20 minutes a shelf (power facts 3)

// Static nameplate sums at nominal voltage against the continuous limit of every circuit above.
class NameplateSums {
 public:
  NameplateSums(const CircuitTree& tree, std::span<const OutletView> outlets, std::span<const CircuitView> circuits)
      : tree_(tree), outlets_(outlets), circuits_(circuits), used_(circuits.size()) {
    for (std::size_t c = circuits.size(); c-- > 0;) {
      used_[c] += circuits[c].foreign;
      if (tree.parent[c] != no_circuit) used_[tree.parent[c]] += used_[c];
    }
  }
  void add(std::uint32_t o) {
    for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) used_[c] += outlets_[o].nominal;
  }
  [[nodiscard]] std::uint32_t binds(std::uint32_t o) const {
    for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) {
      if (used_[c] + outlets_[o].nominal > circuits_[c].soft) return c;
    }
    return no_circuit;
  }

 private:
  const CircuitTree& tree_;
  std::span<const OutletView> outlets_;
  std::span<const CircuitView> circuits_;
  std::vector<Amps> used_;
};

bool may_be_on(const OutletView& v) { return v.counts != Counts::nothing; }

// Which outlets the clock lets have power: groups in the order of outlets, each as large as the limits allow.
std::vector<char> group_of_the_hour(const CircuitTree& tree, std::span<const OutletView> outlets,
                                    std::span<const CircuitView> circuits, TimePoint now) {
  std::vector<std::uint32_t> group(outlets.size(), 0);
  std::uint32_t groups = 0;
  std::uint32_t next = 0;
  while (next < outlets.size()) {
    NameplateSums sums(tree, outlets, circuits);
    const std::uint32_t first = next;
    while (next < outlets.size() && (next == first || sums.binds(next) == no_circuit)) {
      sums.add(next);
      group[next++] = groups;
    }
    ++groups;
  }
  std::vector<char> turn(outlets.size(), 0);
  if (groups == 0) return turn;
  const auto current = static_cast<std::uint32_t>((now.time_since_epoch() / group_time) % groups);
  for (std::uint32_t o = 0; o < outlets.size(); ++o) turn[o] = group[o] == current ? 1 : 0;
  return turn;
}

}  // namespace

Plan plan_otherwise(Planner planner, const CircuitTree& tree, std::span<const OutletView> outlets,
                    std::span<const CircuitView> circuits, const PowerMemory& memory, const Timings& timings, const RuleSet&,
                    TimePoint now) {
  Plan plan;
  plan.memory = remember_sums(Sums(tree, outlets, circuits), circuits, memory, now);
  std::vector<char> turn(outlets.size(), 1);
  if (planner == Planner::timer) turn = group_of_the_hour(tree, outlets, circuits, now);
  NameplateSums sums(tree, outlets, circuits);
  std::vector<char> busy(circuits.size(), 0);
  for (std::uint32_t o = 0; o < outlets.size(); ++o) {
    const OutletView& v = outlets[o];
    if (may_be_on(v)) sums.add(o);
    const bool off = v.want == Want::nothing || v.want == Want::restart;
    const bool unwanted = off || (turn[o] == 0 && v.want != Want::protect);
    if (v.on && unwanted && v.may_open && !v.is_protected && !v.opening)
      plan.orders.push_back({o, false, false, "not_wanted"});
    if (v.on && v.want == Want::protect && v.may_lease && !v.is_protected) plan.leases.push_back(o);
  }
  for (std::uint32_t o = 0; o < outlets.size(); ++o) {
    const OutletView& v = outlets[o];
    if (v.on || v.closing || v.want == Want::nothing || v.want == Want::restart) continue;
    if (turn[o] == 0 && v.want != Want::protect) {
      plan.waits.push_back({o, WaitReason::circuit, tree.lowest[o]});
      continue;
    }
    if (v.block != WaitReason::none) {
      plan.waits.push_back({o, v.block, v.block_circuit});
      if (v.block_until > now) plan.wake_at = std::min(plan.wake_at, v.block_until);
      continue;
    }
    const std::uint32_t bound = planner == Planner::nameplate ? sums.binds(o) : no_circuit;
    if (bound != no_circuit) {
      plan.waits.push_back({o, WaitReason::circuit, bound});
      continue;
    }
    sums.add(o);
    const std::uint32_t root = tree.root[tree.lowest[o]];
    const TimePoint free_at =
        circuits[root].last_close == long_ago ? long_ago : circuits[root].last_close + timings.close_spacing;
    if (busy[root] != 0 || circuits[root].close_in_flight || free_at > now) {
      plan.waits.push_back({o, WaitReason::spacing, root});
      if (free_at > now) plan.wake_at = std::min(plan.wake_at, free_at);
      continue;
    }
    busy[root] = 1;
    plan.orders.push_back({o, true, false, "wanted"});
  }
  return plan;
}

}  // namespace greenroom
