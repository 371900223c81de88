// A USB library as little as Greenroom needs it: the seam between libusb (libusb_wire.cpp) and all that is decided about
// devices and transfers (wired_bus.cpp). All on the loop; nothing here waits.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "hw/usb/usb_bus.hpp"

namespace greenroom {

enum class WireDevice : std::uint64_t {};    // named by the wire, never twice
enum class WireHandle : std::uint64_t {};    // named by the wire, never twice
enum class WireTransfer : std::uint64_t {};  // named by the caller, never twice

enum class WireFault { gone, permission, busy, stall, overflow, broken, other };
struct WireError {
  WireError(WireFault f, std::string w) : fault(f), words(std::move(w)) {}
  WireFault fault;
  std::string words;  // the library's own
};
template <class T>
using WireResult = tl::expected<T, WireError>;

struct TransferWish {
  std::uint8_t endpoint = 0;  // 0: a control transfer, by `setup`
  ControlSetup setup;
  UsbBytes out;
  std::size_t length = 0;  // of what shall come in
  [[nodiscard]] bool in() const { return ((endpoint == 0 ? setup.type : endpoint) & 0x80) != 0; }
};

struct WireEvents {
  virtual ~WireEvents() = default;
  // `serial_index` is iSerialNumber of the device descriptor; 0: it has none.
  virtual void arrived(WireDevice, UsbSighting, std::uint8_t serial_index) = 0;
  virtual void left(WireDevice) = 0;
  // The end of a transfer: what came in, or as many bytes as went out. Once for each that was submitted.
  virtual void moved(WireTransfer, WireResult<UsbBytes>) = 0;
  virtual void broke(Error) = 0;
  // After some of these: now handles may be opened and closed, inside the calls above they may not.
  virtual void settle() = 0;
};

struct UsbWire {
  virtual ~UsbWire() = default;
  virtual WireResult<WireHandle> open(WireDevice) = 0;
  virtual void close(WireHandle) = 0;  // none of its transfers is on its way
  virtual WireResult<void> claim(WireHandle, std::uint8_t interface, std::uint8_t alternate) = 0;
  virtual WireResult<void> reset(WireHandle) = 0;
  virtual WireResult<void> submit(WireHandle, WireTransfer, const TransferWish&) = 0;
  virtual void cancel(WireTransfer) = 0;  // it ends by moved() soon; nothing happens if it has ended
};

}  // namespace greenroom
