// Who is where on USB. The one consumer of UsbBus::next_event(); everyone else asks here.
// Who calls: the bench (on_change, at), the actions on Macs (wait_for, wait_empty). All on the loop.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include "hw/async/clock.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

class UsbTable {
 public:
  using Predicate = std::function<bool(const UsbSighting&)>;
  // The sighting is null when the port became empty.
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

  // The device at that port, as soon as one fits; at once when it already stands there. Errc::timeout at the deadline.
  Task<UsbSighting> wait_for(PortPath, Predicate, TimePoint deadline);
  // Ends when the port is empty; at once when it already is.
  Task<void> wait_empty(PortPath, TimePoint deadline);

 private:
  struct Waiter;
  void take(UsbEvent);
  void arrived(UsbSighting);
  void left(const PortPath&);
  void lost(const Error&);
  void tell_waiters(const PortPath&, const UsbSighting*);
  Task<UsbSighting> wait(PortPath, Predicate, bool for_empty, TimePoint deadline);

  UsbBus& bus_;
  Clock& clock_;
  OnChange changed_;
  std::map<PortPath, UsbSighting> there_;  // ordered: decisions follow the order of ports
  std::list<std::shared_ptr<Waiter>> waiters_;
  std::optional<Error> broken_;
};

}  // namespace greenroom
