// The faces there are; make_face() (device_face.hpp) chooses among them.
#pragma once

#include <memory>

#include "hw/model/device_face.hpp"

namespace greenroom::model {

std::unique_ptr<DeviceFace> make_baytech_face(DeviceBody&);  // RPC-28-NC, RPC3-NC, MMP
std::unique_ptr<DeviceFace> make_vpcd_face(DeviceBody&);
std::unique_ptr<DeviceFace> make_cyclades_face(DeviceBody&);
std::unique_ptr<DeviceFace> make_wti_face(DeviceBody&);
std::unique_ptr<DeviceFace> make_sentry_face(DeviceBody&);
std::unique_ptr<DeviceFace> make_apc_menu_face(DeviceBody&);   // AP79xx and the MasterSwitch Plus
std::unique_ptr<DeviceFace> make_apc_rpdu2_face(DeviceBody&);  // AP8xxx
std::unique_ptr<DeviceFace> make_raritan_face(DeviceBody&);
std::unique_ptr<DeviceFace> make_modbus_face(DeviceBody&);  // relay boards and meters on RS-485

}  // namespace greenroom::model
