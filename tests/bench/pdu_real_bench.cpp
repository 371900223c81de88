// Polls of 24 outlets at 9600 baud on real time, the device another process (`greenroom pdu model` on a pty, delivering as a
// USB adapter does), beside the same polls on virtual time. Exits 1 when one dialect's two differ by more than 10 %.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/serial/open_line.hpp"
#include "tests/support/polling.hpp"

namespace {

using namespace greenroom;
using namespace greenroom::test;

constexpr int kPolls = 3;

// The program that was built beside this one.
std::string program() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "greenroom").string();
}

// Another process, ended with this object.
class ModelProcess {
 public:
  ModelProcess(const std::string& id, std::size_t outlets, std::uint32_t baud) {
    std::vector<std::string> words{program(), "pdu", "model", "--dialect", id, "--baud", std::to_string(baud),
                                   "--for",   "300"};
    if (outlets > 0) words.insert(words.end(), {"--outlets", std::to_string(outlets)});
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    std::array<int, 2> out{};
    if (pipe2(out.data(), O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
    if (posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ) != 0) pid_ = 0;
    posix_spawn_file_actions_destroy(&files);
    close(out[1]);
    char c{};
    while (pid_ > 0 && ::read(out[0], &c, 1) == 1 && c != '\n') path_ += c;
    close(out[0]);
  }
  ~ModelProcess() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  ModelProcess(const ModelProcess&) = delete;
  ModelProcess& operator=(const ModelProcess&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  pid_t pid_{};
  std::string path_;
};

struct Timed {
  Duration elapsed{};
  std::string failed;
};

asio::awaitable<void> time_polls(Pdu& pdu, Clock& clock, Timed& timed) {
  for (int i = 0; i <= kPolls; ++i) {
    if (const auto slept = co_await clock.sleep_until(clock.now() + 1s); !slept) co_return;
    const TimePoint began = clock.now();
    const auto reading = co_await pdu.read(Depth::full);
    if (!reading) {
      timed.failed = reading.error().message;
      co_return;
    }
    if (i > 0) timed.elapsed += clock.now() - began;  // the first logs in
  }
  timed.elapsed /= kPolls;
}

Timed real_figures(const Dialect& dialect, std::size_t outlets) {
  const DialectFacts& f = facts(dialect);
  const ModelProcess device(f.id, outlets, f.line.baud);
  asio::io_context io{1};
  const auto clock = make_system_clock(io.get_executor());
  Timed timed;
  auto line = open_line(io.get_executor(), *clock, *parse_line_url("pty:" + device.path()), f.line, "pdu_real_bench");
  if (!line) {
    timed.failed = line.error().message;
    return timed;
  }
  const auto pdu = make_pdu(dialect, std::move(*line), *clock, factory_login(f.id));
  TaskGroup tasks(io.get_executor());
  tasks.spawn(time_polls(*pdu, *clock, timed));
  while (tasks.size() > 0) io.run_one();
  return timed;
}

}  // namespace

int main() {
  bool good = true;
  fmt::print("\npolls of 24 outlets at 9600 baud, the device another process, mean of {}\n", kPolls);
  fmt::print("{:<28}{:>11}{:>9}{:>8}\n", "dialect", "virtual s", "real s", "ratio");
  for (const std::string& id : shipped_dialects()) {
    Driven sized(id, 24, 9600);
    const Duration virtually = poll_figures(id).elapsed;
    const Timed timed = real_figures(sized.dialect, sized.table->outlets());
    const double ratio = in_seconds(timed.elapsed) / in_seconds(virtually);
    const bool near = timed.failed.empty() && std::abs(ratio - 1.0) <= 0.10;
    good = good && near;
    fmt::print("{:<28}{:>11.3f}{:>9.3f}{:>8.3f}{}\n", id, in_seconds(virtually), in_seconds(timed.elapsed), ratio,
               near ? "" : "  OFF " + timed.failed);
    std::fflush(stdout);
  }
  return good ? 0 : 1;
}
