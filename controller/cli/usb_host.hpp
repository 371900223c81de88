// What the usb verbs share: this machine's USB, driven until the work ends or a signal comes.
#pragma once

#include <functional>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::cli {

// `decorate` may put a bus around the machine's (a recorder); nothing: it stays.
using UsbWork = std::function<Task<void>(UsbBus&, UsbTable&, Clock&)>;
using UsbDecorator = std::function<std::unique_ptr<UsbBus>(UsbBus&, Clock&)>;

// This machine as port paths name it: without its domain.
std::string this_host();

// Returns the exit code; a failure is told on stderr. `verb` is "greenroom usb list". Devices that a running service or
// another program owns are shown and never asked (rules.md R9, R14).
int with_usb(const char* verb, const UsbWork&, const UsbDecorator& decorate = nullptr);

// The same over a bus of one's own.
int with_bus(const char* verb, const std::function<Result<std::unique_ptr<UsbBus>>(asio::any_io_executor, Clock&)>& make,
             const UsbWork&);

// Ends at that time; before it only with what USB failed by, or cancelled.
Task<void> usb_until(UsbTable&, TimePoint end);

}  // namespace greenroom::cli
