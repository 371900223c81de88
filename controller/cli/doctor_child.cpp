#include "controller/cli/doctor_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace greenroom::cli {

Child::Child(const std::function<void(int)>& work) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  out_ = Fd(ends[0]);
  const Fd in(ends[1]);
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // what we are told to end takes it along
  work(in.get());
  _exit(0);
}

Child::~Child() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), out_(std::move(other.out_)) {}

Child::Heard Child::hear_until(Clock::time_point deadline) {
  Heard heard;
  if (pid_ <= 0) return heard;
  char piece[4096];
  while (heard.text.size() < 65536) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    struct pollfd waiting {
      out_.get(), POLLIN, 0
    };
    const int ready = poll(&waiting, 1, static_cast<int>(std::clamp<long long>(left, 0, 600000)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    const ssize_t n = read(out_.get(), piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      heard.in_time = true;
      break;
    }
    heard.text.append(piece, static_cast<std::size_t>(n));
  }
  // One that closed its output and lives on is ended as well.
  int gone = 0;
  while (heard.in_time && (gone = waitpid(pid_, &heard.status, WNOHANG)) == 0) {
    heard.in_time = Clock::now() < deadline;
    poll(nullptr, 0, 2);
  }
  if (gone == 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &heard.status, 0);
  }
  pid_ = -1;
  return heard;
}

}  // namespace greenroom::cli
