// The simulated world as plain data: what stands where and hangs on what. Whoever builds a world fills these structs
// once; ids are indices into the vectors, so a world made from a room keeps the room's numbering.
// Amps are rms amps at nominal voltage, watts are watts, shares of charge run from 0 to 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hw/base/ids.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom::model {

using MacId = Id<struct ModelMacTag>;  // a Mac of the world, whoever it says it is

// The fast edge of a breaker's band (fitted to UL 489 and IEC 60898 time-current points). `none`: a node that is a
// limit on paper only, such as a plug or a bank without a breaker of its own.
enum class Edge { none, ul_fast, iec_fast };

struct CircuitSpec {
  std::string name;
  std::optional<CircuitId> parent;  // parents before children
  Amps hard;                        // the breaker's rating, or the listed amps
  Amps continuous;
  Edge edge{Edge::none};
  Amps base;          // declared steady load on this node itself (controller host, hubs, switches)
  Amps foreign_most;  // a foreign load that may appear here is at most this; 0: none ever does
};

// Which device a model PDU is, as its manual shows it.
//   rpc28   Baytech RPC-28-NC: 20 outlets on two banks, each bank metered      prompts RPC-28> and RPC-28A> by turns
//   rpc3    Baytech RPC3-NC: 8 outlets, one bank metered                       prompt RPC3-NC>
//   mmp     Baytech MMP: up to 24 outlets, each metered, and the whole input   prompt MMP>
// The others as their faces say (faces.hpp); which id, how many outlets and what is metered: device_face.hpp.
enum class Device {
  rpc28,
  rpc3,
  mmp,
  apc_ap79xx,
  apc_rpdu2,
  sentry,
  raritan_px,
  cyclades_pm,
  wti_nps,
  vpcd,
  waveshare_8,
  waveshare_16,
  sdm120,
  sdm630,
  waveshare_16_sdm630,
};
enum class PowerOn { all_off, last_state, sequenced };

struct PduSpec {
  std::string name;
  Device device{Device::rpc28};
  std::size_t outlets{};  // 0: as the device is sold
  std::string firmware;  // where a device's forms differ in their words: its face says which there are; empty: the usual one
  std::string password;  // of its only user; empty: as from the factory, which may be none
  CircuitId circuit;     // its plug: without this one live, the line is silent
  PowerOn power_on{PowerOn::all_off};
  bool confirm{false};      // asks (Y/N)? before it switches
  bool auto_status{false};  // prints the status after every switch, as the factory setting does
  int baud{9600};
  // 0: a reply arrives whole, at the time of its last byte; else as a USB adapter hands it on, what came in each such time.
  Duration gather{};
  Duration think{std::chrono::milliseconds{20}};        // from the last byte of a command to the first of its answer
  Duration relay_delay{std::chrono::milliseconds{30}};  // from there to the contacts
  Duration boot{std::chrono::seconds{10}};              // mains back to first prompt (RPC-2 manual: 10 s)
  Duration sequence{std::chrono::milliseconds{300}};    // between closes at boot (RPC-2 manual: 0.3 s)
  Duration meter_lag{std::chrono::seconds{2}};
  Amps meter_floor{100};      // reads 0.0 below it
  double meter_noise{0.005};  // of the value, one deviation
  double meter_error{0.01};   // fixed for each meter, drawn within plus and minus this
};

struct OutletSpec {
  PduId pdu;
  std::uint16_t number{};  // from 1, in the device's order
  CircuitId circuit;       // lowest circuit above it
  std::uint8_t bank{};     // 0 for A, 1 for B: which of the device's meters sees it
};

// A place where a Mac can lie: a slot of the room, as its wires really are.
struct PlaceSpec {
  std::string name;
  std::string data_port;           // port path text, empty if none
  std::optional<OutletId> outlet;  // where its brick is plugged in
  Watts brick;                     // rated output
  double power_factor{};           // 0: by the brick, 0.58 below 75 W and 0.97 from there on
};

enum class Family { apple_silicon, t2 };

struct MacSpec {
  std::string model;  // product type, for reports
  Family family{Family::apple_silicon};
  std::uint16_t chip{};  // CPID
  std::uint8_t board{};  // BDID
  std::uint16_t bcd{};   // bcdDevice when booted: BCD of the model number, 0x1701 for "17,1"
  std::uint64_t ecid{};
  std::string serial;  // what the machine itself says
  std::string label;   // what is printed on it; empty: the same
  bool battery{true};
  WattHours capacity;  // when new
  Watts input_most;    // the most the machine takes, whatever the brick
  Watts idle{3000};
  double c_rate{1.0};           // per hour, in the constant-current stage with an unlimited adapter
  double knee{0.80};            // where the taper begins at that rate
  double health{1.0};           // 0.75: an aged pack
  double charge{0.5};           // now
  double charge_limit{1.0};     // 0.8: held there
  bool dead_pack{false};        // accepts nothing, holds nothing
  bool deep_discharged{false};  // 20 minutes of pre-charge first
  bool locked{false};           // Activation Lock: shows after the restore
  bool blank_serial{false};     // the machine reports no serial number
};

// How long things take on a model Mac. Sources: capture of a real engine (2 s between modes), restorekit's figures
// for a whole restore; first boot is an assumption.
struct MacTimings {
  Duration dfu_entry{std::chrono::seconds{12}};
  // How long a desktop wants its button held (Apple 108900: up to 10 s; its older text: 3 to 5 s).
  Duration button{std::chrono::seconds{5}};
  Duration reenumerate{std::chrono::milliseconds{1600}};
  Duration to_recovery{std::chrono::seconds{6}};
  Duration to_restore_os{std::chrono::seconds{40}};
  Duration reboot{std::chrono::seconds{25}};
  Duration first_boot{std::chrono::minutes{4}};
  Duration install_os{std::chrono::minutes{25}};  // over the network, by a person's key press: an assumption
};

struct WorldSpec {
  Volts nominal{120000};
  std::vector<CircuitSpec> circuits;
  std::vector<PduSpec> pdus;
  std::vector<OutletSpec> outlets;  // in the order of pdus, then of device numbers
  std::vector<PlaceSpec> places;    // in the order of the room's slots: a SlotId names one
  std::vector<MacSpec> macs;
  MacTimings timings;
};

}  // namespace greenroom::model
