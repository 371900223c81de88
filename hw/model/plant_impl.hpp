// The inside of the plant, shared by the files that implement it: power (plant_power.cpp), Macs (plant_mac.cpp),
// faults (plant_faults.cpp) and the calls from outside (plant.cpp).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "hw/model/battery.hpp"
#include "hw/model/grid.hpp"
#include "hw/model/pdu.hpp"
#include "hw/model/plant.hpp"
#include "hw/model/usb.hpp"

namespace greenroom::model {

struct OutletState {
  bool relay{};    // the contact itself
  bool ordered{};  // what it was last told, by whomever
  bool welded{}, stuck_off{};
  bool injected{};              // alive only because of a fault
  bool live{};                  // relay closed and supply above
  std::optional<SlotId> place;  // whose brick is really in it
  double amps{}, clean{}, watts{};
};

struct PlaceState {
  std::optional<OutletId> outlet;  // where its brick really is
  std::optional<PortPath> port;
  std::optional<MacId> data, power;
  double power_factor{};
};

struct MacState {
  explicit MacState(const MacSpec& s) : spec(s), battery(s, s.input_most.value()) {}
  MacSpec spec;
  Battery battery;
  std::optional<SlotId> data, power;
  double adapter{};  // watts: the smaller of brick and machine
  bool mains{};
  Mode mode{Mode::off};
  bool ready{true};       // false between two modes
  std::uint64_t epoch{};  // a transition of an earlier epoch is void
  bool wants_boot{};      // off, and starts as soon as it can
  bool held{};            // its power button, by somebody
  std::uint64_t press{};  // a press of before is over
  bool auto_boot{true};
  bool os{true}, new_os{}, first_boot_due{}, restoring{};
  bool erased{};
  TimePoint erased_at{};
  std::uint64_t erased_by{};
  double work{15.0};                 // watts of load while restoring, this time
  bool waking{}, waking_injected{};  // a surge to nameplate: awake for a while
  bool surging{};                    // a surge to nameplate: charging while it restores
  double watts{}, amps{}, clean{};   // at the wall
  double delivered_Wh{};
  bool told_charged{};
};

struct Plant::Impl final : PduSurroundings {
  Impl(asio::any_io_executor, Clock&, WorldSpec, const FaultEnvelope&, const Random&);

  // --- plant.cpp
  [[nodiscard]] TimePoint now() const override { return clock.now(); }
  void later(Duration, std::function<void()>) override;
  void tell(Happening) override;
  void make_pdus();
  void tick(std::int64_t second);

  // --- plant_power.cpp: currents, contacts, supply
  void advance();    // lets the present currents flow until now; opens what trips
  void recompute();  // after any change of load or contact
  void expect_trips();
  void drive(PduId, std::size_t outlet, bool on, Cause) override;
  void refresh(Cause);  // supply changed: who is alive?
  void refresh_outlet(std::size_t, Cause);
  void trip(CircuitId);
  [[nodiscard]] double amps(PduId p, std::size_t i) const override;
  [[nodiscard]] double watts(PduId p, std::size_t i) const override;
  [[nodiscard]] bool bank_good(PduId, std::size_t bank) const override;
  LineFault line_fault(Duration& late_by) override { return dice.next_reply(late_by); }

  // --- plant_mac.cpp: batteries and modes
  void step_macs(double seconds);
  void load_of(MacState&) const;  // fills in watts, amps and clean
  void check_mains(SlotId);       // its outlet or its wiring changed
  void mains(MacId, bool on);
  void die(MacId, bool by_mains);
  void boot(MacId);
  void hold(MacId, bool held);
  void press(MacId, Mode becomes);
  void force_off(MacId);
  void go(MacId, Mode, Duration);  // leaves the bus now, shows in the new mode later
  void show(MacId);                // port and bus brought in line with mode and cable
  void arrived(MacId);             // the new mode is there
  void set_data(MacId, std::optional<SlotId>);
  void set_power(MacId, std::optional<SlotId>);
  [[nodiscard]] bool can_run(const MacState&) const;
  Result<MacId> mac_on(const PortPath&, Mode needed, std::string_view to_do) const;
  Result<TimePoint> into_dfu(MacId);

  // --- plant_faults.cpp
  void schedule_faults();
  void arm(FaultKind);
  bool strike(FaultKind);  // false: nothing there to strike
  [[nodiscard]] std::vector<std::uint32_t> power_targets(FaultKind) const;
  bool strike_power(FaultKind);
  bool swap_outlets(SlotId one, SlotId other);
  void exchange_outlets(SlotId one, SlotId other);
  void weld(std::uint32_t outlet);
  void heat(CircuitId);
  bool strike_meter(FaultKind);
  bool strike_mac(FaultKind);
  void ends(FaultKind, std::uint32_t target, std::function<void()>);
  void wake(MacId, Duration);

  asio::any_io_executor executor;
  Clock& clock;
  WorldSpec spec;
  Random random;
  FaultDice dice;
  Grid grid;
  ModelPorts ports;
  std::vector<OutletState> outlets;
  std::vector<PlaceState> places;
  std::vector<MacState> macs;
  std::vector<std::unique_ptr<ModelPdu>> pdus;
  std::vector<std::shared_ptr<Wire>> wires;
  // Of each PDU, by the device's own number less one; a socket that the room does not use has none.
  std::vector<std::vector<std::optional<OutletId>>> sockets;
  std::map<PortPath, SlotId> port_place;
  std::vector<PlantListener*> listeners;
  std::vector<CircuitId> trips;  // scratch
  TimePoint last{};
  unsigned waking{};
  bool started{};
  Random work_dice;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // callbacks outlive the plant
};

}  // namespace greenroom::model
