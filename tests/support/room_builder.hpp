// Builds small rooms for tests in a few lines:
//
//   auto b = RoomBuilder{};                               // panel -> nothing else
//   auto branch = b.breaker("branch", 20.0);              // 20 A, continuous 16 A, below the panel, dedicated
//   auto left = b.pdu("left", branch, 8);                 // an input circuit "left.in", 8 outlets "left:1".."left:8"
//   b.slots("1", SlotKind::restore, left, 8);             // slots "1-01".. on those outlets, 140 W bricks
//   Room room = b.room;
#pragma once

#include <string>

#include "controller/domain/room.hpp"

namespace greenroom::test {

struct RoomBuilder {
  Room room;
  Volts nominal = Volts::of(120);
  double brick_W = 140, power_factor = 0.97;  // 16-inch; nameplate at 0.9 of nominal (rules.md R2)

  RoomBuilder() {
    room.name = "test room";
    circuit("panel", CircuitKind::panel, std::nullopt, 100, 80);
  }

  CircuitId circuit(const std::string& name, CircuitKind kind, std::optional<CircuitId> parent, double hard_A,
                    double continuous_A) {
    Circuit c;
    c.name = name;
    c.kind = kind;
    c.parent = parent;
    c.hard = Amps::of(hard_A);
    c.continuous = Amps::of(continuous_A);
    c.nominal = nominal;
    c.dedicated = true;
    room.circuits.push_back(c);
    return CircuitId{static_cast<std::uint32_t>(room.circuits.size() - 1)};
  }

  CircuitId breaker(const std::string& name, double rating_A) {
    return circuit(name, CircuitKind::breaker, CircuitId{0}, rating_A, 0.8 * rating_A);
  }

  // A PDU with one input circuit "NAME.in" (listed for the breaker's rating), metered by its bank "A".
  PduId pdu(const std::string& name, CircuitId on, std::uint16_t outlets, PowerOnPolicy policy = PowerOnPolicy::all_off) {
    const PduId id{static_cast<std::uint32_t>(room.pdus.size())};
    const Amps listed = room.circuits[on.value].hard;
    const CircuitId in = circuit(name + ".in", CircuitKind::pdu_input, on, listed.value(), listed.value());
    room.circuits[in.value].meter_pdu = id;
    room.circuits[in.value].meter_bank = "A";
    PduConfig p;
    p.name = name;
    p.dialect = "baytech";
    p.line = "model:" + name;
    p.circuit = on;
    p.power_on = policy;
    room.pdus.push_back(p);
    for (std::uint16_t n = 1; n <= outlets; ++n) room.outlets.push_back(outlet(name, id, n, in));
    return id;
  }

  Outlet outlet(const std::string& pdu_name, PduId id, std::uint16_t number, CircuitId on) const {
    Outlet o;
    o.name = pdu_name + ":" + std::to_string(number);
    o.pdu = id;
    o.number = number;
    o.circuit = on;
    o.brick = "apple-140W";
    o.brick_output = Watts::of(brick_W);
    const double wall_VA = brick_W / 0.90 / power_factor;
    o.nameplate = Amps::of(wall_VA / (0.9 * nominal.value()));
    o.nameplate_nominal = Amps::of(wall_VA / nominal.value());
    return o;
  }

  // One slot for each of the PDU's outlets that has none yet, `count` of them: "BENCH-01", "BENCH-02", ...
  void slots(const std::string& bench, SlotKind kind, PduId pdu, int count) {
    for (Outlet& o : room.outlets) {
      if (count == 0) return;
      if (o.pdu != pdu || o.slot) continue;
      Slot s;
      s.bench = bench;
      s.kind = kind;
      const std::string number = std::to_string(slots_of(bench) + 1);
      s.name = bench + "-" + (number.size() < 2 ? "0" : "") + number;
      if (kind == SlotKind::restore) {
        s.data_port = "host/" + bench + "-" + std::to_string(slots_of(bench) + 1);
        s.dfu_entry = DfuEntry::vdm;
      }
      s.outlet = OutletId{static_cast<std::uint32_t>(&o - room.outlets.data())};
      o.slot = SlotId{static_cast<std::uint32_t>(room.slots.size())};
      room.slots.push_back(s);
      --count;
    }
  }

  // A place without outlet or data port.
  SlotId table(const std::string& name) {
    Slot s;
    s.name = name;
    s.bench = name;
    s.kind = SlotKind::pack_table;
    room.slots.push_back(s);
    return SlotId{static_cast<std::uint32_t>(room.slots.size() - 1)};
  }

 private:
  [[nodiscard]] std::size_t slots_of(const std::string& bench) const {
    std::size_t n = 0;
    for (const Slot& s : room.slots) n += s.bench == bench ? 1 : 0;
    return n;
  }
};

// One 20 A / 120 V branch, as the demo room: "left" (8 restore slots) and "shelf" (12 shelf slots), a pack table.
inline Room small_room() {
  RoomBuilder b;
  const CircuitId branch = b.breaker("branch", 20);
  const PduId left = b.pdu("left", branch, 8);
  const PduId shelf = b.pdu("shelf", branch, 12);
  b.slots("1", SlotKind::restore, left, 8);
  b.slots("S", SlotKind::shelf, shelf, 12);
  b.table("pack");
  return b.room;
}

}  // namespace greenroom::test
