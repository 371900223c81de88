// The simulated world as another process (`greenroom model`), seen from the service: its lines, its USB bus and what a
// bench does to its Macs, through the interfaces of a real room. Everything connects when it is first used and again
// after a loss, with a pause, so that a service starts without its world and sees it come and go as it would see cables.
//
//   a line that is gone    write and read end with Errc::device_gone; the driver identifies anew
//   a bus that is gone     every port becomes empty; what is there arrives anew
//   an action              one connection each; the world's end ends it with Errc::device_gone
//
// One owner for each line and for the bus; the second is refused with the pid of the first (rules.md R14). A world that
// runs at another speed is never used: its minutes are not ours.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>

#include "controller/simulate/remote_link.hpp"
#include "firmware-bridge/mac_actions.hpp"
#include "hw/serial/serial_line.hpp"
#include "hw/usb/usb_bus.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::sim {

// The world's clocks, at the moment it answered.
struct WorldHello {
  double speed{};
  WallTime wall;    // the world's wall clock ...
  Duration boot{};  // ... at this CLOCK_BOOTTIME
};

class RemoteWorld {
 public:
  // The clock runs at the same speed and outlives all that is opened.
  RemoteWorld(asio::any_io_executor executor, Clock& clock, std::string socket, double speed)
      : executor_(std::move(executor)), clock_(clock), path_(std::move(socket)), speed_(speed) {}

  std::unique_ptr<SerialLine> line(std::string name) const;  // a PDU of the room, or "model:NAME"
  std::unique_ptr<UsbBus> bus() const;
  std::unique_ptr<MacActions> mac_actions(UsbTable&) const;  // the table of this world's bus; outlives the actions

  // Blocking, 2 s at most: for a start before the loop runs. Errc::device_gone when no world is there, Errc::refused when
  // it runs at another speed. Both end in words for people.
  static Result<WorldHello> ask(const std::string& socket, double speed);

  // For the three: connects and agrees. `what` is the rest of the first line, as `"open":"usb"`.
  Task<std::shared_ptr<LocalLink>> open(std::string what) const;
  [[nodiscard]] Duration pause() const { return seconds_of(0.2 * speed_); }  // between two tries: 0.2 s of real time
  [[nodiscard]] Clock& clock() const { return clock_; }

 private:
  asio::any_io_executor executor_;
  Clock& clock_;
  std::string path_;
  double speed_;
};

}  // namespace greenroom::sim
