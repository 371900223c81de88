#include "controller/domain/power/sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace greenroom {
namespace {

// The largest number of outlets for which 3, 4, 5, ... surges are enough (binomial tail below 1e-6 at p = 1/600).
constexpr std::array<std::uint32_t, 37> enough_until{
    44,   103,  190,  302,  438,  594,  769,  961,  1168, 1388, 1621, 1865, 2119, 2383, 2656, 2936, 3225, 3520, 3822,
    4130, 4444, 4764, 5089, 5419, 5753, 6092, 6435, 6782, 7133, 7488, 7846, 8208, 8573, 8941, 9312, 9686, 10063};

// The 10-minute mean is followed by an exponential one that reaches 98 % of a step in 10 minutes, so that it is above
// the true mean soon enough to shed in time.
constexpr double mean_time_s = 150.0;

Amps raised(Amps reading, std::int64_t error_per_mille) { return reading.share_up(1000 + error_per_mille, 1000); }

// Admission stops this much below the continuous limit, so that meter noise alone does not shed.
Amps soft_room(Amps limit) { return Amps{limit.milli * 995 / 1000}; }

Amps above_zero(Amps a) { return std::max(a, Amps{}); }

// What three phases put on a neutral that no meter reads: the root of the sum of their squares, rounded up (R2).
Amps on_neutral(const std::array<Amps, 3>& phases) {
  double squares = 0.0;
  for (const Amps a : phases) squares += static_cast<double>(a.milli) * static_cast<double>(a.milli);
  return Amps{static_cast<std::int64_t>(std::ceil(std::sqrt(squares)))};
}

}  // namespace

int surges_at_once(std::size_t outlets_on) {
  const auto* found = std::lower_bound(enough_until.begin(), enough_until.end(), outlets_on);
  if (found == enough_until.end()) return static_cast<int>(outlets_on / 200);
  return 3 + static_cast<int>(found - enough_until.begin());
}

Sums::Sums(const CircuitTree& tree, std::span<const OutletView> outlets, std::span<const CircuitView> circuits)
    : tree_(tree), outlets_(outlets), circuits_(circuits), nodes_(tree.circuits()), work_(tree.circuits()) {
  take_outlets();
  add_up();
  add_reserves();
  add_neutrals();
  for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
    if (outlets_[o].opening) will_open(o);
  }
}

// What each outlet means to its lowest circuit, and to every meter above it.
void Sums::take_outlets() {
  for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
    const OutletView& v = outlets_[o];
    if (v.counts == Counts::nothing) continue;
    const bool carried = v.counts != Counts::unsettled && !v.own_meter;
    const Amps draw = raised(v.draw, v.error_per_mille);
    const Amps expected = v.own_meter && v.counts != Counts::unsettled ? v.draw : v.expected;
    Work& low = work_[tree_.lowest[o]];
    (v.counts == Counts::through_meter ? low.loose : low.sure) += v.counts == Counts::at_draw ? draw : v.nameplate;
    (carried ? low.e_loose : low.e_sure) += expected;
    for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) {
      Node& node = nodes_[c];
      node.on += 1;
      node.unknown |= v.unknown;
      if (v.is_protected || v.is_foreign) node.leased += v.nameplate;
      // What is unknown may be in the reading as well: leaving it out of this ceiling would make a sum fall (R2).
      if (circuits_[c].reading && v.unknown) work_[c].settled_nameplate += v.nameplate;
      if (!circuits_[c].reading || v.counts == Counts::unsettled || circuits_[c].began < v.settled_from) continue;
      if (!v.unknown) work_[c].settled_nameplate += v.nameplate;
      // A protected outlet counts at nameplate. Its share of this reading is known only where it has a meter of its own.
      if (v.counts == Counts::held) work_[c].extra += v.own_meter ? above_zero(v.nameplate - draw) : v.nameplate;
    }
    take_unsettled(o);
  }
}

// An unsettled outlet counts at nameplate on top of every reading above it. What its own meter says is its share of that
// reading. What neither tells comes on top a second time until it settles: `rising` tells admission how much that will
// be, so that a close does not shed itself.
void Sums::take_unsettled(std::uint32_t o) {
  const OutletView& v = outlets_[o];
  const Amps share = v.own_meter ? v.draw : Amps{};
  bool metered = false;
  for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) {
    const CircuitView& circuit = circuits_[c];
    const bool unsettled = v.counts == Counts::unsettled || (circuit.reading && circuit.began < v.settled_from);
    metered = metered || circuit.reading.has_value();
    if (!unsettled || !metered) continue;
    nodes_[c].rising += above_zero(v.expected - share);
    if (!circuit.reading) continue;
    work_[c].unsettled += above_zero(v.nameplate - share);
    if (v.shows_from == never || circuit.began < v.shows_from) work_[c].e_unsettled += v.expected;
  }
}

void Sums::add_up() {
  for (std::size_t c = nodes_.size(); c-- > 0;) {
    Work& w = work_[c];
    Node& node = nodes_[c];
    const CircuitView& view = circuits_[c];
    const Amps children = w.sure + view.foreign;
    const Amps e_children = w.e_sure + view.foreign;
    Work up;
    if (view.reading) {
      const Amps reading = raised(*view.reading, view.error_per_mille);
      // Settled outlets together draw what the reading says and at most their nameplates: protected ones add no more
      // than the difference.
      const Amps extra = std::min(w.extra, above_zero(w.settled_nameplate - reading));
      node.present = std::max(reading + w.unsettled + extra, children);
      node.expected = std::max(*view.reading + w.e_unsettled, e_children);
      up.sure = node.present;
      up.e_sure = node.expected;
    } else {
      node.present = children + w.loose;
      node.expected = e_children + w.e_loose;
      up.sure = children;
      up.loose = w.loose;
      up.e_sure = e_children;
      up.e_loose = w.e_loose;
    }
    w.foreign += view.foreign;
    node.leased += w.foreign;
    if (tree_.parent[c] == no_circuit) continue;
    Work& parent = work_[tree_.parent[c]];
    parent.sure += up.sure;
    parent.loose += up.loose;
    parent.e_sure += up.e_sure;
    parent.e_loose += up.e_loose;
    parent.foreign += w.foreign;
  }
}

// The k largest gaps below every circuit, and whole groups that can jump together.
void Sums::add_reserves() {
  struct Gap {
    Amps amps;
    std::uint32_t outlet;
  };
  std::vector<Gap> gaps;
  std::vector<Amps> ceiling(nodes_.size());  // nameplates of what is on, and foreign load: nothing draws more
  std::vector<int> left(nodes_.size());
  for (std::size_t c = nodes_.size(); c-- > 0;) {
    ceiling[c] += circuits_[c].foreign;
    if (tree_.is_neutral(static_cast<std::uint32_t>(c))) {
      for (const std::uint32_t p : tree_.phases[c]) nodes_[c].on += nodes_[p].on;
    }
    left[c] = surges_at_once(nodes_[c].on + 1U);  // one spare, for the close that this plan may add
    if (tree_.parent[c] != no_circuit) ceiling[tree_.parent[c]] += ceiling[c];
  }
  for (std::uint32_t o = 0; o < outlets_.size(); ++o) {
    const OutletView& v = outlets_[o];
    if (v.counts == Counts::nothing) continue;
    for (std::uint32_t c = tree_.lowest[o]; c != no_circuit; c = tree_.parent[c]) ceiling[c] += v.nameplate;
    if (v.counts == Counts::through_meter) gaps.push_back({v.nameplate, o});  // its share of the reading is not known
    if (v.counts == Counts::at_draw) gaps.push_back({above_zero(v.nameplate - raised(v.draw, v.error_per_mille)), o});
  }
  std::sort(gaps.begin(), gaps.end(),
            [](const Gap& a, const Gap& b) { return a.amps != b.amps ? a.amps > b.amps : a.outlet < b.outlet; });
  for (const Gap& g : gaps) {
    const bool grouped = outlets_[g.outlet].group != 0;
    for (std::uint32_t c = tree_.lowest[g.outlet]; c != no_circuit; c = tree_.parent[c]) {
      if (!grouped && left[c] <= 0) continue;
      if (!grouped) --left[c];
      nodes_[c].reserve += g.amps;
    }
    for (std::uint32_t c = tree_.lowest[g.outlet]; c != no_circuit; c = tree_.parent[c]) {
      const std::uint32_t n = tree_.neutral[c];
      if (n == no_circuit || (!grouped && left[n] <= 0)) continue;
      if (!grouped) --left[n];
      nodes_[n].jump += g.amps;
    }
  }
  for (std::size_t c = 0; c < nodes_.size(); ++c) {
    nodes_[c].reserve = std::min(nodes_[c].reserve, above_zero(ceiling[c] - nodes_[c].present));
  }
}

void Sums::add_neutrals() {
  for (std::uint32_t n = 0; n < nodes_.size(); ++n) {
    if (!tree_.is_neutral(n)) continue;
    Node& node = nodes_[n];
    std::array<Amps, 3> present;
    for (std::size_t p = 0; p < present.size(); ++p) {
      present[p] = nodes_[tree_.phases[n][p]].present;
      node.unknown |= nodes_[tree_.phases[n][p]].unknown;
    }
    node.present = on_neutral(present);
    node.reserve = neutral_hard(n, no_circuit, {}, false, false) - node.present;
    node.expected = neutral_soft(n, no_circuit, {}, false);
    node.leased = neutral_leased(n, no_circuit, {});
  }
}

// All that may jump is taken to jump on the phase that carries most: no other share of it puts more on the neutral.
Amps Sums::neutral_hard(std::uint32_t n, std::uint32_t c, Amps more, bool rising, bool after) const {
  std::array<Amps, 3> phases;
  for (std::size_t p = 0; p < phases.size(); ++p) {
    const std::uint32_t phase = tree_.phases[n][p];
    const Node& node = nodes_[phase];
    phases[p] = node.present + (rising ? node.rising : Amps{}) - (after ? node.opening : Amps{});
    if (phase == c) phases[p] += more;
    phases[p] = above_zero(phases[p]);
  }
  *std::max_element(phases.begin(), phases.end()) += nodes_[n].jump;
  return on_neutral(phases);
}

Amps Sums::neutral_soft(std::uint32_t n, std::uint32_t c, Amps more, bool after) const {
  std::array<Amps, 3> phases;
  for (std::size_t p = 0; p < phases.size(); ++p) {
    const std::uint32_t phase = tree_.phases[n][p];
    phases[p] = nodes_[phase].expected - (after ? nodes_[phase].opening_expected : Amps{}) + (phase == c ? more : Amps{});
    phases[p] = above_zero(phases[p]);
  }
  return on_neutral(phases);
}

Amps Sums::neutral_leased(std::uint32_t n, std::uint32_t c, Amps more) const {
  std::array<Amps, 3> phases;
  for (std::size_t p = 0; p < phases.size(); ++p)
    phases[p] = nodes_[tree_.phases[n][p]].leased + (tree_.phases[n][p] == c ? more : Amps{});
  return on_neutral(phases);
}

Amps Sums::hard_after(std::uint32_t c) const {
  return tree_.is_neutral(c) ? neutral_hard(c, no_circuit, {}, false, true) : hard(c) - nodes_[c].opening;
}

Amps Sums::soft_after(std::uint32_t c) const {
  return tree_.is_neutral(c) ? neutral_soft(c, no_circuit, {}, true) : nodes_[c].expected - nodes_[c].opening_expected;
}

std::optional<std::uint32_t> Sums::binds(std::uint32_t outlet, bool after) const {
  const OutletView& v = outlets_[outlet];
  std::optional<std::uint32_t> tightest;
  Amps worst;
  bool metered = false;
  for (std::uint32_t c = tree_.lowest[outlet]; c != no_circuit; c = tree_.parent[c]) {
    metered = metered || circuits_[c].reading.has_value();
    const Amps rising = nodes_[c].rising + (metered ? v.expected : Amps{});
    const Amps hard_now = (after ? hard_after(c) : hard(c)) + rising;
    const Amps soft_now = after ? soft_after(c) : nodes_[c].expected;
    const auto judge = [&](std::uint32_t node, Amps hard_sum, Amps soft_sum) {
      const Amps over = std::max(hard_sum - circuits_[node].hard, soft_sum - soft_room(circuits_[node].soft));
      if (over <= Amps{} || over < worst) return;
      tightest = node;
      worst = over;
    };
    judge(c, hard_now + v.nameplate, soft_now + v.expected);
    const std::uint32_t n = tree_.neutral[c];
    if (n == no_circuit) continue;
    const Amps own_rise = metered ? v.expected : Amps{};
    judge(n, neutral_hard(n, c, v.nameplate + own_rise, true, after), neutral_soft(n, c, v.expected, after));
  }
  return tightest;
}

std::optional<std::uint32_t> Sums::lease_binds(std::uint32_t outlet) const {
  const OutletView& v = outlets_[outlet];
  const Amps more = v.is_foreign && v.counts != Counts::nothing ? Amps{} : v.nameplate;  // counted as foreign already
  for (std::uint32_t c = tree_.lowest[outlet]; c != no_circuit; c = tree_.parent[c]) {
    if (nodes_[c].leased + more > circuits_[c].soft) return c;
    const std::uint32_t n = tree_.neutral[c];
    if (n != no_circuit && neutral_leased(n, c, more) > circuits_[n].soft) return n;
  }
  return std::nullopt;
}

void Sums::add_close(std::uint32_t outlet) {
  const OutletView& v = outlets_[outlet];
  bool metered = false;
  for (std::uint32_t c = tree_.lowest[outlet]; c != no_circuit; c = tree_.parent[c]) {
    metered = metered || circuits_[c].reading.has_value();
    if (metered) nodes_[c].rising += v.expected;
    nodes_[c].present += v.nameplate;
    nodes_[c].expected += v.expected;
    nodes_[c].on += 1;
  }
}

void Sums::add_lease(std::uint32_t outlet) {
  const OutletView& v = outlets_[outlet];
  if (v.is_foreign && v.counts != Counts::nothing) return;
  for (std::uint32_t c = tree_.lowest[outlet]; c != no_circuit; c = tree_.parent[c]) nodes_[c].leased += v.nameplate;
}

Amps Sums::gives_back(std::uint32_t outlet) const {
  const OutletView& v = outlets_[outlet];
  switch (v.counts) {
    case Counts::nothing: return {};
    case Counts::at_draw: return v.draw;
    case Counts::through_meter: return v.expected;
    case Counts::unsettled:
    case Counts::held: return v.nameplate;
  }
  return {};
}

Amps Sums::gives_back_expected(std::uint32_t outlet) const {
  const OutletView& v = outlets_[outlet];
  if (v.counts == Counts::nothing) return {};
  return v.own_meter && v.counts != Counts::unsettled ? v.draw : v.expected;
}

void Sums::will_open(std::uint32_t outlet) {
  const Amps hard_less = gives_back(outlet), soft_less = gives_back_expected(outlet);
  for (std::uint32_t c = tree_.lowest[outlet]; c != no_circuit; c = tree_.parent[c]) {
    nodes_[c].opening += hard_less;
    nodes_[c].opening_expected += soft_less;
  }
}

void Sums::will_not_open(std::uint32_t outlet) {
  const Amps hard_less = gives_back(outlet), soft_less = gives_back_expected(outlet);
  for (std::uint32_t c = tree_.lowest[outlet]; c != no_circuit; c = tree_.parent[c]) {
    nodes_[c].opening -= hard_less;
    nodes_[c].opening_expected -= soft_less;
  }
}

PowerMemory remember_sums(const Sums& sums, std::span<const CircuitView> circuits, const PowerMemory& last, TimePoint now) {
  PowerMemory next;
  next.planned_at = now;
  next.loads.resize(circuits.size());
  const double dt = last.planned_at == long_ago ? 0.0 : in_seconds(now - last.planned_at);
  const double share = dt > 0 ? 1.0 - std::exp(-dt / mean_time_s) : 0.0;
  for (std::uint32_t c = 0; c < circuits.size(); ++c) {
    const Sums::Node& node = sums.at(c);
    const double mean = c < last.loads.size() ? last.loads[c].mean_A : 0.0;
    next.loads[c] = {node.present,     node.reserve,     node.expected,       node.leased,
                     circuits[c].hard, circuits[c].soft, circuits[c].reading, mean + (node.expected.value() - mean) * share,
                     node.unknown};
  }
  return next;
}

}  // namespace greenroom
