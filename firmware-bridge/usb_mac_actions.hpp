// The actions on real Macs, over USB and each slot's own way into DFU. Who calls: the bench, `greenroom mac`. All on the
// loop; a device that an engine owns is refused by the bus (rules.md R9).
#pragma once

#include <map>
#include <memory>

#include "firmware-bridge/dfu_entry.hpp"
#include "firmware-bridge/mac_actions.hpp"
#include "hw/async/clock.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom {

// By port; a port without one is nobody's to bring into DFU.
using DfuMeansOfPorts = std::map<PortPath, std::unique_ptr<DfuMeans>>;

class UsbMacActions final : public MacActions {
 public:
  // The bus, its table and the clock outlive this.
  UsbMacActions(UsbBus& bus, UsbTable& table, Clock& clock, DfuMeansOfPorts means)
      : bus_(bus), table_(table), clock_(clock), means_(std::move(means)) {}

  // A Mac that shows DFU already is made ready for an upload ("unstick"), and restarted into DFU where that fails. Up to
  // three tries. Also ends with KIS, as which newer Macs show DFU, and with Port DFU, which comes before it.
  Task<AppleDevice> enter_dfu(PortPath, TimePoint deadline) override;
  // At most 90 s.
  Task<void> leave_dfu(PortPath, TimePoint deadline) override;
  // Out of restore mode too, where the port has a way to restart its Mac. Errc::refused for a Mac in any other mode.
  Task<void> put_back(PortPath, TimePoint deadline) override;

 private:
  [[nodiscard]] DfuMeans* means_of(const PortPath&) const;
  [[nodiscard]] unsigned arrivals(const PortPath&) const;
  [[nodiscard]] bool shows_t2(const PortPath&) const;
  Task<void> ready(PortPath, TimePoint deadline);
  Task<AppleDevice> send_into_dfu(DfuMeans&, PortPath, TimePoint deadline);
  Task<UsbSighting> watch(DfuMeans&, DfuOrder, PortPath, UsbTable::Predicate, TimePoint deadline);
  Task<void> restart_into_recovery(PortPath, TimePoint deadline);

  UsbBus& bus_;
  UsbTable& table_;
  Clock& clock_;
  DfuMeansOfPorts means_;
};

// The device at that port, with its interface 0: for Dfu and Recovery.
Result<std::unique_ptr<UsbDevice>> open_mac(UsbBus&, const PortPath&);

}  // namespace greenroom
