#include "controller/cli/typed_lines.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace greenroom::cli {
namespace {

constexpr std::size_t longest_line = 4096;

}  // namespace

struct TypedLines::Input {
  explicit Input(asio::any_io_executor executor) : stream(std::move(executor)), flags(fcntl(STDIN_FILENO, F_GETFL)) {}
  asio::posix::stream_descriptor stream;
  int flags;
  std::string kept;
};

TypedLines::TypedLines(asio::any_io_executor executor) : input_(std::make_unique<Input>(std::move(executor))) {}

// A terminal that does not block would stay so for the shell.
TypedLines::~TypedLines() { fcntl(STDIN_FILENO, F_SETFL, input_->flags); }

Result<void> TypedLines::open() {
  boost::system::error_code error;
  input_->stream.assign(::dup(STDIN_FILENO), error);
  if (error) return fail(Errc::usage, "what you type is taken from a terminal or a pipe: " + error.message());
  return {};
}

void TypedLines::forget() {
  input_->kept.clear();
  std::array<char, longest_line> block{};
  input_->stream.non_blocking(true);
  boost::system::error_code error;
  for (int i = 0; i < 1000 && !error; ++i) input_->stream.read_some(asio::buffer(block), error);  // `yes` never ends
}

Task<std::string> TypedLines::next() {
  auto buffer = asio::dynamic_buffer(input_->kept, longest_line);
  const auto [error, size] =
      co_await asio::async_read_until(input_->stream, buffer, '\n', asio::as_tuple(asio::use_awaitable));
  if (error == asio::error::operation_aborted) co_return fail(Errc::cancelled, "ended by a signal");
  const std::size_t end = error ? input_->kept.size() : size;
  std::string line = input_->kept.substr(0, end);
  input_->kept.erase(0, end);
  const auto last = line.find_last_not_of(" \t\r\n");
  const auto first = line.find_first_not_of(" \t");
  co_return last == line.npos ? std::string() : line.substr(first, last - first + 1);
}

}  // namespace greenroom::cli
