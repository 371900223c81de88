#include "tests/support/engine/talk.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace greenroom::test::engine {

void Talk::say(const char* level, const std::string& text, bool on_stdout) const {
  while (!hang_.empty() && text.find(hang_) != std::string::npos) ::pause();
  if (on_stdout) std::printf("%s\n", text.c_str());
  std::fflush(stdout);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm day{};
  localtime_r(&now.tv_sec, &day);
  std::fprintf(stderr, "%02d:%02d:%02d.%03ld %s%s\n", day.tm_hour, day.tm_min, day.tm_sec, now.tv_nsec / 1'000'000, level,
               text.c_str());
}

void Talk::progress(unsigned step, double fraction) {
  std::printf("progress: %u %f\n", step, fraction);
  std::fflush(stdout);
}

void Talk::fail(std::initializer_list<std::string> last_errors) {
  for (const std::string& text : last_errors) error(text);
  throw Failed{};
}

void Talk::pause(std::chrono::milliseconds time) const {
  poll(nullptr, 0, static_cast<int>(static_cast<double>(time.count()) / speed_));
}

bool Talk::until(const std::function<bool()>& holds, std::chrono::milliseconds longest) const {
  const auto end = std::chrono::steady_clock::now() + longest / speed_;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    poll(nullptr, 0, 20);
  }
  return true;
}

}  // namespace greenroom::test::engine
