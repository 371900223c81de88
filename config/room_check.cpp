#include <fmt/format.h>

#include <algorithm>

#include "config/room_draft.hpp"
#include "hw/serial/line_url.hpp"

namespace greenroom::draft {
namespace {

CircuitId id_of(std::size_t i) { return CircuitId{static_cast<std::uint32_t>(i)}; }

bool survives_return_of_power(const PduConfig& p) {
  return p.power_on == PowerOnPolicy::all_off || p.power_on == PowerOnPolicy::sequenced;
}

// R3: a PDU's meter cannot see load upstream of it, so a branch has a meter of its own, or nothing else on it, or a reserve.
void check_foreign_load(const RoomDraft& d) {
  for (std::size_t i = 0; i < d.room.circuits.size(); ++i) {
    const Circuit& c = d.room.circuits[i];
    const bool branch =
        c.kind == CircuitKind::breaker &&
        std::any_of(d.room.pdus.begin(), d.room.pdus.end(), [&](const PduConfig& p) { return p.circuit == id_of(i); });
    if (!branch || c.meter_pdu || c.dedicated || c.foreign_reserve > Amps{}) continue;
    d.circuits[i].complain(
        fmt::format("branch {} may carry load that no PDU meter sees: give it a \"meter\" upstream, or \"dedicated = "
                    "true\", or \"foreign_reserve_A\"",
                    quoted(c.name)));
  }
}

// R8: what closes by itself when power returns closes all at once.
void check_return_of_power(const RoomDraft& d) {
  for (std::size_t i = 0; i < d.room.circuits.size(); ++i) {
    const Circuit& c = d.room.circuits[i];
    if (c.kind != CircuitKind::breaker) continue;
    Amps sum;
    std::vector<std::string> names;
    const Table* last = nullptr;
    for (std::size_t p = 0; p < d.room.pdus.size(); ++p) {
      const PduConfig& pdu = d.room.pdus[p];
      if (survives_return_of_power(pdu) || !below(d.room, pdu.circuit, id_of(i))) continue;
      for (const Outlet& o : d.room.outlets) {
        if (o.pdu.value == p) sum += o.nameplate;
      }
      names.push_back(pdu.name);
      last = &d.pdus[p];
    }
    if (last == nullptr || sum <= c.hard) continue;
    last->complain(
        "power_on",
        fmt::format("{} A of nameplate below {} would all close when power returns, above its {} A: set power_on of {} to "
                    "\"all_off\" on the device and here, or plug in less",
                    sum.value(), quoted(c.name), c.hard.value(), fmt::join(names, " and ")));
  }
}

Amps set_aside(const RoomDraft& d, CircuitId c) {
  Amps sum = d.room.circuits[c.value].foreign_reserve;
  for (const Infrastructure& i : d.room.infrastructure) {
    if (i.circuit && below(d.room, *i.circuit, c)) sum += i.load;
  }
  return sum;
}

// R1: a lease needs the nameplates of all protected slots under every continuous limit above. Leases hold the sum at run
// time; but a slot that fits nowhere alone would wait for ever.
void check_leases(const RoomDraft& d) {
  std::vector<Amps> sums(d.room.circuits.size());
  for (std::size_t s = 0; s < d.room.slots.size(); ++s) {
    const Slot& slot = d.room.slots[s];
    if (slot.kind != SlotKind::restore || !slot.outlet) continue;
    const Outlet& o = d.room.outlets[slot.outlet->value];
    for (const CircuitId c : upward(d.room, o.circuit)) {
      if (d.room.circuits[c.value].hard == Amps{}) continue;  // told where it stands
      sums[c.value] += o.nameplate;
      const Amps room_for = d.room.circuits[c.value].continuous - set_aside(d, c);
      if (o.nameplate <= room_for) continue;
      d.slots[s].complain("brick", fmt::format("slot {} can never be protected: its nameplate is {} A, and {} allows {} A",
                                               quoted(slot.name), o.nameplate.value(), quoted(d.room.circuits[c.value].name),
                                               room_for.value()));
      break;
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const Amps room_for = d.room.circuits[i].continuous - set_aside(d, id_of(i));
    if (sums[i] <= room_for) continue;
    d.doc.warn(d.circuits[i].place(), fmt::format("the restore slots below {} have {} A of nameplate and it allows {} A: "
                                                  "they will never all be protected at once, some wait",
                                                  quoted(d.room.circuits[i].name), sums[i].value(), room_for.value()));
  }
}

void check_lines(const RoomDraft& d) {
  for (std::size_t i = 0; i < d.room.pdus.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto one = parse_line_url(d.room.pdus[i].line), other = parse_line_url(d.room.pdus[j].line);
      if (!one || !other || !same_place(*one, *other)) continue;
      d.pdus[i].complain("line", fmt::format("pdu {} and pdu {} have the same line", quoted(d.room.pdus[i].name),
                                             quoted(d.room.pdus[j].name)));
    }
  }
}

}  // namespace

void check_room(RoomDraft& d) {
  check_foreign_load(d);
  check_return_of_power(d);
  check_leases(d);
  check_lines(d);
}

}  // namespace greenroom::draft
