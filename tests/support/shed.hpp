// How soon a load is shed, on virtual time: every outlet is ordered off at the worst instant, right as the longest exchange
// begins.
#pragma once

#include "hw/pdu/wire_cost.hpp"
#include "tests/support/driven_pdu.hpp"

namespace greenroom::test {

struct ShedFigures {
  Duration exchange{};    // the one in progress, its wake-up and its thinking counted
  Duration first_byte{};  // from the orders to the first contact that moves, less the relay's own time: a bound from above
  Duration read_back{};   // to the last outlet read back off
  std::size_t outlets{}, opened{};
};

inline ShedFigures shed_figures(const std::string& id, std::uint16_t outlets = 0, std::uint32_t baud = 0) {
  Driven d(id, outlets, baud);
  ShedFigures f;
  f.outlets = d.table->outlets();
  for (std::size_t i = 0; i < f.outlets; ++i) d.table->press(i, true);
  d.wait(20s);
  EXPECT_TRUE(d.read());
  d.wait(1s);
  // What the two halves of a full read take when nothing else is wanted.
  TimePoint began = d.clock.now();
  EXPECT_TRUE(d.read(Depth::supervise));
  const Duration states = d.clock.now() - began;
  d.wait(1s);
  began = d.clock.now();
  EXPECT_TRUE(d.read(Depth::full));
  const Duration rest = d.clock.now() - began - states;
  f.exchange = std::max(states, rest);
  d.wait(1s);
  // Right as the longer of them begins.
  const TimePoint asked = d.clock.now();
  const auto poll = d.start<PduReading>(d.pdu->read(Depth::full));
  d.settle();
  if (rest > states) d.until_past(asked + states + 1ms);
  const TimePoint ordered = d.clock.now();
  std::vector<std::shared_ptr<std::optional<Result<OutletReading>>>> orders;
  for (std::size_t i = 0; i < f.outlets; ++i) {
    SwitchOrder order(static_cast<OutletNumber>(d.first() + i), Switch::off, ordered + 600s, nullptr);
    orders.push_back(d.start<OutletReading>(d.pdu->set(std::move(order))));
  }
  const std::size_t moves = d.table->moves();
  while (d.table->moves() == moves && d.clock.run_next()) d.settle();
  f.first_byte = d.clock.now() - ordered - d.table->spec().relay_delay;
  for (const auto& order : orders) {
    const auto off = d.finish<OutletReading>(order);
    EXPECT_TRUE(off) << off.error().message;
    if (off && off->state == OutletState::off) ++f.opened;
  }
  f.read_back = d.clock.now() - ordered;
  (void)d.finish<PduReading>(poll);
  return f;
}

}  // namespace greenroom::test
