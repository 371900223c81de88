// The way in for browsers and other programs of this machine: HTTP/1.1 on 127.0.0.1, and nowhere else.
//
//   GET  /, /app.js ..       the page; / is given the token that its commands need
//   GET  /api/v1/..          as routes.hpp says
//   GET  /api/v1/events      a stream of facts and changes (live_feed.hpp); ?from=SEQ, ?last=N, or Last-Event-ID
//   POST /api/v1/commands    answered when durable
//   GET  /metrics            for Prometheus (metrics.hpp)
//
// Who may ask is http_rules.hpp. Nothing that a client does or leaves undone makes the room wait: heads, bodies, times,
// connections and what a stream may leave unread are bounded, and past its bound a connection is closed.
// Who makes one: greenroom serve and demo.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controller/api/room_view.hpp"
#include "controller/bench/command_port.hpp"
#include "hw/async/clock.hpp"

namespace greenroom {

class HttpServer {
 public:
  struct Limits {
    std::size_t head = 16U << 10U;   // bytes; a browser's are below 2 KiB
    std::size_t body = 16U << 20U;   // bytes; a list of 10,000 Macs, with every note
    std::size_t connections = 2048;  // a thousand pages, and room for who comes; the longest idle gives way
    std::size_t streams = 1536;      // so that whoever asks one thing is answered while all pages are open
    std::size_t unread = 4U << 20U;  // bytes that a stream may leave unread: some frames of a room of 1,000 slots
    Duration head_time = std::chrono::seconds{10};  // a request that was begun must have its head by then,
    Duration body_time = std::chrono::seconds{30};  // and its body by then
    Duration idle_time = std::chrono::seconds{60};  // between two requests
    Duration slow_reader = std::chrono::seconds{10};
    Duration look = std::chrono::milliseconds{250};  // between two looks at the room, while streams are open
  };
  // Nothing: the controller is being started anew.
  using View = std::function<std::optional<RoomView>()>;

  // `real`: real time, whatever the room's speed. All outlive the server.
  HttpServer(asio::any_io_executor, Clock& real, CommandPort&, View, std::string token, Limits);
  HttpServer(asio::any_io_executor, Clock& real, CommandPort&, View, std::string token);
  ~HttpServer();

  // Takes the port, 0 any free one; who comes waits until start(). The port. Errc::busy when another program has it.
  Result<unsigned> listen(unsigned port);
  void start();
  // Ends every connection as the loop turns; destroy when idle().
  void stop();
  [[nodiscard]] bool idle() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace greenroom
