// A journal that lives as long as its object: simulated rooms and tests. Same lines and same chain as on disk.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "controller/journal/chain.hpp"
#include "controller/journal/journal.hpp"

namespace greenroom {

class MemoryJournal final : public Journal {
 public:
  Task<Seq> append(Facts) override;
  [[nodiscard]] Result<Facts> read(Seq from, std::size_t limit) const override;
  [[nodiscard]] std::string chain() const override { return chain_hex(hash_); }
  Task<void> keep(Snapshot) override;
  [[nodiscard]] Result<std::optional<Snapshot>> snapshot() const override { return snapshot_; }

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;  // line n is fact n+1
  ChainHash hash_{};
  std::optional<Snapshot> snapshot_;
};

}  // namespace greenroom
