// Model Macs of a testbed by number: who they are, and how each shows itself in a mode. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/support/usb_face.hpp"

namespace greenroom::test {

struct ModelMac {
  std::uint64_t ecid = 0;
  std::string serial;  // hardware serial number
  bool t2 = false;     // chip 8012, board 3F, a MacBook Air of 2020; else chip 8103, board 26, a Mac mini with M1
};

ModelMac model_mac(unsigned number, bool t2 = false);
// dfu, recovery, kis, port_dfu, wtf, booted, t2_booted, restore; nothing for any other word.
std::optional<UsbFace> face_of(const ModelMac&, std::string_view mode);

}  // namespace greenroom::test
