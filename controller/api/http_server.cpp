// In one file although it is long: Beast costs 20 s of compiling in each file that includes it.
#include "controller/api/http_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <list>
#include <utility>

#include "controller/api/carry_out.hpp"
#include "controller/api/http_reply.hpp"
#include "controller/api/http_rules.hpp"
#include "controller/api/live_feed.hpp"
#include "controller/api/metrics.hpp"
#include "controller/api/routes.hpp"
#include "controller/api/web_assets.hpp"
#include "hw/async/event.hpp"
#include "hw/async/task_group.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view events_path = "/api/v1/events";
constexpr std::string_view json_type = "application/json";
constexpr std::size_t facts_a_write = 256;
constexpr std::size_t most_drained = 4U << 20U;           // of what a refused client still sends
constexpr Duration heartbeat = std::chrono::seconds{15};  // WHATWG HTML, 9.2.7: proxies drop what is silent for long

std::string_view field(const Parser::value_type& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

HttpHead asked_of(const Parser::value_type& request) {
  HttpHead head;
  head.method = {request.method_string().data(), request.method_string().size()};
  head.target = {request.target().data(), request.target().size()};
  if (request.count(http::field::host) == 1) head.host = field(request, http::field::host);
  head.origin = request.count(http::field::origin) > 1 ? "several" : field(request, http::field::origin);
  const auto site = request["Sec-Fetch-Site"];
  head.fetch_site = {site.data(), site.size()};
  head.content_type = field(request, http::field::content_type);
  head.authorization = field(request, http::field::authorization);
  return head;
}

// What a request that cannot be read is told; nothing when there is nobody to tell.
std::optional<ApiResponse> told_of(const error_code& e, const HttpServer::Limits& limits) {
  if (e == http::error::header_limit) return wrong(431, fmt::format("a request's head has at most {} bytes", limits.head));
  if (e == http::error::body_limit)
    return wrong(413, fmt::format("a request's body has at most {} bytes; send a list in parts", limits.body));
  if (e == http::error::end_of_stream || e == http::error::partial_message) return std::nullopt;
  if (e.category() == make_error_code(http::error::bad_method).category()) return wrong(400, "this is no HTTP request");
  return std::nullopt;
}

struct Connection {
  explicit Connection(tcp::socket s) : socket(std::move(s)) {}
  tcp::socket socket;
  boost::beast::flat_buffer input;
  TimePoint deadline{never};  // of what it does now, in real time
  std::optional<TimePoint> idle_since;
  bool live{};    // a stream that is told of each look
  bool ending{};  // a stream that goes when all is sent
  bool gone{};
  std::deque<SharedText> unsent;  // of a stream
  std::size_t unsent_bytes{};
  Event news;  // something is unsent, or the client went
  // What a client does not read, the kernel would keep for it, megabytes for minutes: dropped with the connection.
  void drop() {
    error_code ignored;
    socket.set_option(tcp::socket::linger(true, 0), ignored);
    close();
  }
  void close() {
    error_code ignored;
    socket.close(ignored);
    gone = true;
    news.set();
  }
};
using Client = std::shared_ptr<Connection>;

}  // namespace

struct HttpServer::Impl {
  Impl(asio::any_io_executor e, Clock& r, CommandPort& c, View v, std::string t, Limits l)
      : real(r), commands(c), view(std::move(v)), token(std::move(t)), limits(l), acceptor(e), tasks(e) {}

  asio::awaitable<void> accept();
  asio::awaitable<void> reap();
  asio::awaitable<void> look();
  asio::awaitable<void> serve(Client);
  Task<void> begin_request(Client);
  Task<void> one_request(Client, Parser&);
  Task<void> read_body(Client, Parser&);
  Task<ApiResponse> answer(Parser&);
  Task<void> refuse(Client, ApiResponse);
  Task<void> send(Client, std::string head, std::string_view body);  // the body outlives it
  Task<void> stream(Client, std::string target, std::string last_id);
  Task<void> tell(Client, Seq from);
  bool make_room();
  void hand(Connection&, const SharedText&);

  Clock& real;
  CommandPort& commands;
  View view;
  std::string token;
  Limits limits;
  HttpPolicy policy;
  tcp::acceptor acceptor;
  std::list<Client> clients;
  LiveFeed feed;
  std::size_t streams{};
  TimePoint last_told;
  TaskGroup tasks;
};

asio::awaitable<void> HttpServer::Impl::accept() {
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(with_error);
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {  // no descriptor is left: as soon as a connection ends there is one again
      log::warn("http: " + error.message());
      if (const auto slept = co_await real.sleep_until(real.now() + std::chrono::seconds{1}); !slept) co_return;
      continue;
    }
    if (clients.size() >= limits.connections && !make_room()) continue;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto client = std::make_shared<Connection>(std::move(socket));
    client->idle_since = real.now();
    clients.push_back(client);
    tasks.spawn(serve(std::move(client)));
  }
}

// Of those whose request has not come yet, the one that has waited longest goes: whoever only holds connections makes
// room for whoever asks something.
bool HttpServer::Impl::make_room() {
  Connection* longest = nullptr;
  for (const Client& c : clients) {
    if (!c->gone && c->idle_since && (longest == nullptr || *c->idle_since < *longest->idle_since)) longest = c.get();
  }
  if (longest != nullptr) longest->drop();
  return longest != nullptr;
}

// One timer for all deadlines: a client that stalls is dropped within a second of its time.
asio::awaitable<void> HttpServer::Impl::reap() {
  while (co_await real.sleep_until(real.now() + std::chrono::seconds{1})) {
    for (const Client& c : clients) {
      if (c->deadline <= real.now()) c->drop();
    }
  }
}

asio::awaitable<void> HttpServer::Impl::serve(Client c) {
  while (!c->gone) {
    if (const auto begun = co_await begin_request(c); !begun) break;
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.head));
    parser.body_limit(limits.body);
    if (const auto done = co_await one_request(c, parser); !done) break;
  }
  c->close();
  clients.remove(c);
}

// Ends when the first byte of a request is there.
Task<void> HttpServer::Impl::begin_request(Client c) {
  if (c->input.size() > 0) co_return Result<void>{};
  c->idle_since = real.now();
  c->deadline = real.now() + limits.idle_time;
  const auto [error] = co_await c->socket.async_wait(tcp::socket::wait_read, with_error);
  if (error) co_return fail(Errc::device_gone, "the client went away");
  co_return Result<void>{};
}

// Fails when the connection cannot or must not go on.
Task<void> HttpServer::Impl::one_request(Client c, Parser& parser) {
  c->deadline = real.now() + limits.head_time;
  const auto [error, n] = co_await http::async_read_header(c->socket, c->input, parser, with_error);
  if (error) {
    if (auto told = told_of(error, limits)) {
      ApiResponse words = std::move(*told);
      co_return co_await refuse(c, std::move(words));
    }
    co_return fail(Errc::device_gone, "the client went away");
  }
  c->idle_since.reset();
  auto no = refused(asked_of(parser.get()), policy);
  // Where a body ends must not be in doubt, or its rest would be read as the next request (RFC 9112, 6.1 and 6.3).
  const std::size_t codings = parser.get().count(http::field::transfer_encoding);
  const bool only_chunked = codings == 1 && boost::beast::iequals(parser.get()[http::field::transfer_encoding], "chunked");
  if (codings > 0 && (!only_chunked || parser.get().count(http::field::content_length) > 0))
    no = wrong(400, "a body is sent with a Content-Length, or as chunked alone");
  if (!no && !parser.is_done() && parser.get().method() != http::verb::post) no = wrong(400, "a read has no body");
  if (no) {
    ApiResponse words = std::move(*no);
    co_return co_await refuse(c, std::move(words));
  }
  if (!parser.is_done()) {
    if (const auto read = co_await read_body(c, parser); !read) co_return fail(read.error());
  }
  c->deadline = never;

  const auto& request = parser.get();
  std::string target(request.target());
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  if (path == events_path && request.method() == http::verb::get) {
    std::string last_id(request["Last-Event-ID"]);
    co_return co_await stream(c, std::move(target), std::move(last_id));
  }
  const bool stays = request.keep_alive();
  if (const WebAsset* asset = web_asset(path); asset != nullptr && request.method() == http::verb::get) {
    const std::string whole = page_with(*asset, token);
    std::string head = head_of({200, asset->type, whole.size(), stays, asset->gzip});
    if (const auto sent = co_await send(c, std::move(head), whole); !sent) co_return fail(sent.error());
  } else {
    auto response = co_await answer(parser);
    if (!response) co_return fail(response.error());
    const bool metrics = path == metrics_path && response->status == 200;
    std::string head = head_of({response->status, metrics ? metrics_type : json_type, response->body.size(), stays});
    if (const auto sent = co_await send(c, std::move(head), response->body); !sent) co_return fail(sent.error());
  }
  if (!stays) co_return fail(Errc::cancelled, "the client wants no more");
  co_return Result<void>{};
}

Task<void> HttpServer::Impl::read_body(Client c, Parser& parser) {
  c->deadline = real.now() + limits.body_time;
  if (parser.get()[http::field::expect] == "100-continue") {  // RFC 9110, 10.1.1: it waits until its head was found good
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (const auto sent = co_await send(c, std::move(go_on), {}); !sent) co_return fail(sent.error());
    c->deadline = real.now() + limits.body_time;
  }
  const auto [error, n] = co_await http::async_read(c->socket, c->input, parser, with_error);
  if (!error) co_return Result<void>{};
  if (auto told = told_of(error, limits)) {
    ApiResponse words = std::move(*told);
    co_return co_await refuse(c, std::move(words));
  }
  co_return fail(Errc::device_gone, "the client went away");
}

Task<ApiResponse> HttpServer::Impl::answer(Parser& parser) {
  const auto& asked = parser.get();
  ApiRequest request(std::string(asked.method_string()), std::string(asked.target()), std::move(parser.get().body()));
  const auto moment = view();
  if (!moment) co_return wrong(503, "the room's controller starts anew; ask again in a moment");
  if (request.method == "GET" && request.path == metrics_path) co_return ApiResponse(200, metrics_text(*moment));
  switch (routed(request)) {
    case Route::commands: co_return co_await carry_out(commands, std::move(request), *moment);
    case Route::watch: co_return wrong(404, "over HTTP a watch is GET /api/v1/events");
    default: co_return handle(request, *moment);
  }
}

// Says why, and ends the connection. What the client still sends is read and dropped for a while: closed at once, the
// words would be lost with what was not read (RFC 9112, 9.6).
Task<void> HttpServer::Impl::refuse(Client c, ApiResponse response) {
  std::string head = head_of({response.status, json_type, response.body.size()});
  if (const auto sent = co_await send(c, std::move(head), response.body); !sent) co_return fail(sent.error());
  error_code ignored;
  c->socket.shutdown(tcp::socket::shutdown_send, ignored);
  c->deadline = real.now() + std::chrono::seconds{2};
  std::string dropped(16384, '\0');
  for (std::size_t all = 0; all < most_drained;) {
    const auto [error, n] = co_await c->socket.async_read_some(asio::buffer(dropped), with_error);
    if (error) break;
    all += n;
  }
  co_return fail(Errc::refused, "the request was refused");
}

Task<void> HttpServer::Impl::send(Client c, std::string head, std::string_view body) {
  c->deadline = real.now() + limits.slow_reader;
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  const auto [error, n] = co_await asio::async_write(c->socket, parts, with_error);
  c->deadline = never;
  if (error) co_return fail(Errc::device_gone, "the client went away");
  co_return Result<void>{};
}

// ---- streams

Task<void> HttpServer::Impl::stream(Client c, std::string target, std::string last_id) {
  const auto moment = view();
  if (!moment) {
    ApiResponse words = wrong(503, "the room's controller starts anew; ask again in a moment");
    co_return co_await refuse(c, std::move(words));
  }
  if (streams >= limits.streams) {
    ApiResponse words = wrong(503, "as many pages are open as this room serves; close one");
    co_return co_await refuse(c, std::move(words));
  }
  const auto from = events_from(target, last_id, *moment);
  if (!from) {
    ApiResponse words = refusal(from.error());
    co_return co_await refuse(c, std::move(words));
  }
  feed.begin(*moment);
  ++streams;
  const auto ended = co_await tell(c, *from);
  c->live = false;
  --streams;
  co_return fail(ended.error());
}

// Everything from `from` on, until the client goes.
Task<void> HttpServer::Impl::tell(Client c, Seq from) {
  std::string head = stream_head();
  if (const auto sent = co_await send(c, std::move(head), {}); !sent) co_return fail(sent.error());
  while (from < feed.next()) {
    auto moment = view();
    if (!moment) co_return fail(Errc::busy, "the controller starts anew");
    auto events = fact_events(moment->journal, from, std::min<std::size_t>(facts_a_write, feed.next() - from));
    if (!events) co_return fail(events.error());
    std::string text = std::move(*events);
    if (const auto sent = co_await send(c, std::move(text), {}); !sent) co_return fail(sent.error());
  }
  const auto moment = view();
  if (!moment) co_return fail(Errc::busy, "the controller starts anew");
  hand(*c, feed.whole(*moment));
  c->live = true;
  while (!c->gone) {
    if (c->unsent.empty()) {
      if (c->ending) break;
      if (const auto woken = co_await c->news.wait(); !woken) co_return fail(woken.error());
      continue;
    }
    const SharedText text = std::move(c->unsent.front());
    c->unsent.pop_front();
    c->unsent_bytes -= text->size();
    std::string no_head;
    if (const auto sent = co_await send(c, std::move(no_head), *text); !sent) co_return fail(sent.error());
  }
  co_return fail(Errc::device_gone, "the client went away");
}

void HttpServer::Impl::hand(Connection& c, const SharedText& text) {
  // One text of any size is taken: who reads has taken the one before.
  if (!c.unsent.empty() && c.unsent_bytes + text->size() > limits.unread) return c.drop();
  c.unsent_bytes += text->size();
  c.unsent.push_back(text);
  c.news.set();
}

asio::awaitable<void> HttpServer::Impl::look() {
  while (co_await real.sleep_until(real.now() + limits.look)) {
    if (streams == 0) feed.end();
    const auto moment = streams > 0 ? view() : std::nullopt;
    if (!moment) continue;
    const auto seen = feed.look(*moment);
    SharedText text;
    if (seen) text = *seen;
    else text = std::make_shared<const std::string>("event: trouble\ndata: " + refusal(seen.error()).body + "\n\n");
    if (!text && real.now() - last_told >= heartbeat) text = std::make_shared<const std::string>(":\n\n");
    if (!text) continue;
    last_told = real.now();
    for (const Client& c : clients) {
      if (!c->live) continue;
      c->ending = !seen;
      hand(*c, text);
    }
  }
}

// ---- the outside

HttpServer::HttpServer(asio::any_io_executor executor, Clock& real, CommandPort& commands, View view, std::string token,
                       Limits limits)
    : impl_(std::make_unique<Impl>(std::move(executor), real, commands, std::move(view), std::move(token), limits)) {}
HttpServer::HttpServer(asio::any_io_executor executor, Clock& real, CommandPort& commands, View view, std::string token)
    : HttpServer(std::move(executor), real, commands, std::move(view), std::move(token), Limits{}) {}
HttpServer::~HttpServer() = default;

Result<unsigned> HttpServer::listen(unsigned port) {
  const auto cannot = [port](const error_code& e) {
    return fail(e == asio::error::address_in_use ? Errc::busy : Errc::storage,
                fmt::format("port {} of 127.0.0.1: {}; name another with --port, or 0 for any free one", port, e.message()));
  };
  error_code error;
  const tcp::endpoint here(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
  impl_->acceptor.open(tcp::v4(), error);
  if (!error) impl_->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) impl_->acceptor.bind(here, error);
  if (!error) impl_->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    impl_->acceptor.close(ignored);  // another port may be tried
    return cannot(error);
  }
  const unsigned bound = impl_->acceptor.local_endpoint(error).port();
  impl_->policy = local_policy(bound, impl_->token);
  return bound;
}

void HttpServer::start() {
  impl_->tasks.spawn(impl_->accept());
  impl_->tasks.spawn(impl_->reap());
  impl_->tasks.spawn(impl_->look());
}

void HttpServer::stop() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  for (const Client& c : impl_->clients) c->close();
  impl_->tasks.cancel();
}

bool HttpServer::idle() const { return impl_->tasks.size() == 0; }

}  // namespace greenroom
