#include "hw/usb/usb_places.hpp"

#include <utility>

namespace greenroom {
namespace {

// A bus without addresses announces a device once.
bool same_device(const UsbSighting& a, const UsbSighting& b) { return a.address != 0 && a.address == b.address; }

}  // namespace

UsbChange UsbPlaces::take(const UsbEvent& event, TimePoint now) {
  if (const auto* came = std::get_if<UsbArrived>(&event)) return arrived(came->device, now);
  return left(std::get<UsbLeft>(event), now);
}

UsbChange UsbPlaces::arrived(const UsbSighting& device, TimePoint now) {
  UsbPlace& place = places_[device.path];
  if (place.device && same_device(*place.device, device)) {
    place.device = device;
    return UsbChange::learned;
  }
  // A departure may be missed by the kernel's queue: a second arrival at one port replaces the first.
  if (place.device) place.before = std::exchange(place.device, std::nullopt), place.gap = Duration::zero();
  else if (place.before) place.gap = now - place.since;
  place.device = device;
  place.since = now;
  ++place.arrivals;
  const bool other = place.before && (place.before->product != device.product || place.before->vendor != device.vendor);
  return other ? UsbChange::became : UsbChange::came;
}

UsbChange UsbPlaces::left(const UsbLeft& gone, TimePoint now) {
  const auto found = places_.find(gone.path);
  if (found == places_.end() || !found->second.device) return UsbChange::none;
  UsbPlace& place = found->second;
  if (gone.address != 0 && place.device->address != gone.address) return UsbChange::none;  // its successor stays
  place.before = std::exchange(place.device, std::nullopt);
  place.since = now;
  return UsbChange::went;
}

const UsbPlace* UsbPlaces::at(const PortPath& path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? nullptr : &found->second;
}

}  // namespace greenroom
