#include "controller/domain/visits/readiness.hpp"

namespace greenroom {
namespace {

std::string words(const Readiness::Lack& lack) { return lack.cause + " " + lack.remedy; }

}  // namespace

std::optional<std::string> not_ready(const Readiness& r, TimePoint now) {
  if (!r.lacks.empty()) return words(r.lacks.front());
  if (r.hosts_reached != TimePoint::min() && now <= r.hosts_reached + hosts_answer_for) return std::nullopt;
  if (r.hosts) return words(*r.hosts);
  if (r.hosts_reached == TimePoint::min()) return "Apple's hosts were not asked yet. They are asked now.";
  return "Apple's hosts were not asked for 10 minutes. Look at the service's log.";
}

}  // namespace greenroom
