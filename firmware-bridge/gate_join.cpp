// The gate as a relay: holds connections while shut, joins them when open.
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "firmware-bridge/gate_process.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

namespace asio = boost::asio;
using Stream = asio::local::stream_protocol;
using boost::system::error_code;

constexpr int most_connections = 256;  // an engine has a handful; far below the usual 1024 descriptors

// One connection of the engine's and, once joined, its partner.
struct Connection {
  Connection(Stream::socket s, std::function<void()> e)
      : engine(std::move(s)), upstream(engine.get_executor()), ended(std::move(e)) {}
  ~Connection() { ended(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Stream::socket engine;
  Stream::socket upstream;
  std::function<void()> ended;
};
using Shared = std::shared_ptr<Connection>;

// One direction, to its end. Nothing is read before the last is written, so a slow reader slows its writer down.
asio::awaitable<void> pump([[maybe_unused]] Shared held, Stream::socket& from, Stream::socket& to) {
  std::array<char, 65536> block;
  error_code gone;
  for (;;) {
    const auto [read_error, n] = co_await from.async_read_some(asio::buffer(block), asio::as_tuple(asio::use_awaitable));
    if (read_error) break;
    const auto [write_error, written] =
        co_await asio::async_write(to, asio::buffer(block.data(), n), asio::as_tuple(asio::use_awaitable));
    if (!write_error) continue;
    from.shutdown(Stream::socket::shutdown_receive, gone);  // nobody reads on: its writer must see that
    break;
  }
  to.shutdown(Stream::socket::shutdown_send, gone);  // the other direction goes on
}

class Relay {
 public:
  Relay(Fd listener, Fd directory_watch, std::string upstream)
      : upstream_(std::move(upstream)),
        acceptor_(loop_, Stream(), listener.release()),
        changes_(loop_, directory_watch.release()) {
    look();
    watch();
    accept();
  }

  void run_until_ended(Fd engine) {
    asio::posix::stream_descriptor process(loop_, engine.release());
    process.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code) { loop_.stop(); });
    loop_.run();
  }

 private:
  void accept() {
    if (accepting_ || connections_ >= most_connections) return;
    accepting_ = true;
    acceptor_.async_accept([this](error_code error, Stream::socket socket) {
      accepting_ = false;
      if (!error) take(std::move(socket));
      else if (error != asio::error::connection_aborted) return log::error("gate.sock takes no more: " + error.message());
      accept();
    });
  }

  void take(Stream::socket socket) {
    ++connections_;
    auto connection = std::make_shared<Connection>(std::move(socket), [this] {
      --connections_;
      accept();
    });
    if (open_) return join(connection);
    waiting_.push_back(connection);
    // A client that goes away while the gate is shut is let go; nothing of what it wrote is read.
    connection->engine.async_wait(Stream::socket::wait_error, [this, weak = std::weak_ptr(connection)](error_code error) {
      if (!error) waiting_.remove(weak.lock());
    });
  }

  void join(const Shared& connection) {
    auto partner = connect_unix(upstream_);
    if (!partner) return log::warn(partner.error().message);  // the engine sees its connection end, and tries again
    connection->upstream.assign(Stream(), partner->release());
    asio::co_spawn(loop_, pump(connection, connection->engine, connection->upstream), asio::detached);
    asio::co_spawn(loop_, pump(connection, connection->upstream, connection->engine), asio::detached);
  }

  void watch() {
    changes_.async_read_some(asio::buffer(events_), [this](error_code error, std::size_t) {
      if (error) return log::error("the job's directory can no longer be watched: " + error.message());
      look();
      if (!open_) watch();
    });
  }

  void look() {
    if (open_ || access("permit", F_OK) != 0) return;
    // Durable before a byte passes, as a record of its own; the fact that allowed it already is.
    for (const char* name : {"permit", "."}) {
      if (const auto synced = sync(name); !synced) log::error(synced.error().message);
    }
    open_ = true;
    for (const Shared& connection : std::exchange(waiting_, {})) {
      connection->engine.cancel();
      join(connection);
    }
  }

  std::string upstream_;
  bool open_{};
  bool accepting_{};
  int connections_{};
  alignas(inotify_event) std::array<char, 4096> events_{};
  asio::io_context loop_{1};
  Stream::acceptor acceptor_;
  asio::posix::stream_descriptor changes_;
  std::list<Shared> waiting_;
};

}  // namespace

Result<Fd> connect_unix(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const Fd directory(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail(system_error("socket " + path + " cannot be reached"));
  const std::string within =
      path.size() < sizeof(sockaddr_un::sun_path) ? path : "/proc/self/fd/" + std::to_string(directory.get()) + "/" + name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (within.size() >= sizeof address.sun_path) {
    return fail(Errc::usage, "socket " + path + " has a name too long for a socket; name it shorter");
  }
  std::memcpy(address.sun_path, within.data(), within.size());
  // Not blocking: a partner that takes no connections now is an error now.
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket || connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(system_error("socket " + path + " cannot be reached"));
  }
  return socket;
}

void serve_gate(Fd listener, Fd directory_watch, Fd engine, std::string upstream) {
  // Never destroyed: what still hangs on its sockets goes with the process.
  auto* relay = new Relay(std::move(listener), std::move(directory_watch), std::move(upstream));
  relay->run_until_ended(std::move(engine));
}

}  // namespace greenroom
