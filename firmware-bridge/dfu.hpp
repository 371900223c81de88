// Apple's DFU over an open device whose interface 0 is claimed. Who calls: the actions on Macs, on devices that no engine
// owns. A transfer takes at most 10 s, as libirecovery's; the deadline is that of the whole work.
#pragma once

#include "firmware-bridge/dfu_blocks.hpp"
#include "hw/async/clock.hpp"

namespace greenroom {

class Dfu {
 public:
  // The device and the clock outlive this.
  Dfu(UsbDevice& device, Clock& clock, TimePoint deadline) : device_(device), clock_(clock), deadline_(deadline) {}

  Task<DfuState> state();
  // Back to idle, by one CLRSTATUS or ABORT, read back ("unstick"). Ends at once when it is idle. Errc::protocol when it
  // still is in another state: then only a restart of the Mac helps.
  Task<void> unstick();
  // The image with Apple's trailer. One that finds the device in another state than idle, or that the device refuses, is
  // sent once more after unstick(); libirecovery gives up there, and an engine with it.
  Task<void> upload(UsbBytes image);
  // Starts what was uploaded: the device leaves and comes back as what that is, which UsbTable tells.
  Task<void> start();

 private:
  [[nodiscard]] TimePoint by() const;
  Task<DfuState> status();
  Task<void> try_upload(const std::vector<DfuBlock>&);
  Task<void> taken();

  UsbDevice& device_;
  Clock& clock_;
  TimePoint deadline_;
  std::uint16_t sent_ = 0;  // blocks of the last upload
};

}  // namespace greenroom
