// Clients of a page's server, as many as asked for, on one thread of their own: what http_bench.sh measures with.
//
//   http_load streams PORT CLIENTS SECONDS   each reads /api/v1/events: lag and gap of its frames
//   http_load reads PORT CLIENTS SECONDS     each asks for one slot again and again, over one connection
//   http_load idle PORT CLIENTS SECONDS      each only connects; one more asks for a slot once a second meanwhile
//   http_load sleeper PORT SECONDS           one stream that is never read: is it dropped within that time?
//
// One line of JSON on stdout. The lag of a frame is its arrival after that of the same frame at whichever client had it
// first: the server works a frame out once and hands it to one after the other.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Ms = std::chrono::duration<double, std::milli>;

struct Client {
  int fd{-1};
  std::string input;
  Clock::time_point asked, last_frame{};
  bool whole{}, ended{};
};

int port{};

int connect_one() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(static_cast<std::uint16_t>(port));
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) {
    std::perror("http_load: connect");
    std::exit(2);
  }
  return fd;
}

void say(int fd, std::string_view target) {
  const std::string request =
      "GET " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n";
  if (write(fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) std::exit(2);
}

double percentile(std::vector<double>& all, double of) {
  if (all.empty()) return -1;
  const auto at = all.begin() + static_cast<std::ptrdiff_t>(of * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), at, all.end());
  return *at;
}

// Turns the loop until the end; `got` is called with each client that has new input.
void turn(std::vector<Client>& clients, Clock::time_point end, const std::function<void(Client&)>& got) {
  const int loop = epoll_create1(0);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(loop, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  std::vector<epoll_event> events(512);
  std::vector<char> chunk(1U << 20U);
  while (Clock::now() < end) {
    const int n = epoll_wait(loop, events.data(), static_cast<int>(events.size()), 50);
    for (int i = 0; i < n; ++i) {
      Client& c = clients[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t bytes = read(c.fd, chunk.data(), chunk.size());
      if (bytes > 0) c.input.append(chunk.data(), static_cast<std::size_t>(bytes));
      else if (bytes == 0) c.ended = true;
      if (c.ended) epoll_ctl(loop, EPOLL_CTL_DEL, c.fd, nullptr);
      else got(c);
    }
  }
  close(loop);
}

std::vector<Client> connected(int count) {
  std::vector<Client> clients(static_cast<std::size_t>(count));
  for (Client& c : clients) c.fd = connect_one();
  return clients;
}

int streams(int count, int seconds) {
  auto clients = connected(count);
  for (Client& c : clients) say(c.fd, "/api/v1/events");
  std::unordered_map<std::size_t, Clock::time_point> first;  // by the frame's hash
  std::vector<double> lags, gaps;
  std::size_t bytes = 0;
  turn(clients, Clock::now() + std::chrono::seconds(seconds), [&](Client& c) {
    const auto now = Clock::now();
    std::size_t end;
    while ((end = c.input.find("\n\n")) != std::string::npos) {
      const std::string_view event(c.input.data(), end);
      bytes += end + 2;
      if (event.starts_with("event: parts\ndata: {\"whole\":false")) {
        const auto [at, is_first] = first.emplace(std::hash<std::string_view>{}(event), now);
        lags.push_back(Ms(now - at->second).count());
        if (c.last_frame != Clock::time_point{}) gaps.push_back(Ms(now - c.last_frame).count());
        c.last_frame = now;
      }
      c.input.erase(0, end + 2);
    }
  });
  const auto lost = std::count_if(clients.begin(), clients.end(), [](const Client& c) { return c.ended; });
  std::printf(
      R"({"streams":%d,"lost":%ld,"frames":%zu,"frames_a_second":%.2f,"lag_p50_ms":%.1f,"lag_p99_ms":%.1f,"lag_max_ms":%.1f,"gap_p50_ms":%.1f,"gap_p99_ms":%.1f,"MB_a_second":%.1f})"
      "\n",
      count, static_cast<long>(lost), lags.size(), static_cast<double>(lags.size()) / count / seconds, percentile(lags, 0.5),
      percentile(lags, 0.99), percentile(lags, 1.0), percentile(gaps, 0.5), percentile(gaps, 0.99),
      static_cast<double>(bytes) / 1e6 / seconds);
  return lost == 0 ? 0 : 1;
}

int reads(int count, int seconds) {
  auto clients = connected(count);
  std::vector<double> times;
  long wrong = 0;
  for (Client& c : clients) {
    c.asked = Clock::now();
    say(c.fd, "/api/v1/slots/1-01");
  }
  turn(clients, Clock::now() + std::chrono::seconds(seconds), [&](Client& c) {
    const std::size_t head = c.input.find("\r\n\r\n");
    const std::size_t length = c.input.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) return;
    if (c.input.size() < head + 4 + static_cast<std::size_t>(std::atoi(c.input.c_str() + length + 16))) return;
    wrong += c.input.starts_with("HTTP/1.1 200 ") ? 0 : 1;
    times.push_back(Ms(Clock::now() - c.asked).count());
    c.input.clear();
    c.asked = Clock::now();
    say(c.fd, "/api/v1/slots/1-01");
  });
  std::printf(R"({"connections":%d,"wrong":%ld,"reads_a_second":%.0f,"p50_ms":%.2f,"p99_ms":%.2f})"
              "\n",
              count, wrong, static_cast<double>(times.size()) / seconds, percentile(times, 0.5), percentile(times, 0.99));
  return wrong == 0 ? 0 : 1;
}

// One read over a connection of its own; its time, or nothing within two seconds.
double one_read() {
  std::vector<Client> asking = connected(1);
  const auto began = Clock::now();
  say(asking[0].fd, "/api/v1/slots/1-01");
  double took = -1;
  while (took < 0 && Clock::now() - began < std::chrono::seconds(2)) {
    turn(asking, Clock::now() + std::chrono::milliseconds(1), [&](Client& c) {
      if (c.input.starts_with("HTTP/1.1 200 ")) took = Ms(Clock::now() - began).count();
    });
  }
  close(asking[0].fd);
  return took;
}

int idle(int count, int seconds) {
  auto clients = connected(count);
  std::vector<double> times;
  long unanswered = 0;
  for (int i = 0; i < seconds; ++i) {
    turn(clients, Clock::now() + std::chrono::seconds(1), [](Client&) {});
    const double took = one_read();
    if (took < 0) ++unanswered;
    else times.push_back(took);
  }
  std::printf(R"({"idle":%d,"reads":%zu,"unanswered":%ld,"p50_ms":%.2f,"max_ms":%.2f})"
              "\n",
              count, times.size(), unanswered, percentile(times, 0.5), percentile(times, 1.0));
  return unanswered == 0 ? 0 : 1;
}

int sleeper(int seconds) {
  const int fd = connect_one();
  say(fd, "/api/v1/events?from=1");
  // The peer's end shows as EPOLLHUP or an error at once, also while input stands unread.
  const int loop = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLRDHUP;
  epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
  const auto began = Clock::now();
  const bool dropped = epoll_wait(loop, &event, 1, seconds * 1000) > 0;
  std::printf(R"({"dropped":%s,"after_s":%.1f})"
              "\n",
              dropped ? "true" : "false", Ms(Clock::now() - began).count() / 1000);
  return dropped ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (argc < 4) {
    std::fprintf(stderr, "usage: http_load streams|reads|idle PORT CLIENTS SECONDS, or sleeper PORT SECONDS\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  port = std::atoi(argv[2]);
  const int third = std::atoi(argv[3]);
  const int fourth = argc > 4 ? std::atoi(argv[4]) : 0;
  if (what == "streams") return streams(third, fourth);
  if (what == "reads") return reads(third, fourth);
  if (what == "idle") return idle(third, fourth);
  if (what == "sleeper") return sleeper(third);
  return 2;
}
