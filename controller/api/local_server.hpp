// The way in on this machine: a UNIX socket DATA/greenroom.sock, for its user alone. One JSON object a line each way:
//
//   {"method":"GET","path":"/api/v1/slots"}                                  -> {"status":200,"body":{..}}
//   {"method":"POST","path":"/api/v1/commands","body":{"type":..,"key":..}}  -> answered when durable
//   {"method":"GET","path":"/api/v1/watch?from=17"}  -> {"status":200,"body":{"from":17}}, then one fact a line, for ever
//
// Requests of one connection are answered in order. A line that is no request gets {"status":400,..} and the connection
// goes on; only a line that is too long ends it. A watch sends what the journal holds and then what comes, by reading
// the journal itself: no gap, nothing twice, and no memory spent on a slow reader, who is dropped in the end.
// Who makes one: greenroom serve.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controller/api/room_view.hpp"
#include "controller/bench/command_port.hpp"
#include "hw/async/clock.hpp"

namespace greenroom {

class LocalServer {
 public:
  struct Limits {
    std::size_t line = 16U << 20U;  // bytes of one request: a list of 10,000 Macs, with every note
    std::size_t connections = 64;
    Duration half_line = std::chrono::seconds{30};    // a request that was begun must be whole by then
    Duration slow_reader = std::chrono::seconds{30};  // an answer must be taken by then
  };

  // `real`: real time, whatever the room's speed. All outlive the server. `view` is asked for each request.
  LocalServer(asio::any_io_executor, Clock& real, CommandPort&, std::function<RoomView()> view, Limits);
  LocalServer(asio::any_io_executor, Clock& real, CommandPort&, std::function<RoomView()> view);
  ~LocalServer();

  // Binds the socket, in place of one that a former process left; the caller owns the directory (file_lock.hpp).
  Result<void> start(const std::string& data_directory);
  // Facts were made durable: whoever watches is told. Cheap.
  void notify();
  // Takes the socket away and ends every connection as the loop turns; destroy when idle().
  void stop();
  [[nodiscard]] bool idle() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// DATA/greenroom.sock
std::string local_socket(const std::string& data_directory);

}  // namespace greenroom
