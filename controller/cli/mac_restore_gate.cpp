#include "controller/cli/mac_restore_gate.hpp"

#include <fmt/format.h>

namespace greenroom::cli {
namespace {

bool driven(MacMode mode) { return mode == MacMode::recovery || mode == MacMode::restore; }

}  // namespace

bool names_itself(const UsbSighting& s) {
  const auto device = classify(s);
  return device && driven(device->mode) && !device->serial.empty();
}

std::optional<std::string> not_the_one(const RestoreOrder& order, const UsbSighting& s) {
  const auto device = classify(s);
  if (!device || !driven(device->mode)) return "the device at " + order.path.text() + " does not say who it is";
  const auto serial = SerialNumber::parse(device->serial);
  if (!serial || *serial != order.serial)
    return fmt::format("the Mac at {} says that its serial number is {}, and {} was typed", order.path.text(),
                       device->serial, order.serial.text());
  if (device->ecid && *device->ecid != order.ecid)
    return fmt::format("the Mac at {} has the ECID {}, and the one that was in DFU there had {}", order.path.text(),
                       to_hex(*device->ecid), to_hex(order.ecid));
  if (device->chip_board && *device->chip_board != order.chip_board)
    return fmt::format("the Mac at {} is of another model than the one that was in DFU there", order.path.text());
  return std::nullopt;
}

std::optional<std::string> another_in_the_way(const UsbPlaces& places, const PortPath& own) {
  for (const auto& [path, place] : places.all()) {
    if (path == own || !place.device) continue;
    auto mode = mode_by_id(*place.device);
    if (const auto device = classify(*place.device)) mode = device->mode;
    if (!mode || *mode == MacMode::booted || *mode == MacMode::t2_booted) continue;
    return fmt::format(
        "the Mac at {} is in {}, and an engine could take it for its own: `greenroom mac put-back --port {}`, "
        "or unplug it",
        path.text(), to_string(*mode), path.text());
  }
  return std::nullopt;
}

}  // namespace greenroom::cli
