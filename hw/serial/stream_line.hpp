// A SerialLine over a LineDevice: waits for bytes on the loop, gathers them, and opens the device again after it went
// away. Who calls: open_line.cpp. One read and one write at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/serial/line_device.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

class StreamLine final : public SerialLine {
 public:
  // `name` is the line as people wrote it and stands before every error. `opened`: the device's descriptor, or nothing
  // (-1) when it is still to be opened, which the first read or write does.
  // `gather`: see LineSettings.
  StreamLine(asio::any_io_executor, Clock&, std::string name, std::unique_ptr<LineDevice>, Duration gather, int opened = -1);
  ~StreamLine() override;
  StreamLine(const StreamLine&) = delete;
  StreamLine& operator=(const StreamLine&) = delete;

  // Errc::device_gone: the device went away, or took no byte for 5 s; it is closed then, and the next read or write, a
  // second after the last try at the earliest, opens it again. What stood on the line before is not known then.
  Task<void> write(std::string bytes) override;
  Task<std::string> read_some(TimePoint deadline) override;
  void discard_input() override;

 private:
  struct State;
  std::shared_ptr<State> state_;  // its coroutines may end after the line
};

}  // namespace greenroom
