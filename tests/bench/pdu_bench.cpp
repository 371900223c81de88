// PDUs on the wire, on virtual time: what a poll takes against what it must take, how soon a load is shed, and 100,000
// exchanges under line faults for each dialect. Prints one table each; exit code 1 when a bound is broken. usage: pdu_bench
// [EXCHANGES]
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/line_faults.hpp"
#include "tests/support/polling.hpp"
#include "tests/support/shed.hpp"

namespace {

using namespace greenroom;
using namespace greenroom::test;

bool polling() {
  bool good = true;
  fmt::print("\npolls of 24 outlets at 9600 baud (relay boards and meters: of what they have), virtual time\n");
  fmt::print("{:<28}{:>8}{:>11}{:>11}{:>9}{:>9}\n", "dialect", "bytes", "floor s", "elapsed s", "floor", "wire");
  for (const std::string& id : shipped_dialects()) {
    const PollFigures f = poll_figures(id);
    const bool enough = f.floor_share() >= (f.cli ? 0.90 : 0.80);
    good = good && enough;
    fmt::print("{:<28}{:>8}{:>11.3f}{:>11.3f}{:>8.1f}%{:>8.1f}%{}\n", id, f.bytes, in_seconds(f.floor),
               in_seconds(f.elapsed), f.floor_share() * 100, f.wire_share() * 100, enough ? "" : "  TOO LITTLE");
  }
  return good;
}

bool shedding() {
  bool good = true;
  fmt::print("\nall outlets shed at the worst instant, at each dialect's own rate, virtual time\n");
  fmt::print("{:<28}{:>8}{:>14}{:>14}{:>22}\n", "dialect", "outlets", "first open s", "all off s", "breaker carries x In");
  for (const std::string& id : dialects_that([](const DialectFacts& d) { return d.count > 0; })) {
    const ShedFigures f = shed_figures(id);
    good = good && f.opened == f.outlets;
    fmt::print("{:<28}{:>8}{:>14.3f}{:>14.3f}{:>22.1f}\n", id, f.outlets, in_seconds(f.first_byte), in_seconds(f.read_back),
               survivable_load(f.read_back));
  }
  return good;
}

bool faults(std::size_t exchanges) {
  bool good = true;
  fmt::print("\n{} exchanges a dialect under line faults, seed 1\n", exchanges);
  fmt::print("{:<28}{:>10}{:>9}{:>10}{:>8}{:>8}{:>12}\n", "dialect", "exchanges", "struck", "readings", "void", "wrong",
             "polls to heal");
  for (const std::string& id : shipped_dialects()) {
    const FaultFigures f = suffer(id, exchanges, 1);
    const std::size_t wrong = f.wrong_states + f.wrong_read_backs;
    good = good && wrong == 0 && f.most_polls_to_recover <= 3;
    fmt::print("{:<28}{:>10}{:>9}{:>10}{:>8}{:>8}{:>12}\n", id, f.exchanges, f.struck, f.readings, f.void_reads, wrong,
               f.most_polls_to_recover);
    std::fflush(stdout);
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const char* given = argc > 1 && argv[1][0] != '-' ? argv[1] : "100000";
  const bool good = polling() & shedding() & faults(std::strtoull(given, nullptr, 10));
  return good ? 0 : 1;
}
