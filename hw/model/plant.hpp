// The simulated world: circuits, breakers, PDUs, Macs on ports, and their faults, advanced by events on a Clock. It is
// ground truth: it outlives every controller and judges it. It speaks as its manuals say and reads no dialect.
//
// Who calls:
//   lines and buses      the controller, through the interfaces it uses in a real room
//   hands                model people: what a person can do with cables, keys and buttons
//   engine               the model of a restore engine: what a program can do to a Mac on a port
//   truth                judges and reports; never the controller
// Errors: Errc::refused with what a person would see; Errc::device_gone when nothing is there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/model/event.hpp"
#include "hw/model/faults.hpp"
#include "hw/model/spec.hpp"
#include "hw/serial/serial_line.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom::model {

// One circuit at this moment. `clean` is the same circuit without the injected current: heaters, outlets that are on
// by a foreign hand, by a PDU that boots on or by a welded relay, and wake-ups beyond surge_k.
struct CircuitTruth {
  Amps now, clean;
  Amps mean, mean_clean;          // of the last ten minutes
  double theta{}, theta_clean{};  // clean: as if only the clean current had flowed since the start
  bool live{}, tripped{};
  double over_hard_As{}, over_hard_clean_As{};  // ampere-seconds above the hard limit since the start
  double over_soft_s{}, over_soft_clean_s{};    // seconds with the ten-minute mean above the continuous limit
  double peak_A{}, peak_theta{};
};

struct MacTruth {
  Mode mode{Mode::off};
  bool showing{};                     // on the bus in that mode now (data cable in, not between modes)
  std::optional<SlotId> data, power;  // where its cables are
  bool mains{};                       // its brick is live
  double charge{};                    // 0 to 1; 0 without a pack
  double watts{};                     // at the wall now
  double delivered_Wh{};              // at the wall since the power cable went in
  bool charged{};                     // full, or at its limit
  bool erased{};
  TimePoint erased_at{};
  std::uint64_t erased_by{};  // the run
  bool os{true};              // an OS is installed
  bool new_os{};              // installed by us and booted once
  bool locked{};
};

enum class EraseKind { erase, revive };

class Plant {
 public:
  Plant(asio::any_io_executor, Clock&, WorldSpec, const FaultEnvelope&, const Random&);
  ~Plant();
  Plant(const Plant&) = delete;
  Plant& operator=(const Plant&) = delete;

  void listen(PlantListener*);  // any number; in the order they came
  void ignore(PlantListener*);
  // Starts the fault schedule and the steady tick. Once.
  void start();

  // --- lines and buses. A new one replaces the old one's view; what was on its way to the old one is lost.
  std::unique_ptr<SerialLine> open_line(PduId);
  std::unique_ptr<UsbBus> open_bus();  // every port of the world; present devices come first, as arrivals

  // --- hands
  Result<void> plug_data(MacId, SlotId);
  Result<void> plug_power(MacId, SlotId);
  void unplug_data(MacId);
  void unplug_power(MacId);
  Result<void> press_dfu_keys(MacId);  // a person at the keyboard; DFU shows after timings.dfu_entry
  // A person takes or leaves the power button of a desktop (a laptop enters DFU by its keys). Held when power comes, and for
  // timings.button after it: DFU. Let go before: it starts as usual. Held for as long while it runs: forced off.
  void hold_power(MacId, bool held);
  Result<void> press_power(MacId);  // off: boots; on or in any mode: forced off (hold the key), then boots
  // A person starts the installation over the network of a Mac without an OS (a T2 after its restore); the new OS boots
  // when it is done, if the Mac keeps its power.
  Result<TimePoint> install_os(MacId);
  void press_button(OutletId, bool on);  // on the PDU itself; counts as foreign
  Result<void> reset_breaker(CircuitId);
  void replug(
      SlotId);  // puts the brick of a place into the outlet that the drawing names, and the one found there into the other
  void relabel(MacId, std::string label);

  // --- engine. Each that changes the mode returns when the next one will show, if nothing happens to the Mac.
  [[nodiscard]] std::optional<MacId> at_port(const PortPath&) const;
  Result<TimePoint> enter_dfu(const PortPath&);  // by USB-PD message; a Mac that is off or booted, and has power
  Result<TimePoint> leave_dfu(const PortPath&);
  Result<TimePoint> send_ibss(const PortPath&);                               // DFU -> recovery
  Result<TimePoint> boot_restore_os(const PortPath&);                         // recovery -> restore
  Result<void> start_restore(const PortPath&, std::uint64_t run, EraseKind);  // the erase point
  Result<TimePoint> finish(const PortPath&, bool with_os);  // restore -> boots the new OS, or is left without one
  Result<TimePoint> put_back(const PortPath&);              // recovery -> boots what it has, or stays
  EngineFault next_engine_fault();

  // --- truth. Brings the world up to now first.
  CircuitTruth circuit(CircuitId);
  MacTruth mac(MacId);
  [[nodiscard]] const MacSpec& mac_spec(MacId) const;
  [[nodiscard]] const WorldSpec& spec() const;  // as built; swaps by fault do not show here
  bool outlet_on(OutletId);                     // mains at the socket
  Amps outlet_amps(OutletId);
  [[nodiscard]] std::optional<SlotId> wired_to(OutletId) const;  // the place whose brick is really there; spec() may differ
  FaultDice& dice();                                             // for what the plant does not carry out itself
  [[nodiscard]] const FaultCounts& faults() const;

  struct Impl;  // seen by the parts of the plant

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace greenroom::model
