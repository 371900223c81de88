// What a bench can do to a model Mac outside an engine run, through the slot's DFU entry and the cable. The Mac's own
// answer is what it shows on the bus.
#pragma once

#include "firmware-bridge/mac_actions.hpp"
#include "hw/async/clock.hpp"
#include "hw/model/plant.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::sim {

class ModelMacActions final : public MacActions {
 public:
  // All outlive it.
  ModelMacActions(Clock& clock, model::Plant& plant, UsbTable& table) : clock_(clock), plant_(plant), table_(table) {}

  // By USB-PD message: up to three, as the one sent may be missed.
  Task<AppleDevice> enter_dfu(PortPath, TimePoint deadline) override;
  Task<void> leave_dfu(PortPath, TimePoint deadline) override;
  Task<void> put_back(PortPath, TimePoint deadline) override;

 private:
  Clock& clock_;
  model::Plant& plant_;
  UsbTable& table_;
};

}  // namespace greenroom::sim
