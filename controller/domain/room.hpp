// One loaded room: places, wires and limits. Made by config/room.cpp from a room file, or by a test; never changed
// while the room runs. Ids are indices into these vectors.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hw/base/ids.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

enum class CircuitKind { panel, breaker, pdu_input, bank, neutral };
enum class PowerOnPolicy { all_off, sequenced, last_state, unknown };
enum class ChargeVia { magsafe, usb_c_other, same_cable };
enum class DfuEntry { none, vdm, by_outlet, by_hand };
enum class SlotKind { restore, shelf, pack_table };

// A node of the tree of limits. An outlet hangs on its lowest circuit. Limits are the circuit's own (rules.md R2).
struct Circuit {
  std::string name;
  CircuitKind kind{CircuitKind::breaker};
  std::optional<CircuitId> parent;
  Amps hard;        // breaker: its rating; others: the listed amps
  Amps continuous;  // breaker: 0.8 of the rating (NEC) unless the file says otherwise
  Volts nominal;
  std::string phase;     // "L1", "L1-L2", ... ; empty on a single-phase room
  bool dedicated{};      // nothing but declared outlets hangs below
  Amps foreign_reserve;  // set aside for what we cannot see
  // The PDU bank that meters this circuit, if one does.
  std::optional<PduId> meter_pdu;
  std::string meter_bank;
  // A neutral: the three phases whose currents return on it. Nothing hangs on it; without a meter it is taken to carry
  // sqrt(Ia^2 + Ib^2 + Ic^2) (R2).
  std::vector<CircuitId> phases;
};

struct PduConfig {
  std::string name;
  std::string dialect;
  std::string line;   // line URL: serial: tcp: pty: model:
  CircuitId circuit;  // the circuit its plug hangs on
  PowerOnPolicy power_on{PowerOnPolicy::unknown};
  Duration supervise{std::chrono::seconds{3}};
  Duration full_poll{std::chrono::seconds{10}};
};

struct Outlet {
  std::string name;  // "left:7"
  PduId pdu;
  std::uint16_t number{};  // the device's own
  CircuitId circuit;       // lowest circuit above it (bank or PDU input)
  std::optional<SlotId> slot;
  std::string brick;   // name in config/bricks.toml
  Watts brick_output;  // rated DC output
  // The most the brick can draw, in amps at 0.9 of nominal voltage (R2): W / (0.90 efficiency * PF * 0.9 V).
  Amps nameplate;
  // What it draws at most at nominal voltage; for the soft sum and for judging settling.
  Amps nameplate_nominal;
};

struct Slot {
  std::string name;  // "3-07": bench and number, printed on the label, scanned by people
  std::string bench;
  SlotKind kind{SlotKind::restore};
  std::string data_port;  // port path text; empty if none
  DfuEntry dfu_entry{DfuEntry::none};
  std::optional<OutletId> outlet;
  ChargeVia charge_via{ChargeVia::magsafe};
  Watts usb_feed;  // what the data cable feeds when the outlet is off
};

struct Infrastructure {
  std::string name;
  std::string kind;  // controller_host | hub | switch | other
  std::optional<CircuitId> circuit;
  Amps load;  // counted as foreign load
};

// Hours in which people work, on room-local wall time. Empty: always staffed.
struct Shift {
  int weekday{};
  Duration begin{};
  Duration end{};
};  // weekday 0 = Monday; time of day

struct Timings {
  Duration settle{std::chrono::seconds{30}};  // device lag plus USB-PD start (R2)
  Duration min_on{std::chrono::seconds{300}};
  Duration min_off{std::chrono::seconds{60}};
  Duration swap_hysteresis{std::chrono::minutes{3}};
  Duration close_spacing{std::chrono::milliseconds{200}};  // R8
  Duration after_protection{std::chrono::minutes{10}};     // nameplate after protection ends (R2)
  Duration order_expiry{std::chrono::seconds{2}};          // R7
  Duration bind_window{std::chrono::seconds{30}};
  Duration bind_lapse{std::chrono::minutes{2}};
};

// How many Macs are restored at once on one part of the USB tree (visits/usb_limits.hpp).
struct UsbLimits {
  int per_controller{4};  // on one bus of a machine: "host/1"
  int per_hub{4};         // behind one powered hub, whichever hubs are between: "host/1-4"
};

struct Room {
  std::string name;
  // Each slot's engine runs as that slot's own user and can open no other slot's Mac (R9). Where that is not set up, one
  // restore runs at a time on each USB host.
  bool fenced{true};
  // Product types of the models that were rehearsed on this machine (`greenroom mac rehearse`): Macs of another model are
  // restored one at a time. Without a value all were: models of Macs need no rehearsal.
  std::optional<std::set<std::string>> rehearsed;
  UsbLimits usb;
  std::vector<Circuit> circuits;  // parents before children
  std::vector<PduConfig> pdus;
  std::vector<Outlet> outlets;  // in the order of pdus, then of device numbers
  std::vector<Slot> slots;
  std::vector<Infrastructure> infrastructure;
  std::vector<Shift> shifts;
  Timings timings;
};

}  // namespace greenroom
