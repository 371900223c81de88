// `tcp:` lines: a console server's raw port. Bytes pass as they are; telnet is not spoken, and a port that begins to
// negotiate it is refused with what to do.
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "hw/async/handover.hpp"
#include "hw/serial/line_device.hpp"

namespace greenroom {
namespace {

using asio::ip::tcp;

// A console server stands in the same building; one that is off is known after this.
constexpr Duration kLongestConnect = std::chrono::seconds{5};

class Tcp final : public LineDevice {
 public:
  Tcp(asio::any_io_executor executor, Clock& clock, std::string host, std::uint16_t port)
      : executor_(std::move(executor)), clock_(clock), host_(std::move(host)), port_(port) {}
  ~Tcp() override { Tcp::close(); }

  Task<int> open() override {
    const TimePoint deadline = clock_.now() + kLongestConnect;
    tcp::resolver resolver(executor_);  // a name is looked up in a thread of Asio's own: getaddrinfo(3) only blocks
    auto found = std::make_shared<std::vector<tcp::endpoint>>();
    auto looked_up = co_await look_up(resolver, found, deadline);
    if (!looked_up) {
      resolver.cancel();
      co_return fail(looked_up.error());
    }
    auto held = std::make_shared<tcp::socket>(executor_);
    tcp::socket& socket = *held;
    auto connected = co_await connect(held, found, deadline);
    boost::system::error_code ignored;
    if (!connected) {
      socket.close(ignored);
      co_return fail(connected.error());
    }
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    keep_alive(socket.native_handle());
    fd_ = socket.release(ignored);
    fresh_ = true;
    if (ignored) co_return unreachable(ignored.message());
    co_return fd_;
  }

  void close() override {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  Result<std::string> read() override {
    std::array<char, 4096> some;
    const ssize_t n = recv(fd_, some.data(), some.size(), MSG_DONTWAIT);
    if (n == 0) return gone("it closed the connection");
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::string();
    if (n < 0) return gone(std::strerror(errno));
    std::string bytes(some.data(), static_cast<std::size_t>(n));
    // RFC 854: IAC (255), then WILL, WONT, DO or DONT (251 to 254). A telnet server says it first of all; later the same
    // bytes may be noise of the line.
    const bool telnet = fresh_ && bytes.size() >= 2 && bytes[0] == '\xff' && static_cast<unsigned char>(bytes[1]) >= 251 &&
                        bytes[1] != '\xff';
    fresh_ = false;
    if (telnet) return fail(Errc::protocol, "this port speaks telnet; use its raw port");
    return bytes;
  }

  Result<std::size_t> write(std::string_view bytes) override {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EINTR) return 0U;
    return gone(std::strerror(errno));
  }

  void discard_input() override {
    std::array<char, 4096> some;
    // A telnet server's first words are kept for read(), which knows them. What else came is dropped.
    if (fresh_) return;
    for (int i = 0; i < 64 && recv(fd_, some.data(), some.size(), MSG_DONTWAIT) > 0; ++i) continue;
  }

 private:
  using Found = std::shared_ptr<std::vector<tcp::endpoint>>;

  Task<void> look_up(tcp::resolver& resolver, Found found, TimePoint deadline) {
    boost::system::error_code is_name;
    if (const auto address = asio::ip::make_address(host_, is_name); !is_name) {
      found->emplace_back(address, port_);
      co_return Result<void>{};
    }
    Handover<void> done;
    const auto giver = done.giver();
    resolver.async_resolve(host_, std::to_string(port_),
                           [giver, found](boost::system::error_code error, const tcp::resolver::results_type& results) {
                             for (const auto& r : results) found->push_back(r.endpoint());
                             if (error) giver.give(fail(Errc::device_gone, error.message()));
                             else giver.give(Result<void>{});
                           });
    clock_.call_at(deadline, [giver] { giver.give(fail(Errc::device_gone, "no answer within 5 s")); });
    const auto r = co_await done.take();
    if (r || r.error().code == Errc::cancelled) co_return r;
    co_return fail(Errc::device_gone,
                   fmt::format("the name {} is not found ({}); is it spelt right, is the name server there?", host_,
                               r.error().message));
  }

  Task<void> connect(std::shared_ptr<tcp::socket> socket, Found found, TimePoint deadline) {
    Handover<void> done;
    const auto giver = done.giver();
    // Both are held by the handler: it looks at them after this coroutine has stopped waiting.
    asio::async_connect(*socket, *found, [giver, found, socket](boost::system::error_code error, const tcp::endpoint&) {
      if (error) giver.give(fail(Errc::device_gone, error.message()));
      else giver.give(Result<void>{});
    });
    clock_.call_at(deadline, [giver] { giver.give(fail(Errc::device_gone, "no answer within 5 s")); });
    const auto r = co_await done.take();
    if (r || r.error().code == Errc::cancelled) co_return r;
    co_return unreachable(r.error().message);
  }

  [[nodiscard]] tl::unexpected<Error> unreachable(const std::string& why) const {
    return fail(Errc::device_gone, fmt::format("{} port {} does not answer ({}); is the console server on, is that its raw "
                                               "port, does another client have it?",
                                               host_, port_, why));
  }

  [[nodiscard]] tl::unexpected<Error> gone(std::string_view why) const {
    return fail(Errc::device_gone,
                fmt::format("{} port {} went away ({}); is the console server on? A service opens the line "
                            "again by itself when it answers",
                            host_, port_, why));
  }

  // A console server that loses its power says nothing. Known after 10 + 3 * 5 s, and while bytes of ours are on their
  // way after 15 s (tcp(7)).
  static void keep_alive(int fd) {
    const auto set = [fd](int level, int what, int value) { setsockopt(fd, level, what, &value, sizeof value); };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 15'000);
  }

  asio::any_io_executor executor_;
  Clock& clock_;
  std::string host_;
  std::uint16_t port_;
  int fd_{-1};
  bool fresh_{};  // nothing was read from this connection
};

}  // namespace

std::unique_ptr<LineDevice> make_tcp(asio::any_io_executor executor, Clock& clock, std::string host, std::uint16_t port) {
  return std::make_unique<Tcp>(std::move(executor), clock, std::move(host), port);
}

}  // namespace greenroom
