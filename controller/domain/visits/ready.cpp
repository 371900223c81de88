// A restore that the machine or its network would fail is not begun, and not let through its gate (readiness.hpp): the Mac
// waits as it is, and goes on by itself.
#include "controller/domain/sentence.hpp"
#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

constexpr std::string_view not_ready_words = "not ready: ";
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

void wait_until_ready(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string lack) {
  const bool same = v.waits_for == WaitKind::ready;
  const bool overdue = same && d.c.now >= v.deadline;
  std::string words = std::string(not_ready_words) + lack;
  if (same && !overdue && v.what == words) return;
  if (overdue) {
    d.open_case(0, std::string(subject),
                {std::string(reason), "No restore can start: " + lack, "It goes on by itself then.", Owner::bench_owner});
  }
  d.wait(v, dfu_step, WaitKind::ready, 1, same && !overdue ? v.deadline : d.in(patience), std::move(words));
}

std::optional<std::string> next_try_waits_for(const VisitContext& c, const Visit& v) {
  const PortView& port = view_of(c, v)->port;
  const bool untouched = v.runs > 0 && v.run.ended && !v.run.ok && awaits_engine(port) && port.since <= v.run.started;
  if (!untouched || c.now >= v.run.ended_at + next_try_after) return std::nullopt;
  std::string words = "two minutes, then the next try: the engine did nothing to this Mac. " + sentence(v.cause);
  return v.remedy.empty() ? words : words + " " + sentence(v.remedy);
}

void wait_for_next_try(Draft& d, const Visit& v, std::uint32_t dfu_step, std::string words) {
  if (v.waits_for == WaitKind::next_try && v.what == words) return;
  d.wait(v, dfu_step, WaitKind::next_try, 1, v.run.ended_at + next_try_after, std::move(words));
}

void put_off(Draft& d, const Visit& v, const std::string& lack) {
  d.add(GateRefused{v.id, v.run.effect, std::string(slot_name(d.c, v)), "ready", lack});
  d.stop_engine(v);
  d.enter(v, v.step, StepState::running, v.attempt, d.in(std::chrono::minutes{5}),
          "stopping: " + std::string(not_ready_words) + lack);
}

void close_lack(Draft& d) {
  const auto open = d.c.state.open_cases.find({std::string(subject), std::string(reason)});
  if (open != d.c.state.open_cases.end() && !start_lacks(d.c)) d.add(CaseClosed{open->second, "restores can start again"});
}

}  // namespace greenroom::visits
