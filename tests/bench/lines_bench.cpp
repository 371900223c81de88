// 64 lines at 9600 baud, each polled every 10 s for 1.3 kB, by the real driver over real ptys on real time; the devices are
// another process, which delivers as USB adapters do: what came in 16 ms at once (FTDI AN232B-04, the latency timer).
// Claims: our own CPU time under 10 % of one core, and no period off by 5 %. Exits 1 when one does not hold.
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "hw/serial/open_line.hpp"

namespace {

using namespace greenroom;
using namespace std::chrono_literals;

constexpr std::size_t kLines = 64;
constexpr int kRounds = 4;  // the first finds the devices and is not counted
constexpr Duration kPeriod = 10s;
constexpr std::size_t kReply = 1300;
constexpr double kBytesPerMs = 0.96;  // 9600 baud, ten bits a byte
constexpr double kLatency_ms = 16;

double now_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

double cpu_ms() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(u.ru_utime) + ms(u.ru_stime);
}

// The status page of a Baytech MMP (tests/hw/pdu/samples/README.md), with blank lines up to 1.3 kB.
std::string status_page() {
  std::ifstream in("tests/hw/pdu/samples/mmp-status.txt", std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  std::string page = all.str();
  const auto first = page.find('\n');
  if (first == std::string::npos) return {};
  while (page.size() + 2 <= kReply) page.insert(first + 1, "\r\n");
  return page;
}

// ---- the devices, in their own process
struct Device {
  int fd{-1};
  std::string command, out;
  double next_ms{};  // the adapter's next delivery
};

void hear(Device& d, const std::string& page) {
  std::array<char, 256> some{};
  const ssize_t n = read(d.fd, some.data(), some.size());
  for (ssize_t i = 0; i < n; ++i) {
    if (some[static_cast<std::size_t>(i)] != '\r') {
      d.command += some[static_cast<std::size_t>(i)];
      continue;
    }
    if (d.out.empty()) d.next_ms = now_ms() + kLatency_ms;
    if (d.command == "status") d.out += page;
    else if (d.command.empty()) d.out += "\r\nMMP>";
    else d.out += d.command + "\r\nInput error\r\n\r\nMMP>";
    d.command.clear();
  }
}

void deliver(Device& d, double now) {
  if (d.out.empty() || now < d.next_ms) return;
  const auto bytes = std::min(d.out.size(), static_cast<std::size_t>(kLatency_ms * kBytesPerMs));
  const ssize_t n = write(d.fd, d.out.data(), bytes);
  if (n > 0) d.out.erase(0, static_cast<std::size_t>(n));
  d.next_ms += kLatency_ms;
}

[[noreturn]] void play_devices(const std::vector<int>& far) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string page = status_page();
  std::vector<Device> devices(far.size());
  std::vector<pollfd> polled;
  for (std::size_t i = 0; i < far.size(); ++i) {
    devices[i].fd = far[i];
    polled.push_back({far[i], POLLIN, 0});
  }
  for (;;) {
    double next = now_ms() + 1000;
    for (const Device& d : devices) {
      if (!d.out.empty()) next = std::min(next, d.next_ms);
    }
    const int wait_ms = std::max(0, static_cast<int>(next - now_ms() + 0.999));
    if (poll(polled.data(), polled.size(), wait_ms) > 0) {
      for (std::size_t i = 0; i < far.size(); ++i) {
        if ((polled[i].revents & POLLIN) != 0) hear(devices[i], page);
      }
    }
    const double now = now_ms();
    for (Device& d : devices) deliver(d, now);
  }
}

// ---- ours
struct Seen {
  std::vector<TimePoint> began;
  int failed{};
  std::string why;
};

asio::awaitable<void> poll_line(Pdu& pdu, Clock& clock, TimePoint first, Seen& seen) {
  for (int k = 0; k < kRounds; ++k) {
    if (const auto due = co_await clock.sleep_until(first + kPeriod * k); !due) co_return;
    const auto reading = co_await pdu.read(Depth::supervise);
    if (reading) {
      seen.began.push_back(reading->began);
    } else {
      ++seen.failed;
      seen.why = reading.error().message;
    }
  }
}

struct Mark {
  double cpu{}, wall{};
};

asio::awaitable<void> note(Clock& clock, TimePoint at, Mark& mark) {
  if (const auto due = co_await clock.sleep_until(at); !due) co_return;
  mark = {cpu_ms(), now_ms()};
}

int judge(const std::vector<Seen>& seen, const Mark& from, const Mark& to) {
  double worst = 0;
  int failed = 0;
  for (const Seen& s : seen) {
    failed += s.failed;
    if (s.failed > 0) std::printf("a poll failed: %s\n", s.why.c_str());
    for (std::size_t k = 2; k < s.began.size(); ++k) {
      worst = std::max(worst, std::abs(in_seconds(s.began[k] - s.began[k - 1] - kPeriod)) / in_seconds(kPeriod));
    }
  }
  const double core = (to.cpu - from.cpu) / (to.wall - from.wall);
  std::printf("lines: %zu at 9600 baud, one poll of %zu bytes each %.0f s, delivered every %.0f ms\n", kLines, kReply,
              in_seconds(kPeriod), kLatency_ms);
  std::printf("  own CPU time   %.2f %% of one core (claimed: under 10 %%)\n", core * 100);
  std::printf("  period jitter  %.2f %% at worst (claimed: under 5 %%)\n", worst * 100);
  std::printf("  failed polls   %d (claimed: none)\n", failed);
  return core < 0.10 && worst < 0.05 && failed == 0 ? 0 : 1;
}

}  // namespace

int main() {
  if (status_page().size() < kReply - 1) {
    std::fprintf(stderr, "lines_bench: run it from the top of the source tree, where its device's words are\n");
    return 1;
  }
  std::vector<int> far(kLines);
  std::vector<std::string> paths;
  for (int& fd : far) {
    int near = -1;
    std::array<char, 128> name{};
    termios raw{};
    cfmakeraw(&raw);
    if (openpty(&fd, &near, name.data(), &raw, nullptr) != 0) return 1;
    paths.emplace_back(name.data());  // `near` stays open: a pty whose last near end closes is hung up
  }
  const pid_t devices = fork();
  if (devices == 0) play_devices(far);
  for (const int fd : far) close(fd);

  asio::io_context io{1};
  const auto clock = make_system_clock(io.get_executor());
  const auto dialect = load_dialect("config/pdu/baytech-mmp.toml");
  if (!dialect) return 1;
  std::vector<std::unique_ptr<Pdu>> pdus;
  for (const std::string& path : paths) {
    auto line = open_line(io.get_executor(), *clock, *parse_line_url("pty:" + path), facts(*dialect).line, "lines_bench");
    if (!line) {
      std::fprintf(stderr, "lines_bench: %s\n", line.error().message.c_str());
      return 1;
    }
    pdus.push_back(make_pdu(*dialect, std::move(*line), *clock));
  }
  std::vector<Seen> seen(kLines);
  Mark from, to;
  const TimePoint start = clock->now() + 1s;
  {
    TaskGroup tasks(io.get_executor());
    for (std::size_t i = 0; i < kLines; ++i) {
      const TimePoint first = start + kPeriod * static_cast<int>(i) / static_cast<int>(kLines);
      tasks.spawn(poll_line(*pdus[i], *clock, first, seen[i]));
    }
    tasks.spawn(note(*clock, start + kPeriod, from));
    tasks.spawn(note(*clock, start + kPeriod * kRounds, to));
    while (tasks.size() > 0) io.run_one();
  }
  kill(devices, SIGKILL);
  waitpid(devices, nullptr, 0);
  return judge(seen, from, to);
}
