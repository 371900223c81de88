#include "controller/simulate/disk_journal.hpp"

#include <utility>

namespace greenroom::sim {

Task<Seq> DiskJournal::append(Facts facts) {
  const Duration takes = seconds_of(random_.uniform(0.001, in_seconds(longest)));
  const bool lost = random_.chance(0.5);
  const auto written = co_await clock_.sleep_until(clock_.now() + takes);
  if (!written && lost) co_return fail(written.error());
  const auto seq = co_await kept_.append(std::move(facts));
  if (!written) co_return fail(written.error());
  co_return seq;
}

}  // namespace greenroom::sim
