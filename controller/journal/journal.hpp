// The journal: facts in one order, each chained to the one before by a hash, so that a change anywhere shows.
// Who calls: the bench appends, once for each turn of the loop; everything else reads.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "controller/domain/fact.hpp"
#include "hw/async/task.hpp"

namespace greenroom {

using Facts = std::vector<Fact>;

struct Journal {
  virtual ~Journal() = default;
  // Durable when it ends; all of them or none. Facts carry their seq already: the next ones, without a gap.
  // Errc::storage names the file and the remedy.
  virtual Task<Seq> append(Facts) = 0;
  [[nodiscard]] virtual Result<Facts> read(Seq from, std::size_t limit) const = 0;
  // Hash of the last line, in hex; of the empty journal: 64 zeros.
  [[nodiscard]] virtual std::string chain() const = 0;
};

}  // namespace greenroom
