// Room files: a TOML text becomes a Room (controller/domain/room.hpp), or a list of everything that is wrong with it,
// each with its place. config/examples/returns-room.toml shows one. Callers: `greenroom room check`, serve, demo, tests.
//
//   [room]             name, controller_host, shifts = ["Mon-Fri 08:00-17:00"]
//   [timings]          settle_s, min_on_s, min_off_s, swap_hysteresis_s, close_spacing_ms, after_protection_s,
//                      order_expiry_s, bind_window_s, bind_lapse_s
//   [[circuit]]        name, kind = panel | breaker, rating_A, standard = NEC | IEC, continuous_A, ambient_derate,
//                      voltage_V (or the parent's), parent, phase, dedicated, foreign_reserve_A, meter = { pdu, bank }
//   [[pdu]]            name, dialect, line, circuit, outlets (of the unit; else as the dialect says),
//                      power_on = all_off | sequenced | last_state | unknown, input_A, input_meter, supervise_s, full_poll_s
//   [[pdu.bank]]       name, outlets = "1-10", rating_A, metered
//   [[slot]]           name, bench, kind = restore | shelf | pack_table, data_port, dfu_entry = none | vdm | by_outlet |
//                      by_hand, dfu_via (config/dfu_via.hpp), outlet, brick, charge_via = magsafe | usb_c_other |
//                      same_cable, usb_feed_W name = "S1-01..12" makes twelve slots; outlet = "left:1..12" and data_port
//                      likewise
//   [[infrastructure]] name, kind = controller_host | hub | switch | other, circuit, load_A
//
// The input of a PDU is a circuit of the PDU's name, a bank is "left/A", an outlet is "left:7".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/dfu_via.hpp"
#include "config/macs.hpp"
#include "config/reader/reader.hpp"
#include "controller/domain/room.hpp"

namespace greenroom {

struct RoomFile {
  std::optional<Room> room;           // only when no complaint is an error
  std::vector<Complaint> complaints;  // in the order of places; warnings among them
  std::vector<Place> pdus;            // where each [[pdu]] stands
  // By slot: how its DFU message is sent. Nothing: the file does not say.
  std::vector<std::optional<DfuVia>> dfu_vias;
};

// A file on disk, else an embedded one ("config/examples/returns-room.toml"). Chargers are those of config/bricks.toml.
RoomFile load_room(const std::string& path);
RoomFile load_room_text(std::string_view text, const std::string& file);

}  // namespace greenroom
