// A million histories of rooms in which people and hardware do everything wrong, judged by each model Mac's own erased flag
// and owner; then each clause of R4 and R9 switched off. Claims: no wrong erasure, no false certificate, 99.9 % of the
// undisturbed Macs erased, each clause caught within 1,000 seeds, an hour on 2 cores. Exits 1 when one does not hold.
// Usage: wrong_mac_bench [HISTORIES | --quick]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "controller/simulate/wrong_mac/campaign.hpp"

namespace {

using namespace greenroom;
using namespace greenroom::sim::wrong_mac;

constexpr std::uint64_t kHistories = 1'000'000;
constexpr std::uint64_t kSeedsAClause = 1'000;
constexpr double kAtMost_core_s = 7200;  // an hour on 2 cores

double now_s() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

using Long = unsigned long long;

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
  const std::uint64_t asked = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0;  // options of other benchmarks are none
  const std::uint64_t histories = quick ? kHistories / 50 : asked == 0 ? kHistories : asked;
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, 64U);
  std::printf("wrong Mac: %llu histories on %u cores\n", static_cast<Long>(histories), cores);
  const double began = now_s();
  double told = began;
  const auto sums = run_campaign({1, histories, RuleSet::all(), cores}, [&](std::uint64_t done) {
    if (now_s() < told + 60) return;
    told = now_s();
    std::fprintf(stderr, "%llu histories, %.0f s\n", static_cast<Long>(done), told - began);
  });
  if (!sums) {
    std::fprintf(stderr, "%s\n", sums.error().message.c_str());
    return 1;
  }
  const double took = now_s() - began;
  std::printf("%.0f s, %.2f ms of one core each; %llu controllers killed\n", took,
              1e3 * took * cores / static_cast<double>(histories), static_cast<Long>(sums->kills));
  std::printf("erased right: %llu; wrong erasures: %llu; false certificates: %llu\n", static_cast<Long>(sums->erased_right),
              static_cast<Long>(sums->wrong_erasures), static_cast<Long>(sums->false_certificates));
  std::printf("undisturbed and erased: %llu of %llu (%.4f %%)\n", static_cast<Long>(sums->undisturbed_erased),
              static_cast<Long>(sums->undisturbed), 100 * sums->share());
  for (const std::string& words : sums->first) std::printf("%s\n", words.c_str());
  bool holds = sums->clean();
  for (const Caught& caught : catch_each_clause(1, kSeedsAClause)) {
    holds = holds && caught.seed;
    const std::string name(caught.clause);
    if (caught.seed)
      std::printf("without %s: seed %llu: %s\n", name.c_str(), static_cast<Long>(*caught.seed), caught.words.c_str());
    else std::printf("without %s: not caught\n", name.c_str());
  }
  if (took * cores > kAtMost_core_s * static_cast<double>(histories) / kHistories) {
    std::printf("slower than a million in an hour on 2 cores\n");
    holds = false;
  }
  return holds ? 0 : 1;
}
