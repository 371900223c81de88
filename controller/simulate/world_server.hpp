// Serves a simulated world on a UNIX socket, for a service in another process (remote_world.hpp), for model engines and
// for tests. One connection for each thing opened; its first line is one JSON object:
//
//   {"open":"line","name":"left","speed":60}    then raw bytes both ways, at the wire's own times
//   {"open":"usb","speed":60}                   then {"arrived":{...}} and {"left":"host/1-4.2"}, present devices first
//   {"open":"mac","speed":60}                   then requests {"do":...}, each with one answer line
//   {"open":"restore","speed":60}               the same for a Mac in its restore OS: what usbmuxd would carry
//   {"open":"hello","speed":60}                 the answer is all
//
// The answer is {"ok":true,"speed":60,"wall_us":..,"boot_us":..} or {"ok":false,"error":"..."}. A line and the bus have
// one owner at a time, and are free as soon as its process is dead. Clients change nothing but what wires would carry.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controller/domain/room.hpp"
#include "hw/async/clock.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::sim {

class WorldServer {
 public:
  // All outlive it; the room is the one that the plant was built from.
  WorldServer(asio::any_io_executor, Clock&, double speed, model::Plant&, const Room&);
  ~WorldServer();  // stopped and idle
  WorldServer(const WorldServer&) = delete;
  WorldServer& operator=(const WorldServer&) = delete;

  // A socket that nobody serves is replaced; Errc::refused for one that answers, or a file that is no socket.
  Result<void> listen(const std::string& path);
  // Ends every connection as the loop turns, and removes the socket.
  void stop();
  [[nodiscard]] bool idle() const;

  // A restore that came to its end, as the Mac itself knows it.
  std::function<void(model::MacId, std::uint64_t run)> on_finish;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace greenroom::sim
