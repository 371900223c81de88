// When the lines of a cell's PDUs fall silent: in the suite `stress`, for two minutes about every half hour (power facts
// 4c).
#pragma once

#include <vector>

#include "controller/simulate/charging/cell.hpp"
#include "hw/base/random.hpp"

namespace greenroom::sim::charging {

class Silence {
 public:
  Silence(const Cell& cell, TimePoint start)
      : strikes_(cell.spec.trouble), dice_(Random(cell.spec.seed).stream("silence")), lines_(cell.room.pdus.size()) {
    for (Line& line : lines_) line.from = start + gap();
  }

  // Asked in the order of time.
  bool holds(PduId pdu, TimePoint now) {
    if (!strikes_) return false;
    Line& line = lines_[pdu.value];
    while (now >= line.from + length) line.from += length + gap();
    return now >= line.from;
  }
  // The first poll after a silence: the PDU must say again who it is (R8).
  bool back(PduId pdu, bool silent) {
    Line& line = lines_[pdu.value];
    const bool returned = line.was_silent && !silent;
    line.was_silent = silent;
    return returned;
  }

 private:
  static constexpr Duration length = std::chrono::minutes{2};
  static constexpr double mean_gap_s = 1800;
  Duration gap() { return seconds_of(dice_.exponential(mean_gap_s)); }

  struct Line {
    TimePoint from;
    bool was_silent{};
  };
  bool strikes_;
  Random dice_;
  std::vector<Line> lines_;
};

}  // namespace greenroom::sim::charging
