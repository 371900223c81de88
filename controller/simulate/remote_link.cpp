#include "controller/simulate/remote_link.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <deque>
#include <utility>

#include "hw/model/wire.hpp"

namespace greenroom::sim {
namespace {

constexpr std::size_t longest_line = std::size_t{4} << 20U;
constexpr std::size_t longest_queue = std::size_t{64} << 20U;

}  // namespace

// Held by its own pending reads and writes; ends when the descriptor is closed.
struct LocalLink::Socket : std::enable_shared_from_this<LocalLink::Socket> {
  Socket(const asio::any_io_executor& executor, Clock& clock)
      : stream(executor), wire(std::make_shared<model::Wire>(executor, clock, Duration{0}, [](const std::string&) {})) {}

  void read() {
    stream.async_read_some(asio::buffer(buffer),
                           [self = shared_from_this()](boost::system::error_code error, std::size_t n) {
                             if (error) return self->close();
                             self->wire->arrive(std::string(self->buffer.data(), n));
                             self->read();
                           });
  }
  void send() {
    asio::async_write(stream, asio::buffer(queue.front()),
                      [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                        if (error) return self->close();
                        self->queued -= self->queue.front().size();
                        self->queue.pop_front();
                        if (!self->queue.empty()) self->send();
                      });
  }
  void close() {
    boost::system::error_code ignored;
    stream.close(ignored);
    wire->close();
  }

  asio::local::stream_protocol::socket stream;
  std::shared_ptr<model::Wire> wire;  // what has arrived, and who waits for it
  std::array<char, 8192> buffer{};
  std::deque<std::string> queue;
  std::size_t queued{};
};

LocalLink::LocalLink(const asio::any_io_executor& executor, Clock& clock)
    : socket_(std::make_shared<Socket>(executor, clock)) {}
LocalLink::~LocalLink() { socket_->close(); }

Result<std::shared_ptr<LocalLink>> LocalLink::connect(const asio::any_io_executor& executor, Clock& clock,
                                                      const std::string& path) {
  auto link = std::make_shared<LocalLink>(executor, clock);
  boost::system::error_code error;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(Errc::usage,
                fmt::format("{}: too long for a socket's path, {} bytes at most", path, sizeof(sockaddr_un::sun_path) - 1));
  }
  auto& stream = link->socket_->stream;
  if (stream.open(asio::local::stream_protocol{}, error); !error) stream.native_non_blocking(true, error);
  // The system's own call: it never waits, and a full queue is an answer.
  const asio::local::stream_protocol::endpoint there(path);
  if (!error && ::connect(stream.native_handle(), there.data(), static_cast<socklen_t>(there.size())) != 0)
    error = boost::system::error_code(errno, boost::system::system_category());
  if (error) return fail(Errc::device_gone, fmt::format("{}: {}", path, error.message()));
  link->socket_->read();
  return link;
}

std::shared_ptr<LocalLink> LocalLink::adopt(const asio::any_io_executor& executor, Clock& clock, int descriptor) {
  auto link = std::make_shared<LocalLink>(executor, clock);
  boost::system::error_code error;
  link->socket_->stream.assign(asio::local::stream_protocol{}, descriptor, error);
  if (error) {
    ::close(descriptor);
    link->close();
  } else {
    link->socket_->read();
  }
  return link;
}

Task<std::string> LocalLink::read_some(TimePoint deadline) {
  if (!rest_.empty()) co_return std::exchange(rest_, {});
  const auto wire = socket_->wire;
  co_return co_await wire->read(deadline);
}

Task<std::string> LocalLink::read_line(TimePoint deadline) {
  const auto wire = socket_->wire;
  while (true) {
    if (const auto end = rest_.find('\n'); end != std::string::npos) {
      std::string line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      co_return line;
    }
    if (rest_.size() > longest_line) {
      close();
      co_return fail(Errc::protocol, "a line without an end");
    }
    const auto bytes = co_await wire->read(deadline);
    if (!bytes) co_return fail(bytes.error());
    rest_ += *bytes;
  }
}

void LocalLink::discard_input() {
  rest_.clear();
  socket_->wire->discard();
}

Result<void> LocalLink::write(std::string bytes) {
  if (!open()) return fail(Errc::device_gone, "the other end is closed");
  if (bytes.empty()) return {};
  if (socket_->queued + bytes.size() > longest_queue) {
    close();
    return fail(Errc::device_gone, "the other end does not read");
  }
  socket_->queued += bytes.size();
  socket_->queue.push_back(std::move(bytes));
  if (socket_->queue.size() == 1) socket_->send();
  return {};
}

void LocalLink::close() { socket_->close(); }
bool LocalLink::open() const { return !socket_->wire->closed(); }

bool LocalLink::hung_up() const {
  if (!open()) return true;
  pollfd look{socket_->stream.native_handle(), POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

std::int32_t LocalLink::peer() const {
  ucred who{};
  socklen_t size = sizeof who;
  const int descriptor = open() ? socket_->stream.native_handle() : -1;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

}  // namespace greenroom::sim
