// A driver on its model under seeded line faults, for tests and the benchmark: whatever the line does, no wrong state is
// ever told, and the driver finds back by itself.
#pragma once

#include "hw/base/random.hpp"
#include "tests/support/driven_pdu.hpp"

namespace greenroom::test {

struct FaultFigures {
  std::size_t exchanges{}, struck{}, readings{}, void_reads{}, wrong_states{}, wrong_read_backs{};
  int most_polls_to_recover{};
};

// Rounds: polls and orders while one answer in seven suffers something, then a line in order again. Contacts move by our
// orders alone, so each reading is compared with the contacts as they stand.
inline FaultFigures suffer(const std::string& id, std::size_t exchanges, std::uint64_t seed) {
  using model::LineFault;
  Driven d(id, 0, 0, seed);
  Random dice = Random(seed).stream("faults/" + id);
  FaultFigures f;
  const std::size_t outlets = d.table->outlets();
  const auto judge = [&](const Result<PduReading>& reading) {
    if (!reading) {
      ++f.void_reads;
      return false;
    }
    ++f.readings;
    for (std::size_t i = 0; i < reading->outlets.size(); ++i) {
      const OutletState state = reading->outlets[i].state;
      if (state == OutletState::on && !d.table->contact(i)) ++f.wrong_states;
      if (state == OutletState::off && d.table->contact(i)) ++f.wrong_states;
    }
    return true;
  };
  // A late answer is the answer to the request before: it comes once that was given up, and the next asked.
  const auto chances = [&](double p) {
    const Duration late_by = 300ms + Duration{static_cast<std::int64_t>(dice.below(9'700'000))};
    for (const LineFault fault : {LineFault::lost, LineFault::late, LineFault::garbled, LineFault::doubled,
                                  LineFault::request_lost, LineFault::prompt_in_noise})
      d.table->fail_by_chance(fault, p, late_by);
  };
  while (d.traffic.messages < exchanges) {
    chances(0.025);
    for (int i = 0; i < 6; ++i) {
      if (outlets > 0 && dice.below(3) == 0) {
        const std::size_t at = dice.below(outlets);
        const Switch to = dice.below(2) == 0 ? Switch::on : Switch::off;
        const auto done = d.set(static_cast<OutletNumber>(d.first() + at), to);
        // In doubt or not: what was ordered has happened by then, or never will.
        d.wait(facts(d.dialect).longest_queue + 5s);
        if (done && (done->state == OutletState::on) != d.table->contact(at)) ++f.wrong_read_backs;
      }
      (void)judge(d.read(dice.below(2) == 0 ? Depth::full : Depth::supervise));
      if (dice.below(4) == 0) d.wait(Duration{static_cast<std::int64_t>(dice.below(12'000'000))});
    }
    chances(0);
    // A fault lasts until its late answer is out; the polls after it are counted.
    int polls = 1;
    for (bool owed = d.table->owes(); !judge(d.read()) && polls < 20; owed = d.table->owes()) polls += owed ? 0 : 1;
    f.most_polls_to_recover = std::max(f.most_polls_to_recover, polls);
  }
  f.exchanges = d.traffic.messages;
  f.struck = d.table->struck();
  return f;
}

}  // namespace greenroom::test
