#include "controller/journal/memory_journal.hpp"

#include <algorithm>

#include "controller/journal/fact_json.hpp"

namespace greenroom {

Task<Seq> MemoryJournal::append(Facts facts) {
  Seq next = lines_.size() + 1;
  for (const Fact& fact : facts) {
    if (fact.seq != next) {
      co_return fail(Errc::storage, "journal in memory: fact " + std::to_string(fact.seq) + " does not follow fact " +
                                        std::to_string(next - 1) + "; a second writer is at work");
    }
    ++next;
  }
  for (const Fact& fact : facts) {
    lines_.push_back(to_json_line(fact));
    hash_ = chain_next(hash_, lines_.back());
  }
  co_return Seq{lines_.size()};
}

Result<Facts> MemoryJournal::read(Seq from, std::size_t limit) const {
  Facts facts;
  for (Seq seq = std::max<Seq>(from, 1); seq <= lines_.size() && facts.size() < limit; ++seq) {
    auto fact = fact_from_json(lines_[seq - 1]);
    if (!fact) return fail(fact.error().within("fact " + std::to_string(seq)));
    facts.push_back(std::move(*fact));
  }
  return facts;
}

Task<void> MemoryJournal::keep(Snapshot snapshot) {
  snapshot_.emplace(std::move(snapshot));
  co_return Result<void>{};
}

}  // namespace greenroom
