// UsbBus over a wire: who is where, serial strings that the kernel has not, deadlines, and the fence around devices that
// an engine owns. Who calls: libusb_wire.cpp makes one; tests make one over a wire of their own.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include "hw/async/clock.hpp"
#include "hw/async/event.hpp"
#include "hw/usb/libusb_bus.hpp"
#include "hw/usb/usb_wire.hpp"

namespace greenroom {

class WiredBus final : public UsbBus, private WireEvents {
 public:
  WiredBus(Clock&, LibusbOptions);
  ~WiredBus() override;
  WiredBus(const WiredBus&) = delete;
  WiredBus& operator=(const WiredBus&) = delete;

  [[nodiscard]] WireEvents& events() { return *this; }
  void use(std::unique_ptr<UsbWire>);  // before anything is asked of it; what it told before is kept

  Task<UsbEvent> next_event() override;
  Result<std::unique_ptr<UsbDevice>> open(const PortPath&) override;

 private:
  class Device;
  using Done = std::function<void(Result<UsbBytes>)>;
  struct Opened {
    Opened(UsbSighting s, WireDevice d, WireHandle h) : seen(std::move(s)), device(d), handle(h) {}
    UsbSighting seen;
    WireDevice device;
    WireHandle handle;
    int in_flight = 0;
    bool gone = false;      // the device left
    bool released = false;  // nobody uses it any more: closed when its last transfer is back
  };
  // A transfer until the wire gives it back, which may be after its waiter has gone on.
  struct Going {
    Opened* on;
    Done done;  // empty: told already
    TimePoint deadline;
    bool recalled = false;
  };
  struct Place {
    WireDevice device;
    UsbSighting seen;
    std::uint8_t serial_index;
  };

  void arrived(WireDevice, UsbSighting, std::uint8_t serial_index) override;
  void left(WireDevice) override;
  void moved(WireTransfer, WireResult<UsbBytes>) override;
  void broke(Error) override;
  void settle() override;

  void tell(UsbEvent);
  void lose(WireDevice);
  [[nodiscard]] std::string owner(const PortPath&) const;
  [[nodiscard]] Result<void> ours(const Opened&) const;
  Result<Opened*> open_handle(const Place&);
  void release(Opened&);
  Result<WireTransfer> submit(Opened&, const TransferWish&, TimePoint deadline, Done);
  void recall(WireTransfer, Errc why);
  void arm_deadline();
  void expire();
  void ask_serial(const PortPath&);
  void ask_string(Opened&, std::uint8_t index, std::uint16_t language, const Done&);
  void named(const PortPath&, WireDevice, Result<std::string>);

  Clock& clock_;
  LibusbOptions options_;
  std::shared_ptr<bool> here_{std::make_shared<bool>(true)};  // gone with the bus: a call of the clock that comes too late
  std::map<PortPath, Place> there_;
  std::list<Opened> opened_;
  std::map<WireTransfer, Going> going_;
  std::uint64_t submitted_ = 0;
  std::deque<PortPath> to_ask_;
  std::deque<UsbEvent> told_;
  Event news_;
  std::optional<Error> broken_;
  TimePoint armed_for_ = never;
  std::unique_ptr<UsbWire> wire_;
};

}  // namespace greenroom
