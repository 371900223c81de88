// A restore that the machine or its network would fail is not begun, and not let through its gate (readiness.hpp): the Mac
// waits as it is, and goes on by itself.
#include "controller/domain/sentence.hpp"
#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

constexpr std::string_view not_ready_words = "not ready: ";
constexpr std::string_view put_off_words = "stopping: not ready: ";
constexpr std::string_view subject = "restores";  // of the case: it is about no one Mac
constexpr std::string_view reason = "not_ready";
constexpr Duration patience = std::chrono::hours{1};
// A file is read whole again, or an engine put in place, within a few tries.
constexpr Duration next_try_after = std::chrono::minutes{2};

}  // namespace

std::optional<std::string> restore_lacks(const VisitContext& c) {
  return c.senses.readiness ? not_ready(*c.senses.readiness, c.now) : std::nullopt;
}

bool lacks_first_answer(const VisitContext& c) {
  const auto& r = c.senses.readiness;
  return r && r->lacks.empty() && !r->hosts && r->hosts_reached == TimePoint::min();
}

std::optional<std::string> start_lacks(const VisitContext& c) {
  if (auto lack = restore_lacks(c)) return lack;
  if (c.senses.means && !c.senses.means->trouble.empty()) return c.senses.means->trouble;
  return std::nullopt;
}

bool waits_until_ready(const VisitContext& c, const Visit& v) {
  return v.state == StepState::waiting && step_of(c, v).kind == StepKind::dfu && v.what.starts_with(not_ready_words);
}

void wait_until_ready(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string lack) {
  const bool same = waits_until_ready(d.c, v);
  const bool overdue = same && d.c.now >= v.deadline;
  std::string words = std::string(not_ready_words) + lack;
  if (same && !overdue && v.what == words) return;
  if (overdue) {
    d.open_case(0, std::string(subject),
                {std::string(reason), "No restore can start: " + lack, "It goes on by itself then.", Owner::bench_owner});
  }
  d.enter(v, dfu_step, StepState::waiting, 1, same && !overdue ? v.deadline : d.in(patience), std::move(words));
}

std::optional<std::string> next_try_waits_for(const VisitContext& c, const Visit& v) {
  const PortView& port = view_of(c, v)->port;
  const bool untouched = v.runs > 0 && v.run.ended && !v.run.ok && awaits_engine(port) && port.since <= v.run.started;
  if (!untouched || c.now >= v.run.ended_at + next_try_after) return std::nullopt;
  std::string words = std::string(next_try_words) + ": the engine did nothing to this Mac. " + sentence(v.cause);
  return v.remedy.empty() ? words : words + " " + sentence(v.remedy);
}

void wait_for_next_try(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string words) {
  if (v.state == StepState::waiting && v.what == words) return;
  d.enter(v, dfu_step, StepState::waiting, 1, v.run.ended_at + next_try_after, std::move(words));
}

void put_off(Draft& d, const Visit& v, const std::string& lack) {
  d.add(GateRefused{v.id, v.run.effect, std::string(slot_name(d.c, v)), "ready", lack});
  d.stop_engine(v);
  d.enter(v, v.step, StepState::running, v.attempt, d.in(std::chrono::minutes{5}), std::string(put_off_words) + lack);
}

std::string put_off_for(const Visit& v) {
  const std::string_view what = v.what;
  return std::string(what.starts_with(put_off_words) ? what.substr(put_off_words.size()) : what);
}

void close_lack(Draft& d) {
  const auto open = d.c.state.open_cases.find({std::string(subject), std::string(reason)});
  if (open != d.c.state.open_cases.end() && !start_lacks(d.c)) d.add(CaseClosed{open->second, "restores can start again"});
}

}  // namespace greenroom::visits
