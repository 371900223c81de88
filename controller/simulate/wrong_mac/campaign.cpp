#include "controller/simulate/wrong_mac/campaign.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "controller/simulate/wrong_mac/history.hpp"

namespace greenroom::sim::wrong_mac {
namespace {

constexpr std::size_t told_at_most = 10;  // of one process
constexpr std::uint64_t tells_each = 500;

// What a process tells the one that started it, a line each: how many are done, something that must not be, the sums.
constexpr std::string_view at_word = "at ", bad_word = "bad ", sums_word = "sums ";

void add(Sums& sums, const HistoryResult& r) {
  ++sums.histories;
  sums.erased_right += r.erased_right;
  sums.wrong_erasures += r.wrong_erasures.size();
  sums.false_certificates += r.false_certificates.size();
  sums.undisturbed += r.undisturbed;
  sums.undisturbed_erased += r.undisturbed_erased;
  sums.kills += r.kills;
  const auto note = [&](const std::string& words) {
    if (sums.first.size() < told_at_most) sums.first.push_back(fmt::format("seed {}: {}", r.seed, words));
  };
  // What must never be is told however much else there is.
  for (const std::string& words : r.wrong_erasures) sums.first.push_back(fmt::format("seed {}: {}", r.seed, words));
  for (const std::string& words : r.false_certificates) sums.first.push_back(fmt::format("seed {}: {}", r.seed, words));
  if (r.undisturbed_erased < r.undisturbed)
    note(fmt::format("{} of {} Macs that nothing was done to were not erased", r.undisturbed - r.undisturbed_erased,
                     r.undisturbed));
}

void tell(int pipe, std::string line) {
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t n = write(pipe, rest.data(), rest.size());
    if (n < 0 && errno != EINTR) _exit(1);  // nobody listens any more
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Every `step`-th seed from this one on.
[[noreturn]] void child(const Campaign& campaign, unsigned number, int pipe) {
  Sums sums;
  for (std::uint64_t i = number; i < campaign.histories; i += campaign.processes) {
    add(sums, live(campaign.first_seed + i, campaign.rules));
    if (sums.histories % tells_each == 0) tell(pipe, fmt::format("{}{}", at_word, tells_each));
  }
  for (const std::string& words : sums.first) tell(pipe, fmt::format("{}{}", bad_word, words));
  tell(pipe, fmt::format("{}{} {} {} {} {} {} {}", sums_word, sums.histories, sums.erased_right, sums.wrong_erasures,
                         sums.false_certificates, sums.undisturbed, sums.undisturbed_erased, sums.kills));
  _exit(0);
}

std::uint64_t next_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(error == std::errc{} ? static_cast<std::size_t>(end - text.data()) : text.size());
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

struct Worker {
  pid_t process{};
  int pipe{-1};
  std::string text;
  bool finished{};  // its sums are in
};

void read_line(Worker& worker, std::string_view line, Sums& sums, std::uint64_t& done) {
  if (line.starts_with(at_word)) {
    line.remove_prefix(at_word.size());
    done += next_number(line);
  } else if (line.starts_with(bad_word)) {
    sums.first.emplace_back(line.substr(bad_word.size()));
  } else if (line.starts_with(sums_word)) {
    line.remove_prefix(sums_word.size());
    for (std::uint64_t* sum : {&sums.histories, &sums.erased_right, &sums.wrong_erasures, &sums.false_certificates,
                               &sums.undisturbed, &sums.undisturbed_erased, &sums.kills}) {
      *sum += next_number(line);
    }
    worker.finished = true;
  }
}

// False when it has said all.
bool listen(Worker& worker, Sums& sums, std::uint64_t& done) {
  char block[4096];
  const ssize_t n = read(worker.pipe, block, sizeof block);
  if (n < 0) return errno == EINTR;
  worker.text.append(block, static_cast<std::size_t>(n));
  for (auto end = worker.text.find('\n'); end != std::string::npos; end = worker.text.find('\n')) {
    read_line(worker, std::string_view(worker.text).substr(0, end), sums, done);
    worker.text.erase(0, end + 1);
  }
  return n > 0;
}

Result<Worker> start(const Campaign& campaign, unsigned number, const std::vector<Worker>& others) {
  int ends[2];
  if (pipe(ends) != 0) return fail(Errc::refused, fmt::format("no pipe for a process: {}", std::strerror(errno)));
  const pid_t process = fork();
  if (process < 0) return fail(Errc::refused, fmt::format("no process for the campaign: {}", std::strerror(errno)));
  if (process == 0) {
    close(ends[0]);
    for (const Worker& other : others) close(other.pipe);
    child(campaign, number, ends[1]);
  }
  close(ends[1]);
  Worker worker;
  worker.process = process;
  worker.pipe = ends[0];
  return worker;
}

}  // namespace

Result<Sums> run_campaign(const Campaign& campaign, const std::function<void(std::uint64_t)>& progress) {
  std::vector<Worker> workers;
  std::optional<Error> broken;
  for (unsigned i = 0; i < campaign.processes && !broken; ++i) {
    auto worker = start(campaign, i, workers);
    if (worker) workers.push_back(std::move(*worker));
    else broken = worker.error();
  }
  Sums sums;
  std::uint64_t done = 0;
  for (std::size_t talking = workers.size(); talking > 0;) {
    std::vector<pollfd> pipes;
    for (const Worker& w : workers) pipes.push_back({w.pipe, POLLIN, 0});
    if (poll(pipes.data(), pipes.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (pipes[i].revents == 0 || listen(workers[i], sums, done)) continue;
      close(workers[i].pipe);
      workers[i].pipe = -1;
      --talking;
    }
    if (progress) progress(done);
  }
  for (const Worker& w : workers) {
    int status = 0;
    waitpid(w.process, &status, 0);
    if (!w.finished && !broken)
      broken = Error(Errc::refused, fmt::format("a process of the campaign died before its end (status {:#x})", status));
  }
  if (broken) return fail(*broken);
  return sums;
}

std::vector<Caught> catch_each_clause(std::uint64_t first_seed, std::uint64_t seeds) {
  std::vector<Caught> all;
  for (const ClauseName& clause : clause_names) {
    Caught caught{clause.name, std::nullopt, {}};
    Sums sums;
    for (std::uint64_t seed = first_seed; seed < first_seed + seeds && !caught.seed; ++seed) {
      const HistoryResult r = live(seed, RuleSet::all().without(clause.clause));
      sums.undisturbed += r.undisturbed;
      sums.undisturbed_erased += r.undisturbed_erased;
      if (r.clean()) continue;
      caught.seed = seed;
      caught.words = r.wrong_erasures.empty() ? r.false_certificates.front() : r.wrong_erasures.front();
    }
    if (!caught.seed && !sums.clean()) {
      caught.seed = first_seed + seeds - 1;
      caught.words = fmt::format("{} of {} Macs that nothing was done to were not erased",
                                 sums.undisturbed - sums.undisturbed_erased, sums.undisturbed);
    }
    all.push_back(std::move(caught));
  }
  return all;
}

}  // namespace greenroom::sim::wrong_mac
