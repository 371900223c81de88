#include "controller/simulate/model_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hw/async/handover.hpp"

namespace greenroom::sim {
namespace {

// A restore OS whose host went away gives up and restarts (assumption); auto-boot is false, so it comes back in recovery.
constexpr Duration gives_up = std::chrono::seconds{60};

}  // namespace

struct ModelEngine::Job {
  Job(ModelEngine& e, RestoreJob o)
      : order(std::move(o)),
        log(order.kind, order.ecid),
        mac(e.clock_, e.plant_, e.shares_, static_cast<std::uint64_t>(order.id)),
        run(mac, e.timings_, order.kind, order.ecid, e.plant_.next_engine_fault(),
            [this](EngineStream stream, std::string_view text) { log.line(stream, text); }) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  struct Follower {
    std::uint64_t number;
    ProgressSink sink;
    Handover<RestoreOutcome>::Giver ended;
  };

  RestoreJob order;
  RestoreLog log;
  PlantEngineMac mac;
  EngineRun run;
  RestoreProgress told;
  std::vector<Follower> followers;
  std::optional<RestoreOutcome> outcome;
  std::uint64_t turn{};  // a step asked for before the job moved on is void
};

ModelEngine::ModelEngine(asio::any_io_executor, Clock& clock, model::Plant& plant, EngineTimings timings)
    : clock_(clock), plant_(plant), timings_(timings) {}
ModelEngine::~ModelEngine() = default;

ModelEngine::Job* ModelEngine::find(JobId id) const {
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
  auto job = std::make_unique<Job>(*this, std::move(order));
  Job& there = *jobs_.emplace(id, std::move(job)).first->second;
  count_beside(there.order.path);
  later(there, std::chrono::seconds{1});
  co_return id;
}

void ModelEngine::count_beside(const PortPath& path) {
  const std::string& port = path.text();
  for (std::size_t end = port.find('-', port.find('/')); end != std::string::npos; end = port.find('.', end + 1)) {
    const std::string below = port.substr(0, end + 1);
    const auto there = std::count_if(jobs_.begin(), jobs_.end(), [&below](const auto& j) {
      return !j.second->outcome && j.second->order.path.text().starts_with(below);
    });
    std::uint64_t& most = most_at_once_[port.substr(0, end)];
    most = std::max(most, static_cast<std::uint64_t>(there));
  }
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
  if (!job->outcome && !job->run.permitted()) {
    job->run.permit();
    if (job->run.at_gate()) later(*job, Duration{0});
  }
  co_return Result<void>{};
}

Result<bool> ModelEngine::permitted(JobId id) const {
  const Job* job = find(id);
  if (job == nullptr) return fail(Errc::refused, fmt::format("the engine has no job {}", static_cast<std::uint64_t>(id)));
  return job->run.permitted();
}

void ModelEngine::later(Job& job, Duration wait) {
  const std::uint64_t turn = ++job.turn;
  clock_.call_at(clock_.now() + wait, [this, &job, turn] {
    if (job.outcome || job.turn != turn) return;
    if (const auto again = job.run.step(clock_.now(), clock_.wall())) later(job, *again);
    if (const auto code = job.run.exit_code()) end(job, code);
    else report(job);
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
  job.mac.share({});
  for (const auto& follower : job.followers) follower.ended.give(*job.outcome);
  if (job.outcome->completed || !job.mac.mac()) return;
  clock_.call_at(clock_.now() + gives_up, [this, mac = *job.mac.mac()] {
    const bool taken_up = std::any_of(jobs_.begin(), jobs_.end(),
                                      [mac](const auto& j) { return !j.second->outcome && j.second->mac.mac() == mac; });
    if (!taken_up && plant_.mac(mac).mode == model::Mode::restore) static_cast<void>(plant_.press_power(mac));
  });
}

}  // namespace greenroom::sim
