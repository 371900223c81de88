// usbmuxd as libusbmuxd speaks to it: a UNIX socket, messages of a 16-byte little-endian header (length, 1, 8, tag) and an
// XML property list. Macs in restore mode are announced to whoever listens, and a connection to a port of a Mac becomes
// that Mac's own. Pair records and the like are not asked for by an engine that restores.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <list>
#include <string>
#include <vector>

#include "hw/async/event.hpp"
#include "hw/async/task_group.hpp"
#include "tests/support/plist_json.hpp"

namespace greenroom::test {

using MuxSocket = asio::local::stream_protocol::socket;

// What is behind the USB cable, by TCP-like ports.
struct MuxDevice {
  virtual ~MuxDevice() = default;
  [[nodiscard]] virtual std::string udid() const = 0;
  [[nodiscard]] virtual bool listens(std::uint16_t port) const = 0;
  // Serves one connection to its end; an exception ends it too.
  virtual asio::awaitable<void> serve(std::uint16_t port, MuxSocket) = 0;
};

class UsbmuxdStandIn {
 public:
  UsbmuxdStandIn(asio::any_io_executor, const std::string& path);
  void end();
  [[nodiscard]] bool ended() const { return tasks_.size() == 0; }

  void attach(MuxDevice&);
  void detach(MuxDevice&);  // no listener is told

  [[nodiscard]] std::size_t listeners() const { return listeners_.size(); }  // that ever asked to be told
  std::vector<std::string> wrong;                                            // what no usbmuxd knows

 private:
  asio::awaitable<void> listen();
  asio::awaitable<void> serve(MuxSocket);
  [[nodiscard]] bool there(std::size_t id) const { return id > 0 && id <= devices_.size() && devices_[id - 1] != nullptr; }
  [[nodiscard]] Plist attached_message(std::size_t id) const;
  asio::awaitable<void> announce(MuxSocket&, std::uint32_t tag);

  asio::local::stream_protocol::acceptor acceptor_;
  std::vector<MuxDevice*> devices_;  // by DeviceID less one; null: it went
  std::list<Event> listeners_;       // each set when a device came
  TaskGroup tasks_;
};

}  // namespace greenroom::test
