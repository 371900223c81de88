// Asks a service that runs on this machine, over DATA/greenroom.sock (local_server.hpp). Used by the verbs of the command
// line and by simulated people in a process of their own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "controller/api/room_view.hpp"
#include "hw/async/task.hpp"

namespace greenroom {

class LocalClient {
 public:
  LocalClient(asio::any_io_executor, std::string data_directory);
  ~LocalClient();

  // One question, one answer; one at a time. Connects when it is not connected, so that a client lives through a restart
  // of the service. Errc::device_gone when no service answers there, or when it went away before it answered: then a
  // command may or may not have been taken, and is asked again with the same key.
  Task<ApiResponse> ask(ApiRequest);
  // After ask() of a watch was answered with 200: the next fact, as a line of JSON without its newline.
  // Errc::device_gone when the service ends; what is missed is asked for with ?from after a reconnect.
  Task<std::string> next_fact();
  // Drops the connection; the next ask() makes a new one.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace greenroom
