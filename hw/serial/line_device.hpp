// What stands at the near end of a line: a port, a pty, a connection. Opens, and moves bytes without ever waiting;
// waiting is stream_line.cpp's. Who calls: the one StreamLine that owns it. Implementations: serialport_line.cpp,
// pty_line.cpp, tcp_line.cpp.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"
#include "hw/serial/line_settings.hpp"

namespace greenroom {

struct LineDevice {
  virtual ~LineDevice() = default;  // closes
  // The descriptor to wait on; it stays the device's. Called when closed only.
  // device_gone: nothing there; refused: not for this user; busy: another process owns it, named; bad_config: the device
  // cannot do these settings. Each message says what to do.
  virtual Task<int> open() = 0;
  // At once, also after an unplug: what it still had to send is dropped then.
  virtual void close() = 0;
  // What is there now; "" when nothing is. device_gone: nothing will ever come; protocol: the far end is no serial port.
  virtual Result<std::string> read() = 0;
  // How many bytes were taken; 0 when the device takes none now.
  virtual Result<std::size_t> write(std::string_view) = 0;
  virtual void discard_input() = 0;
};

// Those that open without waiting, so that a command can fail at once.
struct LocalDevice : LineDevice {
  virtual Result<int> open_now() = 0;
  Task<int> open() override { co_return open_now(); }
};

// `who` opens it, for the refusal when another process owns it.
std::unique_ptr<LocalDevice> make_serialport(std::string path, LineSettings, std::string who);
std::unique_ptr<LocalDevice> make_pty(std::string path, std::string who);
std::unique_ptr<LineDevice> make_tcp(asio::any_io_executor, Clock&, std::string host, std::uint16_t port);

}  // namespace greenroom
