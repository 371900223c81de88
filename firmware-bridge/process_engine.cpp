#include "firmware-bridge/process_engine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "firmware-bridge/child_program.hpp"
#include "firmware-bridge/job_files.hpp"
#include "firmware-bridge/job_reader.hpp"

namespace greenroom {
namespace {

std::uint64_t number(JobId id) { return static_cast<std::uint64_t>(id); }
std::string name(JobId id) { return fmt::format("engine job {}", number(id)); }

Result<void> make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return {};
  return fail(system_error(path + " cannot be made"));
}

// A directory that was taken away while it was followed is lost, too.
bool over(JobState state) { return state == JobState::ended || state == JobState::lost || state == JobState::none; }

}  // namespace

struct ProcessEngine::Sight {
  JobSigns signs;
  std::optional<GateRecord> gate;
  std::optional<ExitRecord> exit;
};

// Marks a job as being started here, for as long as that takes.
class ProcessEngine::Starting {
 public:
  Starting(std::set<JobId>& all, JobId id) : all_(all), id_(id) { all_.insert(id_); }
  ~Starting() { all_.erase(id_); }
  Starting(const Starting&) = delete;
  Starting& operator=(const Starting&) = delete;

 private:
  std::set<JobId>& all_;
  JobId id_;
};

ProcessEngine::ProcessEngine(asio::any_io_executor executor, Clock& clock, std::string jobs, EngineProgram program)
    : executor_(executor),
      clock_(clock),
      jobs_(std::filesystem::absolute(jobs)),
      program_(std::move(program)),
      watch_(std::move(executor)) {}

std::string ProcessEngine::directory(JobId id) const { return fmt::format("{}/{}", jobs_, number(id)); }

// ---- start ------------------------------------------------------------------------------------------------------------

Task<JobId> ProcessEngine::start(RestoreJob job) {
  const JobId id = job.id;
  if (access(directory(id).c_str(), F_OK) == 0) co_return id;
  auto command = co_await program_.command(job);
  if (!command) co_return fail(command.error().within(name(id)));
  if (mkdir(jobs_.c_str(), 0700) != 0 && errno != EEXIST) {
    co_return fail(system_error(jobs_ + " cannot be made").within(name(id)));
  }
  const auto made = make_directory(directory(id));
  if (!made && errno == EEXIST) co_return id;
  if (!made) co_return fail(made.error().within(name(id)));
  const Starting mark(starting_, id);
  if (const auto written = write_record(job, *command); !written) {
    std::error_code ignored;
    std::filesystem::remove_all(directory(id), ignored);  // nothing has happened: the id is free again
    co_return fail(written.error().within(name(id)));
  }
  const auto started = co_await run_gate_program(id, std::move(*command));
  if (!started) co_return fail(started.error().within(name(id)));
  co_return id;
}

Result<void> ProcessEngine::write_record(const RestoreJob& job, const EngineCommand& command) const {
  return write_whole(directory(job.id) + "/job.json", print(JobRecord(job, command.arguments, command.user)));
}

namespace {

std::string what_it_said(const Fd& output) {
  std::string text(4096, '\0');
  const ssize_t n = read(output.get(), text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

Task<void> ProcessEngine::run_gate_program(JobId id, EngineCommand command) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) co_return fail(system_error("the gate cannot be started"));
  const Fd output(ends[0]);
  Fd input(ends[1]);
  std::vector<std::string> words = program_.gate;
  words.insert(words.end(), {"--job", directory(id)});
  if (command.usbmuxd.empty()) words.insert(words.end(), {"--upstream", program_.upstream});
  for (const std::string& word : command.usbmuxd) words.insert(words.end(), {"--usbmuxd", word});
  if (const auto& user = command.user) words.insert(words.end(), {"--user", fmt::format("{}:{}", user->uid, user->gid)});
  words.emplace_back("--");
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  const std::string program = words.front();
  const auto child =
      spawn_program(std::move(words), environment_with(command.environment), input.get(), /*own_group=*/false);
  input = Fd();
  if (!child) {
    errno = child.error();
    const Error broken = system_error("the program " + program + " cannot be started");
    ExitRecord record;
    record.not_started = broken.message;
    static_cast<void>(write_whole(directory(id) + "/exit", print(record)));  // else a later look finds the same by itself
    co_return fail(broken);
  }
  const auto status = co_await reap_child(executor_, *child);
  if (!status) co_return fail(status.error());
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) co_return Result<void>{};
  const std::string said = what_it_said(output);
  co_return fail(Errc::storage, said.empty() ? fmt::format("its gate ended with status {} and no word", *status) : said);
}

// ---- looking ----------------------------------------------------------------------------------------------------------

// In the order that JobSigns asks for. A file that is broken counts as there for gate.json and as missing for `exit`.
ProcessEngine::Sight ProcessEngine::look(JobId id) const {
  const std::string at = directory(id);
  Sight sight;
  sight.signs.starting = starting_.count(id) != 0;
  sight.signs.record = access((at + "/job.json").c_str(), F_OK) == 0;
  const auto gate = read_whole(at + "/gate.json");
  sight.signs.gate_file = !gate || *gate;
  if (gate && *gate) {
    if (auto parsed = parse_gate(**gate)) sight.gate = std::move(*parsed);
  }
  sight.signs.gate_alive = JobLock::held(at);
  const auto exit = read_whole(at + "/exit");
  if (exit && *exit) {
    if (auto parsed = parse_exit(**exit)) sight.exit = std::move(*parsed);
  }
  sight.signs.exit_file = sight.exit.has_value();
  if (sight.gate && !sight.signs.gate_alive && sight.gate->lock == JobLock::inode(at)) {
    sight.signs.engine_alive = static_cast<bool>(open_process(sight.gate->boot, sight.gate->engine));
  }
  return sight;
}

// What it comes to. Two states are made certain here: an engine whose gate is gone is ended, and a record that nobody
// has taken up is sealed, so that a gate that comes late goes away.
JobState ProcessEngine::settle(JobId id, const Sight& sight) const {
  const JobState state = judge(sight.signs);
  if (state == JobState::orphaned) {
    const Fd engine = open_process(sight.gate->boot, sight.gate->engine);
    if (engine) static_cast<void>(kill_process(engine));
    return state;
  }
  if (state != JobState::never_started) return state;
  const std::string at = directory(id);
  const auto lock = JobLock::take(at);
  if (!lock && lock.error().code == Errc::busy) return JobState::starting;
  if (lock && access((at + "/gate.json").c_str(), F_OK) == 0) return JobState::starting;  // it came in between: look again
  ExitRecord record;
  record.not_started = "the controller ended before its gate began";
  if (!lock || !write_whole(at + "/exit", print(record))) return JobState::lost;
  return JobState::starting;  // sealed; the next look sees it
}

Task<void> ProcessEngine::wait(JobWatch::Follower& follower, JobState state, const Sight& sight) {
  bool told = false;
  if (state == JobState::running && sight.gate) told = follower.until_end_of(sight.gate->boot, sight.gate->gate);
  if (state == JobState::orphaned) told = follower.until_end_of(sight.gate->boot, sight.gate->engine);
  // What no event tells of is looked at again soon: a gate on its way up has no known process yet.
  constexpr Duration soon = std::chrono::milliseconds{200};
  if (!told) clock_.call_at(clock_.now() + soon, wake(follower));
  return follower.changes()->event.wait();
}

std::function<void()> ProcessEngine::wake(JobWatch::Follower& follower) {
  return [changes = follower.changes()] {
    changes->all = true;
    changes->event.set();
  };
}

// Why is written first, so that every later look at this job says the same. Once it is written the engine is ended, though
// it may take this controller's successor to do it.
void ProcessEngine::end_engine(JobId id, const Sight& sight, const std::string& why) const {
  if (!sight.gate || !write_whole(directory(id) + "/ended_for", why)) return;
  const Fd engine = open_process(sight.gate->boot, sight.gate->engine);
  if (engine) static_cast<void>(kill_process(engine));
}

std::string ProcessEngine::why_ended(JobId id) const {
  const auto text = read_whole(directory(id) + "/ended_for");
  return text && *text ? **text : std::string{};
}

// ---- attach, stop, permit ---------------------------------------------------------------------------------------------

Task<RestoreOutcome> ProcessEngine::attach(JobId id, ProgressSink sink) {
  const std::string at = directory(id);
  const auto text = read_whole(at + "/job.json");
  if (!text) co_return fail(text.error().within(name(id)));
  if (!*text) co_return fail(Errc::refused, name(id) + " was never started; start it as a new one");
  const auto record = parse_job(**text);
  if (!record) co_return fail(record.error().within(name(id)));
  auto follower = watch_.follow(at);
  if (!follower) co_return fail(follower.error().within(name(id)));

  JobReader reader(at, record->job, clock_.now());
  TimePoint alarm = never;  // when the watchdog's call comes; one at a time
  bool ended = false;       // by the watchdog
  std::optional<RestoreProgress> told;
  Sight sight;
  JobState state{};
  for (;;) {
    // Before the output is read: an end that is seen here has written all of it.
    if (std::exchange((*follower)->changes()->all, false)) {
      sight = look(id);
      state = settle(id, sight);
    }
    const auto more = reader.read_on(clock_.now());
    if (!more) co_return fail(more.error().within(name(id)));
    if (*more) co_await asio::post(executor_, asio::use_awaitable);  // a long log is read between other work
    if (*more && over(state) && why_ended(id).empty()) continue;     // the end of a flood is not waited for
    if (over(state)) reader.finish();
    const RestoreProgress now = reader.progress();
    if (sink && (!told || told->stage != now.stage || told->percent != now.percent)) sink(now);
    told = now;
    if (over(state)) co_return reader.conclude(*record, sight.exit, why_ended(id));
    if (state == JobState::running) {
      const EngineVerdict verdict = reader.judge(clock_.now());
      if (!verdict.why.empty() && !std::exchange(ended, true)) end_engine(id, sight, verdict.why);
      if (clock_.now() >= alarm) alarm = never;
      if (verdict.look_again < alarm) clock_.call_at(alarm = verdict.look_again, wake(**follower));
    }
    if (*more) continue;
    if (auto woken = co_await wait(**follower, state, sight); !woken) co_return fail(woken.error());
  }
}

Task<void> ProcessEngine::stop(JobId id) {
  if (look(id).signs.record == false)
    co_return fail(Errc::refused, name(id) + " was never started: there is nothing to stop");
  auto follower = watch_.follow(directory(id));
  if (!follower) co_return fail(follower.error().within(name(id)));
  for (;;) {
    const Sight sight = look(id);
    const JobState state = settle(id, sight);
    if (over(state)) co_return Result<void>{};
    if (state == JobState::running) {
      if (!sight.gate) co_return fail(Errc::storage, name(id) + ": gate.json is damaged: end its processes by hand");
      const Fd engine = open_process(sight.gate->boot, sight.gate->engine);
      // No such process: it has just ended, and its gate is writing that down.
      if (engine) {
        if (auto ended = kill_process(engine); !ended) co_return fail(ended.error().within(name(id)));
      }
    }
    if (auto woken = co_await wait(**follower, state, sight); !woken) co_return fail(woken.error());
  }
}

Task<void> ProcessEngine::permit(JobId id) {
  const Sight sight = look(id);
  const JobState state = judge(sight.signs);
  if (state == JobState::none) co_return fail(Errc::refused, name(id) + " was never started: there is no gate to open");
  if (state != JobState::starting && state != JobState::running) {
    co_return fail(Errc::refused, name(id) + " is over: its gate is gone; start a new job");
  }
  const std::string path = directory(id) + "/permit";
  const Fd made(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!made) co_return fail(system_error(path + " cannot be made").within(name(id)));
  co_return Result<void>{};
}

Result<bool> ProcessEngine::permitted(JobId id) const {
  std::error_code unreadable;
  const bool there = std::filesystem::exists(directory(id) + "/permit", unreadable);
  if (unreadable) return fail(Errc::storage, name(id) + ": its permit cannot be looked for: " + unreadable.message());
  return there;
}

}  // namespace greenroom
