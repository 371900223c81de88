// A journal on a disk that takes its time. A process that dies meanwhile finds its facts there or not: both happen.
#pragma once

#include "controller/journal/memory_journal.hpp"
#include "hw/async/clock.hpp"
#include "hw/base/random.hpp"

namespace greenroom::sim {

class DiskJournal final : public Journal {
 public:
  static constexpr Duration longest = std::chrono::milliseconds{20};  // a commit on a plain disk

  // Both outlive it; what is kept outlives every controller.
  DiskJournal(Clock& clock, MemoryJournal& kept, const Random& random) : clock_(clock), kept_(kept), random_(random) {}
  Task<Seq> append(Facts) override;
  [[nodiscard]] Result<Facts> read(Seq from, std::size_t limit) const override { return kept_.read(from, limit); }
  [[nodiscard]] std::string chain() const override { return kept_.chain(); }
  Task<void> keep(Snapshot snapshot) override { return kept_.keep(std::move(snapshot)); }
  [[nodiscard]] Result<std::optional<Snapshot>> snapshot() const override { return kept_.snapshot(); }

 private:
  Clock& clock_;
  MemoryJournal& kept_;
  Random random_;
};

}  // namespace greenroom::sim
