#include "controller/simulate/model_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/simulate/engine_run.hpp"
#include "hw/base/random.hpp"

namespace greenroom::sim {
namespace {

// A restore OS whose host went away gives up and restarts (assumption); auto-boot is false, so it comes back in recovery.
constexpr Duration gives_up = std::chrono::seconds{60};

}  // namespace

ModelEngine::ModelEngine(asio::any_io_executor, Clock& clock, model::Plant& plant, EngineTimings timings)
    : clock_(clock), plant_(plant), timings_(timings) {}
ModelEngine::~ModelEngine() = default;

ModelEngine::Job* ModelEngine::find(JobId id) {
  const auto job = jobs_.find(id);
  return job == jobs_.end() ? nullptr : job->second.get();
}

std::size_t ModelEngine::running() const {
  return static_cast<std::size_t>(
      std::count_if(jobs_.begin(), jobs_.end(), [](const auto& j) { return !j.second->outcome; }));
}

Task<JobId> ModelEngine::start(RestoreJob order) {
  const JobId id = order.id;
  if (find(id) != nullptr) co_return id;
  auto job = std::make_unique<Job>(std::move(order), plant_.next_engine_fault());
  Random own(static_cast<std::uint64_t>(job->order.ecid));
  job->slowness = 1.0 + timings_.slower_by * own.uniform();
  Job& there = *jobs_.emplace(id, std::move(job)).first->second;
  later(there, std::chrono::seconds{1}, &Run::detect);
  co_return id;
}

Task<RestoreOutcome> ModelEngine::attach(JobId id, ProgressSink sink) {
  Job* job = find(id);
  if (job == nullptr) co_return fail(Errc::refused, fmt::format("the engine has no job {}", static_cast<std::uint64_t>(id)));
  if (job->outcome) co_return *job->outcome;
  if (sink) sink(job->log.progress());
  Handover<RestoreOutcome> ended;
  const std::uint64_t number = ++followers_;
  job->followers.push_back(Job::Follower{number, std::move(sink), ended.giver()});
  auto outcome = co_await ended.take();
  std::erase_if(job->followers, [number](const Job::Follower& f) { return f.number == number; });
  co_return outcome;
}

Task<void> ModelEngine::stop(JobId id) {
  Job* job = find(id);
  if (job == nullptr) co_return fail(Errc::refused, fmt::format("the engine has no job {}", static_cast<std::uint64_t>(id)));
  if (!job->outcome) end(*job, std::nullopt);
  co_return Result<void>{};
}

Task<void> ModelEngine::permit(JobId id) {
  Job* job = find(id);
  if (job == nullptr) co_return fail(Errc::refused, fmt::format("the engine has no job {}", static_cast<std::uint64_t>(id)));
  if (!job->outcome && !job->permitted) {
    job->permitted = true;
    if (job->at_gate) later(*job, Duration{0}, &Run::gate);
  }
  co_return Result<void>{};
}

void ModelEngine::later(Job& job, Duration wait, void (Run::*step)()) {
  const std::uint64_t turn = ++job.turn;
  clock_.call_at(clock_.now() + wait, [this, &job, turn, step] {
    if (job.outcome || job.turn != turn) return;
    Run run(*this, job);
    (run.*step)();
    if (!job.outcome) report(job);
  });
}

void ModelEngine::report(Job& job) {
  const RestoreProgress& now = job.log.progress();
  if (now.stage == job.told.stage && now.percent == job.told.percent) return;
  job.told = now;
  for (const auto& follower : job.followers) {
    if (follower.sink) follower.sink(now);
  }
}

void ModelEngine::end(Job& job, std::optional<int> exit_code) {
  report(job);
  job.outcome = job.log.finish(exit_code);
  job.transferring = job.at_gate = false;
  for (const auto& follower : job.followers) follower.ended.give(*job.outcome);
  if (job.outcome->completed || !job.mac) return;
  clock_.call_at(clock_.now() + gives_up, [this, mac = *job.mac] {
    const bool taken_up =
        std::any_of(jobs_.begin(), jobs_.end(), [mac](const auto& j) { return !j.second->outcome && j.second->mac == mac; });
    if (!taken_up && plant_.mac(mac).mode == model::Mode::restore) static_cast<void>(plant_.press_power(mac));
  });
}

}  // namespace greenroom::sim
