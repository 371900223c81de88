#include "controller/api/local_server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/api/carry_out.hpp"
#include "controller/api/routes.hpp"
#include "controller/journal/fact_json.hpp"
#include "hw/async/event.hpp"
#include "hw/async/task_group.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

using Json = nlohmann::json;
using Socket = asio::local::stream_protocol::socket;
using boost::system::error_code;

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t facts_a_write = 256;
constexpr int deepest = 6;  // a request, its command, its rows, a row

std::string line_of(const ApiResponse& r) {
  return fmt::format("{{\"status\":{},\"body\":{}}}\n", r.status, r.body.empty() ? "null" : r.body);
}

// The body is handed on as text; the routes judge it.
Result<ApiRequest> request_of(std::string_view line) {
  bool too_deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > deepest;
    return depth <= deepest;
  };
  const Json json = Json::parse(line, shallow, false);
  if (too_deep) return fail(Errc::usage, "the request is nested too deeply");
  if (json.is_discarded()) return fail(Errc::usage, "the line is not JSON, or not in UTF-8");
  if (!json.is_object()) {
    return fail(Errc::usage, "a request is one JSON object a line, as in {\"method\":\"GET\",\"path\":\"/api/v1/status\"}");
  }
  ApiRequest request;
  for (const auto& [name, to] : {std::pair{"method", &request.method}, std::pair{"path", &request.path}}) {
    const auto at = json.find(name);
    if (at == json.end() || !at->is_string()) return fail(Errc::usage, fmt::format("\"{}\" is missing, or no text", name));
    *to = at->get<std::string>();
  }
  for (const auto& [name, unused] : json.items()) {
    if (name != "method" && name != "path" && name != "body")
      return fail(Errc::usage,
                  fmt::format("a request has no field \"{}\"; it has method, path and body", name.substr(0, 40)));
  }
  if (const auto body = json.find("body"); body != json.end()) request.body = body->dump();
  return request;
}

}  // namespace

std::string local_socket(const std::string& data_directory) { return data_directory + "/greenroom.sock"; }

// One client. Kept by its own coroutine; the reaper and stop() reach it through the list.
struct Connection {
  explicit Connection(Socket s) : socket(std::move(s)) {}
  Socket socket;
  std::string input;
  TimePoint deadline{never};  // of what it does now, in real time
  Event news;                 // facts came, or the client went
  bool watching{}, gone{};
  void close() {
    error_code ignored;
    socket.close(ignored);
    gone = true;
    news.set();
  }
};

struct LocalServer::Impl {
  Impl(asio::any_io_executor e, Clock& r, CommandPort& c, std::function<RoomView()> v, Limits l)
      : real(r), commands(c), view(std::move(v)), limits(l), acceptor(e), tasks(e) {}

  asio::awaitable<void> accept();
  asio::awaitable<void> reap();
  asio::awaitable<void> serve(std::shared_ptr<Connection>);
  asio::awaitable<void> listen_for_end(std::shared_ptr<Connection>);
  Task<std::string> next_line(Connection&);
  Task<void> send(Connection&, std::string);
  Task<void> answer(std::shared_ptr<Connection>, std::string line);
  Task<void> watch(std::shared_ptr<Connection>, Seq from);
  [[nodiscard]] Result<std::string> page(Seq from, Seq& next) const;

  Clock& real;
  CommandPort& commands;
  std::function<RoomView()> view;
  Limits limits;
  asio::local::stream_protocol::acceptor acceptor;
  std::string path;
  std::list<std::shared_ptr<Connection>> connections;
  TaskGroup tasks;
};

asio::awaitable<void> LocalServer::Impl::accept() {
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(with_error);
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {  // no descriptor is left: as soon as a connection ends there is one again
      log::warn("greenroom.sock: " + error.message());
      if (const auto slept = co_await real.sleep_until(real.now() + std::chrono::seconds{1}); !slept) co_return;
      continue;
    }
    auto connection = std::make_shared<Connection>(std::move(socket));
    connections.push_back(connection);
    tasks.spawn(serve(std::move(connection)));
  }
}

// One timer for all deadlines: a client that stalls is dropped within a second of its time.
asio::awaitable<void> LocalServer::Impl::reap() {
  while (co_await real.sleep_until(real.now() + std::chrono::seconds{1})) {
    for (const auto& c : connections) {
      if (c->deadline <= real.now()) c->close();
    }
  }
}

// Up to the next newline, without it. Errc::usage when it is too long, Errc::device_gone when the client went. The buffer
// grows as bytes come: a client that only promises much costs nothing.
Task<std::string> LocalServer::Impl::next_line(Connection& c) {
  std::string chunk(16384, '\0');
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = c.input.find('\n', searched);
    if (end != std::string::npos && end <= limits.line) {
      std::string line = c.input.substr(0, end);
      c.input.erase(0, end + 1);
      c.deadline = never;
      co_return line;
    }
    if (c.input.size() > limits.line) {
      co_return fail(Errc::usage, fmt::format("the line is longer than {} bytes; send a list in parts", limits.line));
    }
    if (!c.input.empty() && c.deadline == never) c.deadline = real.now() + limits.half_line;
    searched = c.input.size();
    const auto [error, n] = co_await c.socket.async_read_some(asio::buffer(chunk), with_error);
    if (error) co_return fail(Errc::device_gone, "the client went away");
    c.input.append(chunk, 0, n);
  }
}

Task<void> LocalServer::Impl::send(Connection& c, std::string text) {
  c.deadline = real.now() + limits.slow_reader;
  const auto [error, n] = co_await asio::async_write(c.socket, asio::buffer(text), with_error);
  c.deadline = never;
  if (error) co_return fail(Errc::device_gone, "the client went away");
  co_return Result<void>{};
}

asio::awaitable<void> LocalServer::Impl::serve(std::shared_ptr<Connection> c) {
  if (connections.size() > limits.connections) {
    std::string full = line_of(
        refusal(Error(Errc::busy, fmt::format("{} clients are connected already; end one of them", limits.connections))));
    co_await send(*c, std::move(full));
  } else {
    while (!c->gone) {
      auto line = co_await next_line(*c);
      if (!line) {
        if (line.error().code == Errc::usage) {
          std::string words = line_of(ApiResponse(413, refusal(line.error()).body));
          co_await send(*c, std::move(words));
        }
        break;
      }
      std::string text = std::move(*line);
      if (const auto answered = co_await answer(c, std::move(text)); !answered) break;
    }
  }
  c->close();
  connections.remove(c);
}

Task<void> LocalServer::Impl::answer(std::shared_ptr<Connection> c, std::string line) {
  auto request = request_of(line);
  line = {};
  ApiResponse response;
  if (!request) {
    response = refusal(request.error());
  } else if (routed(*request) == Route::watch) {
    const auto from = watch_from(*request, view());
    if (from) co_return co_await watch(c, *from);
    response = refusal(from.error());
  } else if (routed(*request) == Route::commands) {
    ApiRequest asked = std::move(*request);
    const RoomView moment = view();
    auto answered = co_await carry_out(commands, std::move(asked), moment);
    if (!answered) co_return fail(answered.error());
    response = std::move(*answered);
  } else {
    response = handle(*request, view());
  }
  std::string text = line_of(response);
  co_return co_await send(*c, std::move(text));
}

// The next facts as lines; nothing when there are none. `next` moves on.
Result<std::string> LocalServer::Impl::page(Seq from, Seq& next) const {
  const auto facts = view().journal.read(from, facts_a_write);
  if (!facts) return fail(facts.error());
  std::string lines;
  for (const Fact& fact : *facts) {
    lines += to_json_line(fact);
    lines += '\n';
    next = fact.seq + 1;
  }
  return lines;
}

// Whoever watches sends nothing more; what comes is the end.
asio::awaitable<void> LocalServer::Impl::listen_for_end(std::shared_ptr<Connection> c) {
  char ignored[256];
  while (!c->gone) {
    const auto [error, n] = co_await c->socket.async_read_some(asio::buffer(ignored), with_error);
    if (error) c->close();
  }
}

Task<void> LocalServer::Impl::watch(std::shared_ptr<Connection> c, Seq from) {
  std::string head = line_of(ApiResponse(200, fmt::format("{{\"from\":{}}}", from)));
  if (const auto sent = co_await send(*c, std::move(head)); !sent) co_return fail(sent.error());
  c->watching = true;
  tasks.spawn(listen_for_end(c));
  while (!c->gone) {
    auto lines = page(from, from);
    if (!lines) {
      std::string words = line_of(refusal(lines.error()));
      co_await send(*c, std::move(words));
      break;
    }
    if (lines->empty()) {
      if (const auto woken = co_await c->news.wait(); !woken) co_return fail(woken.error());
      continue;
    }
    std::string text = std::move(*lines);
    if (const auto sent = co_await send(*c, std::move(text)); !sent) co_return fail(sent.error());
  }
  co_return fail(Errc::device_gone, "the watch has ended");
}

LocalServer::LocalServer(asio::any_io_executor executor, Clock& real, CommandPort& commands, std::function<RoomView()> view,
                         Limits limits)
    : impl_(std::make_unique<Impl>(std::move(executor), real, commands, std::move(view), limits)) {}
LocalServer::LocalServer(asio::any_io_executor executor, Clock& real, CommandPort& commands, std::function<RoomView()> view)
    : LocalServer(std::move(executor), real, commands, std::move(view), Limits{}) {}
LocalServer::~LocalServer() = default;

Result<void> LocalServer::start(const std::string& data_directory) {
  impl_->path = local_socket(data_directory);
  const auto cannot = [this](std::string_view what, const error_code& e) {
    return fail(Errc::storage, fmt::format("{}: {}: {}; name a data directory on a local disk that this user may write",
                                           impl_->path, what, e.message()));
  };
  if (impl_->path.size() > 107) {  // sun_path, unix(7)
    return fail(
        Errc::usage,
        fmt::format("{}: a socket's path has at most 107 bytes; name a data directory with a shorter path", impl_->path));
  }
  error_code error;
  ::unlink(impl_->path.c_str());
  impl_->acceptor.open(asio::local::stream_protocol(), error);
  if (error) return cannot("cannot be made", error);
  // Before bind the mode is that of the file to be: nobody else can connect, not even for a moment.
  ::fchmod(impl_->acceptor.native_handle(), 0600);
  impl_->acceptor.bind(asio::local::stream_protocol::endpoint(impl_->path), error);
  if (error) return cannot("cannot be bound", error);
  impl_->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot("cannot be listened to", error);
  impl_->tasks.spawn(impl_->accept());
  impl_->tasks.spawn(impl_->reap());
  return {};
}

void LocalServer::notify() {
  for (const auto& c : impl_->connections) {
    if (c->watching) c->news.set();
  }
}

void LocalServer::stop() {
  if (impl_->acceptor.is_open()) ::unlink(impl_->path.c_str());
  error_code ignored;
  impl_->acceptor.close(ignored);
  for (const auto& c : impl_->connections) c->close();
  impl_->tasks.cancel();
}

bool LocalServer::idle() const { return impl_->tasks.size() == 0; }

}  // namespace greenroom
