// Who is where on USB, since when, and who stood there before. Pure: the table feeds it and asks it.
#pragma once

#include <map>
#include <optional>

#include "hw/base/time.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

// One port that was ever occupied. A Mac that changes mode leaves its port and comes back as another device: `before` is
// what it was, if nobody else was plugged in meanwhile, which no port can tell.
struct UsbPlace {
  std::optional<UsbSighting> device;  // nothing: the port is empty
  TimePoint since;                    // of its arrival, or of the departure that left the port empty
  std::optional<UsbSighting> before;  // the last one that stood there
  Duration gap{};                     // for how long the port was empty before `device` came
  unsigned arrivals = 0;
};

enum class UsbChange {
  none,     // of nobody, or of somebody who has left already
  came,     // where nobody was
  became,   // another device than the one before: a change of mode, or another Mac
  learned,  // more is known of the same device
  went,
};

class UsbPlaces {
 public:
  UsbChange take(const UsbEvent&, TimePoint now);
  [[nodiscard]] const UsbPlace* at(const PortPath&) const;  // null: nobody was ever there
  [[nodiscard]] const std::map<PortPath, UsbPlace>& all() const { return places_; }
  void clear() { places_.clear(); }

 private:
  UsbChange arrived(const UsbSighting&, TimePoint now);
  UsbChange left(const UsbLeft&, TimePoint now);
  std::map<PortPath, UsbPlace> places_;  // ordered: decisions follow the order of ports
};

}  // namespace greenroom
