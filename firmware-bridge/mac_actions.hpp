// What the bench may do to a Mac on a port outside an engine run. Every action ends with what was seen, not with what
// was sent. No call is made on a device that an engine owns.
#pragma once

#include "firmware-bridge/apple_device.hpp"
#include "hw/async/task.hpp"

namespace greenroom {

struct MacActions {
  virtual ~MacActions() = default;
  // Brings the Mac at that port into DFU by the slot's own entry. Ends with the DFU arrival at that port path.
  virtual Task<AppleDevice> enter_dfu(PortPath, TimePoint deadline) = 0;
  // Out of DFU again without an erase: a laptop parked in DFU runs flat.
  virtual Task<void> leave_dfu(PortPath, TimePoint deadline) = 0;
  // In recovery: auto-boot true, saveenv, reboot, seen to leave ("put back").
  virtual Task<void> put_back(PortPath, TimePoint deadline) = 0;
};

}  // namespace greenroom
