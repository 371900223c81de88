// One round of the visits' decisions for 1,000 Macs of a model: while they wait for a place on the USB tree, and when they
// all come to that queue in one moment. Prints both figures, and exits 1 when one does not hold. Times are of the thread's
// own clock, so that a busy machine does not fail it.
#include <time.h>

#include <algorithm>
#include <cstdio>

#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {
namespace {

constexpr std::size_t macs = 1000;
constexpr double most_ms_waiting = 10;  // a round comes with each reading and each Mac that shows itself
constexpr double most_ms_coming = 500;

double thread_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

// Ten hosts of ten hubs with ten Macs each. They are booted and charged, and nobody restores: 40 have their turn and wait
// for their leases, and 960 wait behind them. The engine is known to work, so that nobody waits for a trial.
Rig charged_macs() {
  Rig r;
  RoomBuilder b;
  const CircuitId branch = b.breaker("branch", 2000);
  b.slots("1", SlotKind::restore, b.pdu("left", branch, macs), macs);
  for (std::size_t i = 0; i < macs; ++i) {
    b.room.slots[i].data_port =
        "host" + std::to_string(i / 100) + "/1-" + std::to_string(i / 10 % 10 + 1) + "." + std::to_string(i % 10 + 1);
  }
  r.setup.room = b.room;
  r.setup.room.usb = {4, 4};
  r.start();
  RestoreMeans means{"1.1.0", {}, {}};
  means.choices.push_back({"MacBookPro18,1", "macos", "25B78", {Known::good, {}}});
  r.senses.visits.means = means;
  std::vector<ExpectedRow> rows;
  for (std::size_t i = 0; i < macs; ++i) rows.push_back(row(i + 2, "C02BENCH" + std::to_string(1000 + i)));
  r.import(rows);
  const Recipe& recipe = r.setup.catalogue.recipes[0];
  for (std::size_t i = 0; i < macs; ++i) {
    const std::string& slot = r.setup.room.slots[i].name;
    r.apply_one(VisitOpened{i + 1, "returns", i + 2, rows[i].serial, "MacBookPro18,1", recipe.id, recipe.version});
    r.apply_one(SeatingBegan{i + 1, slot});
    r.apply_one(MacSeen{slot, "booted", rows[i].serial, 0, 0, 0});
    r.apply_one(StepChanged{i + 1, 4, "charge_gate", "done", 1, never, {}});
  }
  return r;
}

// The facts of one round, and what it took.
std::vector<FactBody> round_of(const Rig& r, double& took_ms) {
  const double began = thread_ms();
  std::vector<FactBody> facts = advance_visits(r.context(), r.state.next_effect);
  took_ms = thread_ms() - began;
  return facts;
}

bool told(const char* what, double ms, double most_ms) {
  std::printf("one round with %zu Macs that %s the USB tree: %.1f ms (at most %.0f)\n", macs, what, ms, most_ms);
  return ms <= most_ms;
}

bool measure() {
  Rig r = charged_macs();
  double coming = 0;
  for (const FactBody& f : round_of(r, coming)) r.apply_one(f);
  r.settle();
  const auto waits = [](const Visit& v) { return v.waits_for == WaitKind::usb_place; };
  const auto behind = std::count_if(r.state.visits.visits.begin(), r.state.visits.visits.end(), waits);
  double waiting = 0;
  for (int i = 0; i < 20; ++i) {
    double ms = 0;
    round_of(r, ms);
    waiting = std::max(waiting, ms);
  }
  const bool both = told("wait for", waiting, most_ms_waiting) & told("come to the queue for", coming, most_ms_coming);
  std::printf("%td of them wait for a place (960)\n", behind);
  return both && behind == 960;
}

}  // namespace
}  // namespace greenroom::test

int main() { return greenroom::test::measure() ? 0 : 1; }
