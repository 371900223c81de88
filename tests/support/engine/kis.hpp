// Debug USB (KIS) as the stand-in engine speaks it, by plain libusb (macs.md 2.3).
#pragma once

#include <libusb.h>

#include <string>

#include "tests/support/usb_face.hpp"

namespace greenroom::test::engine {

// The strings of its inner descriptor, with a blank between; empty where it told none.
std::string kis_strings(libusb_device_handle*);
// False: a piece was refused, or it left. A Mac that took it all leaves by itself.
bool kis_send(libusb_device_handle*, const Octets& image);

}  // namespace greenroom::test::engine
