// Who is where on USB. The one consumer of UsbBus::next_event(); everyone else asks here.
// Who calls: the bench (on_change, at), the actions on Macs (wait_for, wait_empty). All on the loop.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "hw/async/clock.hpp"
#include "hw/usb/usb_places.hpp"

namespace greenroom {

class UsbTable {
 public:
  using Predicate = std::function<bool(const UsbSighting&)>;
  // The sighting is null when the port became empty. Told again when more is known of the same device.
  using OnChange = std::function<void(const PortPath&, const UsbSighting*)>;

  // Both outlive the table; the table outlives every coroutine that waits on it.
  UsbTable(UsbBus&, Clock&);
  ~UsbTable();

  // The pump: spawn it once, in a TaskGroup. Ends when it is cancelled or the bus fails; then every waiter gets the
  // error, and what was known of the ports is dropped (each with a call of on_change): nothing is known any more.
  asio::awaitable<void> run();

  // One listener, called before any waiter goes on. Set before run().
  void on_change(OnChange call) { changed_ = std::move(call); }
  [[nodiscard]] std::optional<UsbSighting> at(const PortPath&) const;
  // Since when, and what stood there before; every port that was ever occupied.
  [[nodiscard]] const UsbPlaces& places() const { return places_; }
  [[nodiscard]] UsbChange last_change() const { return last_; }  // what a call of on_change is about

  // More is known of the device that stands there: told to everybody, as the bus itself would.
  void learn(const PortPath&, std::string serial);

  // The device at that port, as soon as one fits; at once when it already stands there. Errc::timeout at the deadline.
  Task<UsbSighting> wait_for(PortPath, Predicate, TimePoint deadline);
  // At whichever port. Only for a device that names itself: what merely looks right may be another slot's.
  Task<UsbSighting> wait_for(Predicate, TimePoint deadline);
  // Ends when the port is empty; at once when it already is.
  Task<void> wait_empty(PortPath, TimePoint deadline);

 private:
  struct Waiter;
  void take(const UsbEvent&);
  void lost(const Error&);
  void tell_waiters(const PortPath&, const UsbSighting*);
  Task<UsbSighting> wait(std::shared_ptr<Waiter>, TimePoint deadline);

  UsbBus& bus_;
  Clock& clock_;
  OnChange changed_;
  UsbPlaces places_;
  UsbChange last_ = UsbChange::none;
  std::list<std::shared_ptr<Waiter>> waiters_;
  std::optional<Error> broken_;
};

}  // namespace greenroom
