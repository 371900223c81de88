// The journal: facts in one order, each chained to the one before by a hash, so that a change anywhere shows.
// Who calls: the bench appends, once for each turn of the loop; everything else reads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "controller/domain/fact.hpp"
#include "hw/async/task.hpp"

namespace greenroom {

using Facts = std::vector<Fact>;

// What the facts up to `seq` fold to, kept so that a start need not read them all. It is worth nothing on its own: the
// facts are the truth, and a snapshot of another setup (room file, recipes, models, or state format) is passed over.
struct Snapshot {
  Snapshot(Seq s, std::string f, std::string t) : seq(s), fingerprint(std::move(f)), state(std::move(t)) {}
  Seq seq;
  std::string fingerprint;  // of the setup and the state format it was made under
  std::string state;        // state_json.hpp
};

struct Journal {
  virtual ~Journal() = default;
  // Durable when it ends; all of them or none. Facts carry their seq already: the next ones, without a gap.
  // Errc::storage names the file and the remedy; then nothing was kept and the same facts may be appended again.
  // One append at a time.
  virtual Task<Seq> append(Facts) = 0;
  [[nodiscard]] virtual Result<Facts> read(Seq from, std::size_t limit) const = 0;
  // Hash of the last line, in hex; of the empty journal: 64 zeros.
  [[nodiscard]] virtual std::string chain() const = 0;
  // In place of the former one. Of facts that are durable already.
  virtual Task<void> keep(Snapshot) = 0;
  [[nodiscard]] virtual Result<std::optional<Snapshot>> snapshot() const = 0;
};

}  // namespace greenroom
