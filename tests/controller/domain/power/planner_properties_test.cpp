// What must hold of every plan, whatever the views: sums never fall when a load becomes unknown, no close exceeds a
// limit, nothing protected is opened, every wanted outlet that is off has one reason.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "controller/domain/power/charge_model.hpp"
#include "controller/domain/power/sums.hpp"
#include "hw/base/random.hpp"
#include "tests/support/power_views.hpp"

namespace greenroom {
namespace {

using test::random_room;
using test::RandomViews;
constexpr TimePoint now = test::views_now;

RC_GTEST_PROP(PlannerProperty, NoSumEverFallsWhenALoadBecomesUnknown, (std::uint64_t seed)) {
  RandomViews r = random_room(seed, 24);
  const Sums before(r.tree, r.outlets, r.circuits);
  Random dice = Random(seed).stream("which");
  const auto o = static_cast<std::uint32_t>(dice.below(r.outlets.size()));
  RC_PRE(r.outlets[o].counts != Counts::nothing);
  OutletView& v = r.outlets[o];
  v.counts = Counts::unsettled;
  v.on = v.own_meter = false;
  v.unknown = true;
  v.settled_from = never;
  v.expected = v.nominal;
  const Sums after(r.tree, r.outlets, r.circuits);
  for (std::uint32_t c = 0; c < r.tree.circuits(); ++c) {
    RC_ASSERT(after.at(c).present >= before.at(c).present);
    RC_ASSERT(after.hard(c) >= before.hard(c));
    RC_ASSERT(after.at(c).leased >= before.at(c).leased);
  }
}

RC_GTEST_PROP(PlannerProperty, NoCloseIsOrderedThatWouldExceedALimit, (std::uint64_t seed)) {
  const RandomViews r = random_room(seed, 40);
  const Plan p = plan_power(r.tree, r.outlets, r.circuits, {}, Timings{}, RuleSet::all(), now);
  const Sums sums(r.tree, r.outlets, r.circuits);
  for (const Order& order : p.orders) {
    if (!order.on) continue;
    const OutletView& v = r.outlets[order.outlet];
    for (std::uint32_t c = r.tree.lowest[order.outlet]; c != no_circuit; c = r.tree.parent[c]) {
      RC_ASSERT(sums.hard(c) + v.nameplate <= r.circuits[c].hard);
      RC_ASSERT(sums.at(c).expected + v.expected <= r.circuits[c].soft);
    }
  }
}

RC_GTEST_PROP(PlannerProperty, AProtectedOutletIsNeverOpened, (std::uint64_t seed)) {
  const RandomViews r = random_room(seed, 40);
  const Plan p = plan_power(r.tree, r.outlets, r.circuits, {}, Timings{}, RuleSet::all(), now);
  for (const Order& o : p.orders) RC_ASSERT(o.on || !r.outlets[o.outlet].is_protected);
}

RC_GTEST_PROP(PlannerProperty, WhileAHardSumIsOverItsLimitEveryOpenThatHelpsIsOrdered, (std::uint64_t seed)) {
  const RandomViews r = random_room(seed, 40);
  const Plan p = plan_power(r.tree, r.outlets, r.circuits, {}, Timings{}, RuleSet::all(), now);
  Sums sums(r.tree, r.outlets, r.circuits);
  for (const Order& o : p.orders) {
    if (!o.on) sums.will_open(o.outlet);
  }
  for (std::uint32_t c = 0; c < r.tree.circuits(); ++c) {
    if (sums.hard_after(c) <= r.circuits[c].hard) continue;
    for (const std::uint32_t o : r.tree.outlets_below(c)) {
      const OutletView& v = r.outlets[o];
      const bool could = v.counts != Counts::nothing && v.may_open && !v.is_protected && !v.opening;
      const bool did = std::any_of(p.orders.begin(), p.orders.end(), [o](const Order& x) { return x.outlet == o && !x.on; });
      RC_ASSERT(!could || did);
    }
  }
}

RC_GTEST_PROP(PlannerProperty, EveryWantedOutletThatIsOffIsClosedOrHasOneReason, (std::uint64_t seed)) {
  const RandomViews r = random_room(seed, 40);
  const Plan p = plan_power(r.tree, r.outlets, r.circuits, {}, Timings{}, RuleSet::all(), now);
  for (std::uint32_t o = 0; o < r.outlets.size(); ++o) {
    const OutletView& v = r.outlets[o];
    const auto waits = std::count_if(p.waits.begin(), p.waits.end(), [o](const Wait& w) { return w.outlet == o; });
    const auto closes =
        std::count_if(p.orders.begin(), p.orders.end(), [o](const Order& x) { return x.outlet == o && x.on; });
    RC_ASSERT(waits <= 1);
    if (v.want != Want::nothing && !v.on && !v.closing && !v.opening) RC_ASSERT(waits + closes == 1);
  }
  for (const Wait& w : p.waits) RC_ASSERT(w.reason != WaitReason::circuit || w.circuit != no_circuit);
}

RC_GTEST_PROP(PlannerProperty, AtMostOneCloseForEachTreeOfBreakers, (std::uint64_t seed)) {
  const RandomViews r = random_room(seed, 40);
  const Plan p = plan_power(r.tree, r.outlets, r.circuits, {}, Timings{}, RuleSet::all(), now);
  std::vector<int> closes(r.tree.circuits(), 0);
  for (const Order& o : p.orders) {
    if (o.on) RC_ASSERT(++closes[r.tree.root[r.tree.lowest[o.outlet]]] == 1);
  }
}

// The binomial tail, summed here with long doubles and no table.
double more_than(int k, int n) {
  const long double p = 1.0L / 600.0L;
  long double term = std::pow(1.0L - p, static_cast<long double>(n)), sum = 0.0L;
  for (int j = 0; j <= n && j < k + 60; ++j) {
    if (j > k) sum += term;
    term *= static_cast<long double>(n - j) / static_cast<long double>(j + 1) * p / (1.0L - p);
  }
  return static_cast<double>(sum);
}

TEST(Surges, TheReserveCoversAllButOneInAMillion) {
  for (const int n : {1, 10, 44, 45, 103, 104, 190, 500, 1000, 3000, 9000, 10000}) {
    const int k = surges_at_once(static_cast<std::size_t>(n));
    EXPECT_GE(k, 3) << n;
    EXPECT_LT(more_than(k, n), 1e-6) << n;
    if (k > 3) { EXPECT_GE(more_than(k - 1, n), 1e-6) << n; }
  }
}

// Measured charge times (power facts 2.2): a 52.6 Wh Air on 67, 35 and 30 W, 1 to 99 %, in 85, 120 and 140 minutes.
TEST(ChargeModel, FollowsTheMeasuredChargeTimesWithinTenPerCent) {
  for (const auto& [watts, minutes] : {std::pair{67.0, 85.0}, {35.0, 120.0}, {30.0, 140.0}}) {
    const double told = in_seconds(charge_model(Watts::of(watts), 52.6).solo(0.01, 0.99)) / 60.0;
    EXPECT_NEAR(minutes, told, minutes * 0.10) << watts << " W";
  }
}

TEST(ChargeModel, ExpectedCurrentFallsWithTheTaperAndNeverExceedsTheBrick) {
  const ChargeModel m = charge_model(Watts::of(140), 99.6);
  const Amps nominal = Amps::of(1.336);
  Amps last = nominal;
  for (int percent = 0; percent <= 100; ++percent) {
    const Amps now_A = expected_current(m, nominal, percent / 100.0);
    EXPECT_LE(now_A, last);
    last = now_A;
  }
  EXPECT_LT(expected_current(m, nominal, 1.0).value(), 0.3);
}

}  // namespace
}  // namespace greenroom
