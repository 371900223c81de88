// The faces there are; make_face() (device_face.hpp) chooses among them.
#pragma once

#include <memory>

#include "hw/model/device_face.hpp"

namespace greenroom::model {

std::unique_ptr<DeviceFace> make_baytech_face(DeviceBody&);  // RPC-28-NC, RPC3-NC, MMP

}  // namespace greenroom::model
