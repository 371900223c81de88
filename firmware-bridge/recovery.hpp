// iBoot in recovery over an open device whose interface 0 is claimed: its commands, variables and uploads, as libirecovery
// sends them. Who calls: the actions on Macs, on devices that no engine owns. A transfer takes at most 10 s; the deadline is
// that of the whole work.
#pragma once

#include <string>
#include <string_view>

#include "hw/async/clock.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

// The command as bytes: its words and a zero. Errc::usage where it is empty, longer than 255, or holds a zero.
Result<UsbBytes> recovery_command(std::string_view words);
// bRequest: 1 for the commands that start something ("go", "bootx"), 0 for all others (libirecovery from 2021 on).
std::uint8_t recovery_request(std::string_view words);
// What getenv answered: up to its zero, without blanks at its end.
std::string recovery_answer(const UsbBytes&);

class Recovery {
 public:
  // The device and the clock outlive this.
  Recovery(UsbDevice& device, Clock& clock, TimePoint deadline) : device_(device), clock_(clock), deadline_(deadline) {}

  // Done when the Mac has taken the words; what it made of them only getenv() tells.
  Task<void> command(std::string words);
  Task<std::string> getenv(std::string name);  // empty where there is no such variable
  // Read back. Errc::protocol where the Mac then says otherwise.
  Task<void> setenv(std::string name, std::string value);
  Task<void> setenvnp(std::string name, std::string value);  // not kept by saveenv
  Task<void> saveenv();
  Task<void> reboot();  // that it leaves is seen by UsbTable
  // For a command that uses it afterwards.
  Task<void> upload(UsbBytes file);

 private:
  [[nodiscard]] TimePoint by() const;
  Task<void> set(std::string verb, std::string name, std::string value);

  UsbDevice& device_;
  Clock& clock_;
  TimePoint deadline_;
};

}  // namespace greenroom
