// plan_power on distinct seeded states: 1,000 slots under 1 ms at the 99th percentile, and 10,000 slots in at most 300
// times the time of 100. Prints a table; exits 1 when one of the two does not hold. Times are of the thread's own clock,
// so that a busy machine does not fail it.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "tests/support/power_views.hpp"

namespace {

using greenroom::test::random_room;
using greenroom::test::RandomViews;

double thread_us() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

struct Times {
  double p50_us{}, p99_us{}, mean_us{};
};

// Each state is planned once, as the product meets it: cold in its views, warm in its code.
Times measure(std::size_t slots, std::size_t states, std::size_t& orders) {
  std::vector<double> us;
  us.reserve(states);
  for (std::size_t i = 0; i < states; ++i) {
    const RandomViews r = random_room(1000003 * slots + i, slots);
    const greenroom::PowerMemory memory;
    const greenroom::Timings timings;
    const auto rules = greenroom::RuleSet::all();
    const double began = thread_us();
    const auto plan =
        greenroom::plan_power(r.tree, r.outlets, r.circuits, memory, timings, rules, greenroom::test::views_now);
    us.push_back(thread_us() - began);
    orders += plan.orders.size();
  }
  Times t;
  for (const double x : us) t.mean_us += x / static_cast<double>(us.size());
  std::sort(us.begin(), us.end());
  t.p50_us = us[us.size() / 2];
  t.p99_us = us[us.size() * 99 / 100];
  return t;
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  std::size_t orders = 0;
  const Times small = measure(100, quick ? 300 : 10000, orders);
  const Times middle = measure(1000, quick ? 300 : 10000, orders);
  const Times large = measure(10000, quick ? 30 : 300, orders);
  const double ratio = large.p50_us / small.p50_us;
  std::printf("plan_power      slots     p50 us     p99 us\n");
  std::printf("                  100 %10.1f %10.1f\n", small.p50_us, small.p99_us);
  std::printf("                 1000 %10.1f %10.1f   (claimed: p99 below 1000)\n", middle.p50_us, middle.p99_us);
  std::printf("                10000 %10.1f %10.1f   (claimed: at most 300 times 100 slots; is %.0f)\n", large.p50_us,
              large.p99_us, ratio);
  std::printf("%zu orders\n", orders);
  return middle.p99_us < 1000.0 && ratio <= 300.0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
