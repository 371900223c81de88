// The ways of charging carts and of simpler programs, to be compared with (power facts 3 and 4b). None keeps a reserve for
// what may jump, none keeps the two sums apart.
//
//   all_on         everything that is wanted, at once
//   nameplate      first come, first served, while nameplates at nominal voltage fit the continuous limits
//   timer          groups by nameplate take turns of 15 minutes, whoever is done
//   strip_add      four strips in order, or as many as each fit half the limit; the next is added when the measured draw
//                  leaves room for its nameplates
//   greedy         first fit in the order of outlets, by measured draw; a candidate counts at nameplate
//   lowest_charge  the emptiest first, by measured draw; changes over with two points of hysteresis
//   edf, llf       earliest deadline first, least laxity first: by measured draw, a candidate as its class would draw
#include <algorithm>

#include "controller/domain/power/planner.hpp"
#include "controller/domain/power/sums.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
constexpr Duration group_time = 15min;  // common cart timers: 15 to 20 minutes a shelf (power facts 3)
constexpr std::size_t strips = 4;       // of one cart
constexpr double charge_hysteresis = 0.02;
constexpr std::int64_t margin_per_mille = 10;  // below the continuous limit, of those that measure

bool measures(Planner p) {
  return p == Planner::strip_add || p == Planner::greedy || p == Planner::lowest_charge || p == Planner::edf ||
         p == Planner::llf;
}
bool changes_over(Planner p) { return p == Planner::lowest_charge || p == Planner::edf || p == Planner::llf; }

class Otherwise {
 public:
  Otherwise(Planner planner, const CircuitTree& tree, std::span<const OutletView> outlets,
            std::span<const CircuitView> circuits, const Timings& timings, TimePoint now)
      : planner_(planner),
        tree_(tree),
        outlets_(outlets),
        circuits_(circuits),
        timings_(timings),
        now_(now),
        used_(circuits.size()),
        turn_(outlets.size(), 1),
        opened_(outlets.size(), 0),
        busy_(circuits.size(), 0) {
    for (std::size_t c = circuits.size(); c-- > 0;) {
      used_[c] += circuits[c].foreign;
      if (tree.parent[c] != no_circuit) used_[tree.parent[c]] += used_[c];
    }
  }

  Plan make() {
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
      if (outlets_[o].counts != Counts::nothing) add(o, present(outlets_[o]));
    }
    if (planner_ == Planner::timer) group_of_the_hour();
    if (planner_ == Planner::strip_add) strips_of_now();
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) open_or_lease(o);
    if (measures(planner_)) shed();
    serve();
    return std::move(plan_);
  }

 private:
  // What one that is on is taken to draw.
  Amps present(const OutletView& v) const {
    if (!measures(planner_)) return v.nominal;
    return v.own_meter && v.counts != Counts::unsettled ? v.draw : candidate(v);
  }
  // What one that would be closed is taken to draw.
  Amps candidate(const OutletView& v) const {
    return planner_ == Planner::edf || planner_ == Planner::llf ? v.expected : v.nominal;
  }
  Amps limit(std::uint32_t c) const {
    const Amps soft = circuits_[c].soft;
    return measures(planner_) ? Amps{soft.milli * (1000 - margin_per_mille) / 1000} : soft;
  }

  void add(std::uint32_t o, Amps amps) {
    for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) used_[c] += amps;
  }
  std::uint32_t binds(std::uint32_t o, Amps amps) const {
    for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) {
      if (used_[c] + amps > limit(c)) return c;
    }
    return no_circuit;
  }

  // Groups in the order of outlets, each as large as the limits allow; the clock says which has its turn.
  void group_of_the_hour() {
    const std::vector<Amps> now_used = used_;
    std::vector<std::uint32_t> group(outlets_.size(), 0);
    std::uint32_t groups = 0, next = 0;
    while (next < outlets_.size()) {
      for (std::uint32_t c = 0; c < used_.size(); ++c) used_[c] = {};
      const std::uint32_t first = next;
      while (next < outlets_.size() && (next == first || binds(next, outlets_[next].nominal) == no_circuit)) {
        add(next, outlets_[next].nominal);
        group[next++] = groups;
      }
      ++groups;
    }
    used_ = now_used;
    if (groups == 0) return;
    const auto current = static_cast<std::uint32_t>((now_.time_since_epoch() / group_time) % groups);
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) turn_[o] = group[o] == current ? 1 : 0;
  }

  // A strip stays on once it is; the next one is added when all of it fits on top of what is measured.
  void strips_of_now() {
    std::size_t size = (outlets_.size() + strips - 1) / strips;
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
      const Amps top = circuits_[tree_.root[tree_.lowest[o]]].soft;
      const std::int64_t half = top.milli / (2 * std::max<std::int64_t>(outlets_[o].nominal.milli, 1));
      size = std::min(size, static_cast<std::size_t>(std::max<std::int64_t>(half, 1)));
    }
    bool more = true;
    for (std::size_t first = 0; first < outlets_.size(); first += size) {
      const std::size_t last = std::min(first + size, outlets_.size());
      bool begun = false, wanted = false;
      const std::vector<Amps> before = used_;
      for (std::size_t o = first; o < last; ++o) {
        begun = begun || outlets_[o].counts != Counts::nothing;
        wanted = wanted || outlets_[o].want != Want::nothing;
        if (wants(outlets_[o])) add(static_cast<std::uint32_t>(o), outlets_[o].nominal);
      }
      bool fits = true;
      for (std::uint32_t c = 0; c < used_.size(); ++c) fits = fits && used_[c] <= limit(c);
      used_ = before;
      const bool on = begun || (more && fits);
      for (std::size_t o = first; o < last; ++o) turn_[o] = on ? 1 : 0;
      more = more && (begun || !wanted);  // one strip at a time, each after the last
    }
  }

  static bool wants(const OutletView& v) {
    return v.want != Want::nothing && v.want != Want::restart && v.counts == Counts::nothing;
  }

  bool can_open(std::uint32_t o) const {
    const OutletView& v = outlets_[o];
    return v.on && v.may_open && !v.is_protected && !v.opening && opened_[o] == 0;
  }
  void open(std::uint32_t o, std::string_view reason) {
    plan_.orders.push_back({o, false, reason == "shed", reason});
    opened_[o] = 1;
  }

  void open_or_lease(std::uint32_t o) {
    const OutletView& v = outlets_[o];
    const bool unwanted = v.want == Want::nothing || v.want == Want::restart || (turn_[o] == 0 && v.want != Want::protect);
    if (unwanted && can_open(o)) open(o, "not_wanted");
    if (v.on && v.want == Want::protect && v.may_lease && !v.is_protected) plan_.leases.push_back(o);
  }

  // Who goes first.
  bool before(std::uint32_t a, std::uint32_t b) const {
    return leads(outlets_[a], outlets_[b], {}, 0) || (!leads(outlets_[b], outlets_[a], {}, 0) && a < b);
  }
  bool leads(const OutletView& a, const OutletView& b, Duration time_hysteresis, double hysteresis) const {
    if ((a.want == Want::protect) != (b.want == Want::protect)) return a.want == Want::protect;
    switch (planner_) {
      case Planner::lowest_charge: return a.charge + hysteresis < b.charge;
      case Planner::edf: return a.deadline < b.deadline;
      case Planner::llf: return laxity(a) + time_hysteresis < laxity(b);
      default: return false;
    }
  }
  static Duration laxity(const OutletView& v) {
    return v.deadline == never ? std::chrono::hours{10000} - v.solo : v.deadline.time_since_epoch() - v.solo;
  }

  void shed() {
    for (std::uint32_t c = static_cast<std::uint32_t>(circuits_.size()); c-- > 0;) {
      std::vector<std::uint32_t> victims;
      for (const std::uint32_t o : tree_.outlets_below(c)) {
        if (can_open(o)) victims.push_back(o);
      }
      std::sort(victims.begin(), victims.end(), [&](std::uint32_t a, std::uint32_t b) { return before(b, a); });
      for (const std::uint32_t o : victims) {
        if (used_[c] <= circuits_[c].soft) break;
        open(o, "shed");
        add(o, Amps{} - present(outlets_[o]));
      }
    }
  }

  void serve() {
    std::vector<std::uint32_t> waiting;
    for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
      const OutletView& v = outlets_[o];
      if (v.on || v.closing || v.want == Want::nothing || v.want == Want::restart) continue;
      if (turn_[o] == 0 && v.want != Want::protect) wait(o, WaitReason::circuit, tree_.lowest[o]);
      else waiting.push_back(o);
    }
    std::sort(waiting.begin(), waiting.end(), [&](std::uint32_t a, std::uint32_t b) { return before(a, b); });
    for (const std::uint32_t o : waiting) serve_one(o);
    std::sort(plan_.waits.begin(), plan_.waits.end(), [](const Wait& a, const Wait& b) { return a.outlet < b.outlet; });
  }

  void serve_one(std::uint32_t o) {
    const OutletView& v = outlets_[o];
    if (v.block != WaitReason::none) return wait(o, v.block, v.block_circuit, v.block_until);
    if (planner_ == Planner::nameplate || (measures(planner_) && planner_ != Planner::strip_add)) {
      const std::uint32_t bound = binds(o, candidate(v));
      if (bound != no_circuit) {
        wait(o, WaitReason::circuit, bound);
        if (changes_over(planner_)) change_over(o, bound);
        return;
      }
    }
    add(o, candidate(v));
    const std::uint32_t root = tree_.root[tree_.lowest[o]];
    const TimePoint last = circuits_[root].last_close;
    const TimePoint free_at = last == long_ago ? long_ago : last + timings_.close_spacing;
    const bool taken = busy_[root] != 0 || circuits_[root].close_in_flight;
    if (taken || free_at > now_) return wait(o, WaitReason::spacing, root, taken ? never : free_at);
    busy_[root] = 1;
    plan_.orders.push_back({o, true, false, "wanted"});
  }

  // Opens what comes after it until it fits; it is closed once that reads off.
  void change_over(std::uint32_t o, std::uint32_t c) {
    std::vector<std::uint32_t> victims;
    for (const std::uint32_t r : tree_.outlets_below(c)) {
      const OutletView& x = outlets_[r];
      const bool after = leads(outlets_[o], x, timings_.swap_hysteresis, charge_hysteresis);
      if (can_open(r) && x.min_on_until <= now_ && x.want == Want::charge && after) victims.push_back(r);
    }
    std::sort(victims.begin(), victims.end(), [&](std::uint32_t a, std::uint32_t b) { return before(b, a); });
    const std::vector<Amps> now_used = used_;
    std::size_t enough = 0;
    while (enough < victims.size() && binds(o, candidate(outlets_[o])) != no_circuit) {
      add(victims[enough], Amps{} - present(outlets_[victims[enough]]));
      ++enough;
    }
    if (binds(o, candidate(outlets_[o])) != no_circuit) {
      used_ = now_used;
      return;
    }
    for (std::size_t i = 0; i < enough; ++i) open(victims[i], "swap");
    add(o, candidate(outlets_[o]));
  }

  void wait(std::uint32_t o, WaitReason reason, std::uint32_t circuit, TimePoint until = never) {
    plan_.waits.push_back({o, reason, circuit});
    if (until > now_ && until < plan_.wake_at) plan_.wake_at = until;
  }

  Planner planner_;
  const CircuitTree& tree_;
  std::span<const OutletView> outlets_;
  std::span<const CircuitView> circuits_;
  const Timings& timings_;
  TimePoint now_;
  std::vector<Amps> used_;
  std::vector<char> turn_;    // the clock or the strips let it have power
  std::vector<char> opened_;  // by this plan
  std::vector<char> busy_;    // roots on which this plan closes
  Plan plan_;
};

}  // namespace

std::string_view to_string(Planner p) {
  switch (p) {
    case Planner::planned: return "planned";
    case Planner::all_on: return "all-on";
    case Planner::nameplate: return "nameplate";
    case Planner::timer: return "timer";
    case Planner::strip_add: return "strip-add";
    case Planner::greedy: return "greedy";
    case Planner::lowest_charge: return "lowest-charge";
    case Planner::edf: return "edf";
    case Planner::llf: return "llf";
  }
  return "";
}

Plan plan_otherwise(Planner planner, const CircuitTree& tree, std::span<const OutletView> outlets,
                    std::span<const CircuitView> circuits, const PowerMemory& memory, const Timings& timings, const RuleSet&,
                    TimePoint now) {
  Plan plan = Otherwise(planner, tree, outlets, circuits, timings, now).make();
  plan.memory = remember_sums(Sums(tree, outlets, circuits), circuits, memory, now);
  return plan;
}

}  // namespace greenroom
