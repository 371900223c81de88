#include "firmware-bridge/job_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace greenroom {
namespace {

void keep(std::string& line, std::string_view part) {
  constexpr std::size_t longest = 4096;  // as much as RestoreLog reads of one line
  line.append(part.substr(0, longest - std::min(longest, line.size())));
}

RestoreOutcome never_started(const JobRecord& record, const std::string& why) {
  RestoreOutcome outcome;
  outcome.evidence.ecid = record.job.ecid;
  outcome.cause = "the engine was never started: " + why;
  outcome.remedy = "start again from DFU; the Mac is not erased";
  outcome.owner = "technician";
  return outcome;
}

// "(signal 11, Segmentation fault)", as the C library names it.
std::string signal_words(int signal) {
  const char* name = sigdescr_np(signal);
  return fmt::format(" (signal {}, {})", signal, name != nullptr ? name : "unknown");
}

}  // namespace

JobReader::JobReader(const std::string& directory, const RestoreJob& job, TimePoint now)
    : log_(job.kind, job.ecid),
      tails_{Tail{directory + "/stderr", EngineStream::err, Fd(), {}},
             Tail{directory + "/stdout", EngineStream::out, Fd(), {}}} {
  signs_.stage_since = signs_.last_word = now;
}

Result<bool> JobReader::read_on(TimePoint now) {
  const std::uint64_t before = signs_.bytes;
  bool more = false;
  for (Tail& tail : tails_) {
    const auto read = read_on(tail);
    if (!read) return fail(read.error());
    more = more || *read;
  }
  if (signs_.bytes != before) signs_.last_word = now;
  if (progress().stage != std::exchange(signs_.stage, progress().stage)) signs_.stage_since = now;
  signs_.past_erase_point = log_.past_erase_point();
  return more;
}

Result<bool> JobReader::read_on(Tail& tail) {
  if (!tail.file) tail.file = Fd(open(tail.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!tail.file && errno == ENOENT) return false;  // the engine has not opened it yet
  char block[65536];
  const ssize_t n = tail.file ? ::read(tail.file.get(), block, sizeof block) : -1;
  if (n < 0) return fail(system_error(tail.path + " cannot be read"));
  signs_.bytes += static_cast<std::uint64_t>(n);
  std::string_view text(block, static_cast<std::size_t>(n));
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    keep(tail.line, text.substr(0, end));
    log_.line(tail.stream, std::exchange(tail.line, {}));
    text.remove_prefix(end + 1);
  }
  keep(tail.line, text);
  return static_cast<std::size_t>(n) == sizeof block;
}

void JobReader::finish() {
  for (Tail& tail : tails_) {
    if (!tail.line.empty()) log_.line(tail.stream, std::exchange(tail.line, {}));
  }
}

RestoreOutcome JobReader::conclude(const JobRecord& record, const std::optional<ExitRecord>& exit,
                                   const std::string& ended_for) const {
  const RestoreLog& log = log_;
  if (!exit) {
    RestoreOutcome outcome = log.finish(std::nullopt);
    outcome.cause = "its gate was lost (ended by force, or the machine restarted), and the engine with it: " + outcome.cause;
    return outcome;
  }
  if (exit->code) return log.finish(exit->code);
  if (!exit->signal) return never_started(record, exit->not_started);
  RestoreOutcome outcome = log.finish(std::nullopt);
  if (ended_for.empty()) {
    outcome.cause += signal_words(*exit->signal);
    return outcome;
  }
  outcome.cause = ended_for;
  outcome.remedy = log.past_erase_point()
                       ? "restore again: the Mac may be half erased"  // it went on while it was being ended
                       : "the Mac is not erased: look at the engine's log and at the host, then start again from DFU";
  outcome.owner = "bench_owner";
  return outcome;
}

}  // namespace greenroom
