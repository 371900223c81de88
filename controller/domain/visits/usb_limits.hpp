// How many Macs are restored at once on one part of the USB tree. A restore goes over one USB 2 link of 480 Mbit/s that all
// behind a hub share, and restores of many at once are known to fail by its overload (idevicerestore, issues 132, 143, 236).
// What hangs where is told by the port paths. Pure. Who calls: the visits, before a Mac is brought into DFU.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "controller/domain/room.hpp"

namespace greenroom {

// What stands in the way of one more restore at `port`, with those at `busy` going on, in words that name it: "4 of 4
// restores run on host/1-4". Nothing: it may start.
std::optional<std::string> usb_full(const UsbLimits&, std::string_view port, std::span<const std::string_view> busy);

}  // namespace greenroom
