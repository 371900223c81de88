// What the usb verbs share: this machine's USB, driven until the work ends or a signal comes.
#pragma once

#include <functional>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"
#include "hw/base/file_lock.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::cli {

// `decorate` may put a bus around the machine's (a recorder); nothing: it stays.
using UsbWork = std::function<Task<void>(UsbBus&, UsbTable&, Clock&)>;
using UsbDecorator = std::function<std::unique_ptr<UsbBus>(UsbBus&, Clock&)>;

// Returns the exit code; a failure is told on stderr. `verb` is "greenroom usb list". Devices that a running service or
// another program owns are shown and never asked (rules.md R9, R14).
int with_usb(const char* verb, const UsbWork&, const UsbDecorator& decorate = nullptr);

// As with_usb(), to drive the device at that port: refused while another Greenroom has this machine's USB (rules.md R14),
// and a signal is a failure.
int with_mac(const char* verb, const PortPath&, const UsbWork&);

// The same over a bus of one's own.
int with_bus(const char* verb, const std::function<Result<std::unique_ptr<UsbBus>>(asio::any_io_executor, Clock&)>& make,
             const UsbWork&);

// Ends when all that is there is known as far as it will be: devices that the kernel knows no string of are asked.
Task<void> usb_settled(UsbTable&, Clock&);

// One Greenroom asks devices, or drives them, on one machine (rules.md R14). Errc::busy names its process, or that of the
// gate whose engine a `greenroom mac restore` left behind.
Result<FileLock> take_usb(std::string_view owner, std::string_view otherwise);

// What such a gate has locked.
std::string engine_lock_file();

// What names this machine in port paths: its name without its domain.
std::string host_name();

// Ends at that time; before it only with what USB failed by, or cancelled.
Task<void> usb_until(UsbTable&, TimePoint end);

}  // namespace greenroom::cli
