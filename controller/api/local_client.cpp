#include "controller/api/local_client.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/api/local_server.hpp"

namespace greenroom {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);

Result<ApiResponse> response_of(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  const bool whole =
      json.is_object() && json.contains("status") && json["status"].is_number_integer() && json.contains("body");
  if (!whole) return fail(Errc::protocol, "what answers on greenroom.sock is no Greenroom service");
  return ApiResponse(json["status"].get<int>(), json["body"].dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

struct LocalClient::Impl {
  Impl(asio::any_io_executor e, std::string d) : data(std::move(d)), socket(std::move(e)) {}
  Task<void> connect();
  Task<void> send(std::string line);
  Task<std::string> next_line();
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    input.clear();
  }
  std::string data;
  asio::local::stream_protocol::socket socket;
  std::string input;
};

Task<void> LocalClient::Impl::connect() {
  if (socket.is_open()) co_return Result<void>{};
  const std::string path = local_socket(data);
  if (path.size() > 107) {  // sun_path, unix(7)
    co_return fail(Errc::usage, path + ": a socket's path has at most 107 bytes");
  }
  const asio::local::stream_protocol::endpoint there(path);
  const auto [error] = co_await socket.async_connect(there, with_error);
  if (!error) co_return Result<void>{};
  close();
  if (error == boost::system::errc::permission_denied) {
    co_return fail(Errc::refused, path + " belongs to another user; ask as the user that runs greenroom serve");
  }
  co_return fail(Errc::device_gone, "No service runs on " + data +
                                        " (greenroom.sock does not answer); start one with greenroom serve, or name "
                                        "another directory with --data");
}

Task<void> LocalClient::Impl::send(std::string line) {
  const auto [error, n] = co_await asio::async_write(socket, asio::buffer(line), with_error);
  if (error) co_return fail(Errc::device_gone, "the service on " + data + " went away before it was asked");
  co_return Result<void>{};
}

Task<std::string> LocalClient::Impl::next_line() {
  std::string chunk(65536, '\0');
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = input.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = input.substr(0, end);
      input.erase(0, end + 1);
      co_return line;
    }
    searched = input.size();
    const auto [error, n] = co_await socket.async_read_some(asio::buffer(chunk), with_error);
    if (error == asio::error::operation_aborted) co_return fail(Errc::cancelled, "cancelled while waiting");
    if (error) co_return fail(Errc::device_gone, "the service on " + data + " went away before it answered");
    input.append(chunk, 0, n);
  }
}

LocalClient::LocalClient(asio::any_io_executor executor, std::string data_directory)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(data_directory))) {}
LocalClient::~LocalClient() = default;

void LocalClient::close() { impl_->close(); }

Task<ApiResponse> LocalClient::ask(ApiRequest request) {
  if (const auto connected = co_await impl_->connect(); !connected) co_return fail(connected.error());
  const Json head{{"method", request.method}, {"path", request.path}};
  std::string line = head.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!request.body.empty()) line.insert(line.size() - 1, ",\"body\":" + request.body);
  line += '\n';
  // A write that fails may still have an answer waiting: "too long", "no place for another client".
  const auto sent = co_await impl_->send(std::move(line));
  auto answer = co_await impl_->next_line();
  if (!answer) {
    impl_->close();
    co_return fail(sent ? answer.error() : sent.error());
  }
  auto response = response_of(*answer);
  if (!response || !sent) impl_->close();
  co_return response;
}

Task<std::string> LocalClient::next_fact() {
  auto line = co_await impl_->next_line();
  if (!line && line.error().code == Errc::device_gone)
    co_return fail(Errc::device_gone, "the service on " + impl_->data + " has ended");
  co_return line;
}

}  // namespace greenroom
