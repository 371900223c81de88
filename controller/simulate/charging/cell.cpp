#include "controller/simulate/charging/cell.hpp"

#include <algorithm>

#include "controller/simulate/charging/needs.hpp"
#include "hw/base/random.hpp"

namespace greenroom::sim::charging {
namespace {

constexpr double low_voltage = 0.9;  // nameplates are taken there (R2)
constexpr double report_error = 0.03;

struct Builder {
  Room room;
  const CellSpec& spec;

  CircuitId circuit(std::string name, CircuitKind kind, std::optional<CircuitId> parent, double hard, double continuous) {
    Circuit c;
    c.name = std::move(name);
    c.kind = kind;
    c.parent = parent;
    c.hard = Amps::of(hard);
    c.continuous = Amps::of(continuous);
    c.nominal = Volts::of(spec.wiring.volts);
    c.dedicated = true;
    room.circuits.push_back(std::move(c));
    return CircuitId{static_cast<std::uint32_t>(room.circuits.size() - 1)};
  }

  void outlet(PduId pdu, std::uint16_t number, CircuitId on, const LaptopClass& of) {
    const std::uint32_t index = static_cast<std::uint32_t>(room.outlets.size());
    Slot s;
    s.name = "s" + std::to_string(index + 1);
    s.kind = SlotKind::shelf;
    s.outlet = OutletId{index};
    Outlet o;
    o.name = room.pdus[pdu.value].name + ":" + std::to_string(number);
    o.pdu = pdu;
    o.number = number;
    o.circuit = on;
    o.slot = SlotId{index};
    o.brick = of.name;
    o.brick_output = Watts::of(of.adapter_W);
    o.nameplate_nominal = Amps::of(of.nameplate_A(spec.wiring.volts));
    o.nameplate = Amps::of(of.nameplate_A(spec.wiring.volts * low_voltage));
    room.outlets.push_back(std::move(o));
    room.slots.push_back(std::move(s));
  }

  // A PDU on `on`, whose outlets hang on circuits of its own.
  PduId pdu(CircuitId on) {
    PduConfig p;
    p.name = "p" + std::to_string(room.pdus.size() + 1);
    p.circuit = on;
    p.power_on = PowerOnPolicy::all_off;
    p.supervise = spec.poll;
    room.pdus.push_back(std::move(p));
    return PduId{static_cast<std::uint32_t>(room.pdus.size() - 1)};
  }

  void metered(CircuitId c, PduId by, const char* bank) {
    room.circuits[c.value].meter_pdu = by;
    room.circuits[c.value].meter_bank = bank;
  }

  void single(const std::vector<const LaptopClass*>& dealt) {
    const Wiring& w = spec.wiring;
    const CircuitId branch =
        circuit("branch", CircuitKind::breaker, std::nullopt, spec.hard_is_soft ? w.continuous_A : w.hard_A, w.continuous_A);
    for (std::size_t first = 0; first < dealt.size(); first += bank_slots) {
      const PduId id = pdu(branch);
      const std::string& name = room.pdus[id.value].name;
      const CircuitId in = circuit(name + ".in", CircuitKind::pdu_input, branch, w.hard_A, w.hard_A);
      CircuitId low = in;
      for (std::size_t i = first; i < std::min(first + bank_slots, dealt.size()); ++i) {
        if (spec.bank_meter && (i - first) % 12 == 0) {
          const char* bank = i == first ? "A" : "B";
          low = circuit(name + "." + bank, CircuitKind::bank, in, w.hard_A, w.hard_A);
          metered(low, id, bank);
        }
        outlet(id, static_cast<std::uint16_t>(i - first + 1), low, *dealt[i]);
      }
    }
  }

  void wye(const std::vector<const LaptopClass*>& dealt) {
    const Wiring& w = spec.wiring;
    const std::array<std::string, 3> names{"L1", "L2", "L3"};
    std::vector<CircuitId> panel, phases;
    for (const std::string& n : names)
      panel.push_back(circuit("panel." + n, CircuitKind::panel, std::nullopt, w.panel_A, w.panel_A));
    for (std::size_t f = 0; f < w.feeds; ++f) {
      const std::string feed = "feed" + std::to_string(f + 1) + ".";
      for (std::size_t p = 0; p < 3; ++p)
        phases.push_back(circuit(feed + names[p], CircuitKind::breaker, panel[p], w.hard_A, w.continuous_A));
      const CircuitId n = circuit(feed + "N", CircuitKind::neutral, std::nullopt, w.hard_A, w.continuous_A);
      room.circuits[n.value].phases = {phases[3 * f], phases[3 * f + 1], phases[3 * f + 2]};
    }
    // Banks to feeds in turn, and within a feed to its phases in turn.
    for (std::size_t first = 0; first < dealt.size(); first += bank_slots) {
      const std::size_t b = first / bank_slots;
      const CircuitId phase = phases[3 * (b % w.feeds) + (b / w.feeds) % 3];
      const PduId id = pdu(phase);
      const CircuitId in = circuit(room.pdus[id.value].name + ".in", CircuitKind::pdu_input, phase, bank_A, bank_A);
      for (std::size_t i = first; i < std::min(first + bank_slots, dealt.size()); ++i)
        outlet(id, static_cast<std::uint16_t>(i - first + 1), in, *dealt[i]);
    }
  }
};

// Shares and times of what goes wrong in the suite `stress`: power facts 4c.
void trouble(Cell& cell, Random dice) {
  for (std::size_t i = 0; i < cell.seats.size(); ++i) {
    Seat& seat = cell.seats[i];
    const double kind = dice.uniform();
    if (kind < 0.05) seat.mac.health = 0.75;
    else if (kind < 0.08) seat.mac.dead_pack = true;
    else if (kind < 0.10) seat.mac.charge_limit = 0.80;
    else if (kind < 0.12) seat.mac.deep_discharged = true, seat.mac.charge = 0.0;
    // Half of them are there, the others come in trolleys of a quarter, 45 minutes apart.
    if (i % 2 == 1) seat.arrives = std::chrono::minutes{45 * static_cast<int>(1 + i % 4 / 2)};
    if (dice.chance(0.15)) seat.pinned = seconds_of(dice.uniform(900, 2700));
  }
}

}  // namespace

Cell make_cell(const CellSpec& spec) {
  const Random seeded(spec.seed);
  const auto dealt = deal(spec.mix, spec.wiring.slots, spec.seed);
  Builder b{{}, spec};
  b.room.name = spec.name;
  if (spec.wiring.feeds == 0) b.single(dealt);
  else b.wye(dealt);
  Cell cell{spec, std::move(b.room), {}};
  Random charges = seeded.stream("charge"), errors = seeded.stream("report");
  for (const LaptopClass* of : dealt) {
    Seat seat;
    seat.of = of;
    seat.mac = of->mac(charges.uniform(0.05, 0.60));
    seat.goal = spec.goal;
    seat.bias = errors.uniform(-report_error, report_error);
    cell.seats.push_back(std::move(seat));
  }
  if (spec.trouble) trouble(cell, seeded.stream("trouble"));
  if (spec.deadlines > 0) set_deadlines(cell, seeded.stream("waves"));
  return cell;
}

}  // namespace greenroom::sim::charging
