#include "controller/domain/power/planner.hpp"

#include <algorithm>

#include "controller/domain/power/sums.hpp"

namespace greenroom {
namespace {

// What goes before every charge, and never gives way to one.
// Share of a neutral's limit that each of three equal phases may carry: 1 / sqrt(3).
constexpr double balanced = 0.577;

// Of how long everything takes, what one that waits may have to spare and still is not urgent.
constexpr std::int64_t urgent_per_cent = 20;
// The hysteresis of swaps shrinks as the end comes near, when minutes matter more than a relay's operation.
constexpr Duration finest = std::chrono::seconds{30};

bool first_of_all(Want w) { return w == Want::protect || w == Want::restart; }

// The order of service: protection, then deadlines (earliest, then least laxity), then longest remaining solo time.
// With equal deadlines the least laxity is the longest solo time, so one key serves both.
bool before(const OutletView& a, const OutletView& b) {
  const bool pa = first_of_all(a.want), pb = first_of_all(b.want);
  if (pa != pb) return pa;
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  return a.solo > b.solo;
}

class Planning {
 public:
  Planning(const CircuitTree& tree, std::span<const OutletView> outlets, std::span<const CircuitView> circuits,
           const PowerMemory& memory, const Timings& timings, const RuleSet& rules, TimePoint now)
      : tree_(tree),
        outlets_(outlets),
        circuits_(circuits),
        memory_(memory),
        timings_(timings),
        rules_(rules),
        now_(now),
        sums_(tree, outlets, circuits),
        opened_(outlets.size(), 0),
        swapped_(circuits.size(), 0),
        left_(circuits.size()),
        busy_(circuits.size(), 0) {}

  Plan make() {
    remember();  // what is true now, before this plan changes the sums
    how_long();
    if (rules_.holds(Rule::r2)) shed();
    open_unwanted();
    give_leases();
    serve();
    std::sort(plan_.waits.begin(), plan_.waits.end(), [](const Wait& a, const Wait& b) { return a.outlet < b.outlet; });
    return std::move(plan_);
  }

 private:
  bool can_open(std::uint32_t o) const {
    const OutletView& v = outlets_[o];
    return v.counts != Counts::nothing && v.may_open && !v.is_protected && !v.opening && opened_[o] == 0;
  }

  void open(std::uint32_t o, std::string_view reason, bool shed) {
    plan_.orders.push_back({o, false, shed, reason});
    opened_[o] = 1;
  }

  // How long all that is wanted below every circuit takes at least: the longest alone, and all of it at the continuous
  // limit.
  void how_long() {
    std::vector<double> needs(circuits_.size(), 0.0);
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
      const OutletView& v = outlets_[o];
      if (v.want != Want::charge) continue;
      for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) {
        needs[c] += v.need_As;
        left_[c] = std::max(left_[c], v.solo);
      }
    }
    for (std::uint32_t c = 0; c < circuits_.size(); ++c) {
      double amps = circuits_[c].soft.value();
      if (const std::uint32_t n = tree_.neutral[c]; n != no_circuit)
        amps = std::min(amps, circuits_[n].soft.value() * balanced);
      if (amps > 0) left_[c] = std::max(left_[c], seconds_of(needs[c] / amps));
    }
    for (std::uint32_t c = 0; c < circuits_.size(); ++c) {
      if (tree_.parent[c] != no_circuit) left_[c] = std::max(left_[c], left_[tree_.parent[c]]);
      if (!tree_.is_neutral(c)) continue;
      for (const std::uint32_t p : tree_.phases[c]) left_[c] = std::max(left_[c], left_[p]);
    }
  }

  // The outlets whose current flows in a circuit: in a neutral, those of its phases.
  template <class F>
  void for_each_below(std::uint32_t c, const F& f) const {
    if (!tree_.is_neutral(c)) {
      for (const std::uint32_t o : tree_.outlets_below(c)) f(o);
      return;
    }
    for (const std::uint32_t phase : tree_.phases[c]) {
      for (const std::uint32_t o : tree_.outlets_below(phase)) f(o);
    }
  }

  // Whenever a hard sum exceeds its limit, the next order is an open. The soft limit is one of a 10-minute mean.
  void shed() {
    for (std::uint32_t c = static_cast<std::uint32_t>(circuits_.size()); c-- > 0;) {
      const auto over = [&] {
        if (sums_.hard_after(c) > circuits_[c].hard) return true;
        return plan_.memory.loads[c].mean_A > circuits_[c].soft.value() && sums_.soft_after(c) > circuits_[c].soft;
      };
      if (!over()) continue;
      std::vector<std::uint32_t> victims;
      for_each_below(c, [&](std::uint32_t o) {
        if (can_open(o)) victims.push_back(o);
      });
      std::sort(victims.begin(), victims.end(), [&](std::uint32_t a, std::uint32_t b) { return gives_way(a, b); });
      for (const std::uint32_t o : victims) {
        if (!over()) break;
        open(o, "shed", true);
        sums_.will_open(o);
      }
    }
  }

  // Who is opened first: what nobody wants, then the last in the order of service; a foreign one only when nothing
  // else is left.
  bool gives_way(std::uint32_t a, std::uint32_t b) const {
    const OutletView &x = outlets_[a], &y = outlets_[b];
    if (x.is_foreign != y.is_foreign) return y.is_foreign;
    const bool nx = x.want == Want::nothing, ny = y.want == Want::nothing;
    if (nx != ny) return nx;
    if (before(x, y) != before(y, x)) return before(y, x);
    return a > b;
  }

  void open_unwanted() {
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
      const OutletView& v = outlets_[o];
      const bool restart = v.want == Want::restart;
      const bool unwanted = restart || (v.want == Want::nothing && !v.lingers);
      if (!v.on || !unwanted || v.is_foreign || !can_open(o)) continue;
      open(o, restart ? "restart" : "not_wanted", false);
      sums_.will_open(o);
    }
  }

  void give_leases() {
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
      const OutletView& v = outlets_[o];
      if (v.want != Want::protect || v.is_protected || !v.on || v.opening || opened_[o] != 0) continue;
      if (!v.may_lease) {
        wait(o, v.block == WaitReason::none ? WaitReason::in_doubt : v.block, v.block_circuit);
        continue;
      }
      const auto bound = sums_.lease_binds(o);
      if (bound && rules_.holds(Rule::r1)) {
        wait(o, WaitReason::lease_would_not_fit, *bound);
        continue;
      }
      sums_.add_lease(o);
      plan_.leases.push_back(o);
    }
  }

  void serve() {
    std::vector<std::uint32_t> waiting;
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
      const OutletView& v = outlets_[o];
      if (v.want == Want::nothing || (v.is_protected && v.on)) continue;  // a protected one that lost power comes first
      if (v.opening || opened_[o] != 0) wait(o, WaitReason::being_opened);
      else if (!v.on && !v.closing) waiting.push_back(o);
    }
    std::sort(waiting.begin(), waiting.end(), [&](std::uint32_t a, std::uint32_t b) {
      if (before(outlets_[a], outlets_[b])) return true;
      if (before(outlets_[b], outlets_[a])) return false;
      return a < b;
    });
    for (const std::uint32_t o : waiting) serve_one(o);
  }

  void serve_one(std::uint32_t o) {
    const OutletView& v = outlets_[o];
    const bool restart = v.want == Want::restart;
    // Until its button is held it is not closed: the shortest time off may pass meanwhile.
    const bool blocked = v.block != WaitReason::none && !(restart && v.block == WaitReason::min_off);
    if (blocked) return wait(o, v.block, v.block_circuit, v.block_until);
    if (!rules_.holds(Rule::r2)) return restart ? wait(o, WaitReason::button) : close_when_spaced(o);
    if (first_of_all(v.want)) {
      const auto bound = sums_.lease_binds(o);
      if (bound && rules_.holds(Rule::r1)) return wait(o, WaitReason::lease_would_not_fit, *bound);
    }
    const auto bound = sums_.binds(o, false);
    if (!bound) return restart ? wait_for_button(o) : close_when_spaced(o);
    wait(o, WaitReason::circuit, *bound);
    const auto after = sums_.binds(o, true);
    // Room is being made: hold it for this one, so that nobody of lower rank slips in between.
    if (!after || make_room(o, *after)) hold(o);
  }

  void hold(std::uint32_t o) {
    sums_.add_close(o);
    if (first_of_all(outlets_[o].want)) sums_.add_lease(o);
  }

  void wait_for_button(std::uint32_t o) {
    hold(o);
    wait(o, WaitReason::button);
  }

  // One close in flight for each tree of common breakers, and 200 ms after the last was read back (R8).
  void close_when_spaced(std::uint32_t o) {
    hold(o);
    const std::uint32_t root = tree_.root[tree_.lowest[o]];
    const CircuitView& top = circuits_[root];
    if (rules_.holds(Rule::r8)) {
      const TimePoint free_at = top.last_close == long_ago ? long_ago : top.last_close + timings_.close_spacing;
      const bool taken = busy_[root] != 0 || top.close_in_flight;
      if (taken || free_at > now_) return wait(o, WaitReason::spacing, root, taken ? never : free_at);
    }
    busy_[root] = 1;
    plan_.orders.push_back({o, true, false, "wanted"});
  }

  // Opens others below the binding circuit, the last in service first, until `o` would fit. Protection goes before
  // every charge; a charge goes only before one that needs less by the hysteresis and has had its minimum time on.
  bool make_room(std::uint32_t o, std::uint32_t c) {
    const OutletView& v = outlets_[o];
    const bool protect = first_of_all(v.want);
    if (!protect) {
      if (swapped_[c] != 0) return false;
      swapped_[c] = 1;
    }
    std::vector<std::uint32_t> victims;
    for_each_below(c, [&](std::uint32_t r) {
      const OutletView& x = outlets_[r];
      if (!can_open(r) || x.is_foreign || first_of_all(x.want)) return;
      if (protect || (x.min_on_until <= now_ && outranks(v, x, c))) victims.push_back(r);
    });
    std::sort(victims.begin(), victims.end(), [&](std::uint32_t a, std::uint32_t b) { return gives_way(a, b); });
    std::size_t used = 0;
    while (used < victims.size() && sums_.binds(o, true)) sums_.will_open(victims[used++]);
    if (sums_.binds(o, true)) {
      while (used > 0) sums_.will_not_open(victims[--used]);
      return false;
    }
    for (std::size_t i = 0; i < used; ++i) {
      open(victims[i], protect ? "make_room" : "swap", false);
      if (outlets_[victims[i]].want != Want::nothing) wait(victims[i], WaitReason::being_opened, c);
    }
    return used > 0;
  }

  // Of equal deadlines, the one that needs longer goes first, once it is urgent: while all others below the circuit take
  // longer than it does, it can wait, and every swap costs a relay some of its life.
  bool outranks(const OutletView& wants, const OutletView& has, std::uint32_t c) const {
    if (wants.deadline != has.deadline) return wants.deadline < has.deadline;
    const Duration spare = left_[c] - wants.solo;
    if (spare > left_[c] * urgent_per_cent / 100 + timings_.swap_hysteresis) return false;
    return wants.solo > has.solo + std::clamp(left_[c] / 12, finest, timings_.swap_hysteresis);
  }

  void wait(std::uint32_t o, WaitReason reason, std::uint32_t circuit = no_circuit, TimePoint until = never) {
    plan_.waits.push_back({o, reason, circuit});
    if (until > now_ && until < plan_.wake_at) plan_.wake_at = until;
  }

  void remember() { plan_.memory = remember_sums(sums_, circuits_, memory_, now_); }

  const CircuitTree& tree_;
  std::span<const OutletView> outlets_;
  std::span<const CircuitView> circuits_;
  const PowerMemory& memory_;
  const Timings& timings_;
  const RuleSet& rules_;
  TimePoint now_;
  Sums sums_;
  std::vector<char> opened_;    // by this plan
  std::vector<char> swapped_;   // a swap was tried for this binding circuit
  std::vector<Duration> left_;  // how long all that is wanted below takes at least
  std::vector<char> busy_;      // roots on which this plan closes
  Plan plan_;
};

}  // namespace

std::string_view to_string(WaitReason r) {
  switch (r) {
    case WaitReason::none: return "";
    case WaitReason::circuit: return "circuit";
    case WaitReason::lease_would_not_fit: return "lease_would_not_fit";
    case WaitReason::min_off: return "min_off";
    case WaitReason::spacing: return "spacing";
    case WaitReason::start_up: return "start_up";
    case WaitReason::return_of_power: return "return_of_power";
    case WaitReason::unknown_pdu: return "unknown_pdu";
    case WaitReason::in_doubt: return "in_doubt";
    case WaitReason::not_proven: return "not_proven";
    case WaitReason::locked_out: return "locked_out";
    case WaitReason::read_only: return "read_only";
    case WaitReason::foreign_off: return "foreign_off";
    case WaitReason::circuit_lost: return "circuit_lost";
    case WaitReason::switch_failed: return "switch_failed";
    case WaitReason::button: return "button";
    case WaitReason::being_opened: return "being_opened";
  }
  return "";
}

Plan plan_power(const CircuitTree& tree, std::span<const OutletView> outlets, std::span<const CircuitView> circuits,
                const PowerMemory& memory, const Timings& timings, const RuleSet& rules, TimePoint now) {
  return Planning(tree, outlets, circuits, memory, timings, rules, now).make();
}

}  // namespace greenroom
