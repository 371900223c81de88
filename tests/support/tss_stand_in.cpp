#include "tests/support/tss_stand_in.hpp"

#include <fmt/format.h>

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>

#include "tests/support/img4.hpp"

namespace greenroom::test {

using asio::ip::tcp;

TssStandIn::TssStandIn(asio::any_io_executor executor, const ModelFirmware& firmware)
    : firmware_(firmware), acceptor_(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), tasks_(executor) {
  tasks_.spawn(listen());
}

void TssStandIn::end() { tasks_.cancel(); }

std::vector<std::string> TssStandIn::proxies() const {
  return {fmt::format("http_proxy=http://127.0.0.1:{}", acceptor_.local_endpoint().port()),
          "https_proxy=http://127.0.0.1:1"};
}

asio::awaitable<void> TssStandIn::listen() {
  try {
    for (;;) tasks_.spawn(serve(co_await acceptor_.async_accept(asio::use_awaitable)));
  } catch (const boost::system::system_error&) {  // cancelled
  }
}

asio::awaitable<void> TssStandIn::serve(tcp::socket socket) {
  try {
    std::string text;
    for (;;) {
      const std::size_t head =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", asio::use_awaitable);
      const auto field = text.find("Content-Length: ");
      if (text.rfind("POST http://gs.apple.com/TSS/controller?action=2 HTTP/1.1\r\n", 0) != 0 || field > head) {
        wrong.push_back("a request of another kind: " + text.substr(0, text.find('\r')));
        co_return;
      }
      const std::size_t size = std::strtoul(text.c_str() + field + 16, nullptr, 10);
      if (text.size() < head + size)
        co_await asio::async_read(socket, asio::dynamic_buffer(text), asio::transfer_exactly(head + size - text.size()),
                                  asio::use_awaitable);
      const std::string body = answer(text.substr(head, size));
      text.erase(0, head + size);
      const std::string reply = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
      co_await asio::async_write(socket, asio::buffer(reply), asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {  // the engine has its answer and left, or cancelled
  }
}

std::string TssStandIn::answer(const std::string& body) {
  const auto request = parse_plist(body);
  const std::string why = request ? what_is_wrong(*request) : "no property list";
  if (!why.empty()) {
    wrong.push_back(why);
    return "STATUS=94&MESSAGE=This device isn't eligible for the requested build.";
  }
  const std::uint64_t ecid = request->at("ApECID").get<std::uint64_t>();
  signed_for.push_back(ecid);
  const Plist ticket{{"ApImg4Ticket", plist_data(ticket_for(ecid, data_in(*request, "ApNonce")))}};
  return "STATUS=0&MESSAGE=SUCCESS&REQUEST_STRING=" + print_plist(ticket);
}

std::string TssStandIn::what_is_wrong(const Plist& request) const {
  const auto number = [&request](const char* key) -> std::uint64_t {
    const auto found = request.find(key);
    return found != request.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
  };
  if (number("ApECID") == 0) return "no ECID";
  if (number("ApChipID") != firmware_.chip || number("ApBoardID") != firmware_.board_id) return "another chip or board";
  if (data_in(request, "UniqueBuildID") != firmware_.unique_build) return "another build";
  if (data_in(request, "ApNonce").empty() || data_in(request, "SepNonce").empty()) return "a nonce is missing";
  for (const Component& c : firmware_.components) {
    if (c.name == "OS") continue;  // not trusted by a ticket: the manifest says so
    const auto found = request.find(c.name);
    if (found == request.end()) return c.name + " is missing";
    if (data_in(*found, "Digest") != firmware_.digest(c)) return c.name + " has another digest";
  }
  return "";
}

}  // namespace greenroom::test
