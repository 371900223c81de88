#include "controller/simulate/world_spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>
#include <string>

#include "controller/simulate/load_dialect.hpp"
#include "hw/model/device_face.hpp"
#include "hw/serial/line_url.hpp"

namespace greenroom::sim {
namespace {

using model::CircuitSpec;
using model::MacSpec;

// bcdDevice of a booted Mac is BCD of its model number: 0x1701 for "17,1" (macs facts 1.1).
std::uint16_t bcd_of(const std::string& product_type) {
  unsigned major = 0;
  unsigned minor = 0;
  const auto digit = product_type.find_first_of("0123456789");
  const auto comma = product_type.find(',');
  if (digit == std::string::npos || comma == std::string::npos) return 0;
  std::from_chars(product_type.data() + digit, product_type.data() + comma, major);
  std::from_chars(product_type.data() + comma + 1, product_type.data() + product_type.size(), minor);
  const auto bcd = [](unsigned n) { return ((n / 10 % 10) << 4U) | (n % 10); };
  return static_cast<std::uint16_t>((bcd(major) << 8U) | bcd(minor));
}

std::vector<CircuitSpec> circuits_of(const Room& room) {
  std::vector<CircuitSpec> circuits;
  for (const Circuit& c : room.circuits) {
    CircuitSpec spec;
    spec.name = c.name;
    spec.parent = c.parent;
    spec.hard = c.hard;
    spec.continuous = c.continuous;
    // A breaker trips at the fast edge of its standard; 100 to 127 V rooms have UL breakers, others IEC.
    if (c.kind == CircuitKind::breaker)
      spec.edge = c.nominal < Volts::of(150) ? model::Edge::ul_fast : model::Edge::iec_fast;
    // A dedicated branch promises that nothing else hangs there; the heater that somebody plugs in all the same is the
    // fault we want to survive, so it may appear on every breaker that feeds a PDU.
    spec.foreign_most = c.kind == CircuitKind::breaker ? Amps::of(6) : Amps{};
    circuits.push_back(std::move(spec));
  }
  for (const Infrastructure& thing : room.infrastructure) {
    if (thing.circuit) circuits[thing.circuit->value].base += thing.load;
  }
  return circuits;
}

model::PowerOn power_on_of(PowerOnPolicy policy) {
  if (policy == PowerOnPolicy::all_off) return model::PowerOn::all_off;
  if (policy == PowerOnPolicy::sequenced) return model::PowerOn::sequenced;
  return model::PowerOn::last_state;
}

// A model that speaks the dialect has the dialect's own id, whatever the name of the file that the room gives. A PDU that
// has none stays the usual device: can_model refuses such a room before it runs.
void add_pdus(const Room& room, model::WorldSpec& spec) {
  std::vector<DialectFacts> known(room.pdus.size());
  for (std::uint32_t p = 0; p < room.pdus.size(); ++p) {
    const PduConfig& pdu = room.pdus[p];
    model::PduSpec made;
    made.name = pdu.name;
    made.circuit = pdu.circuit;
    made.power_on = power_on_of(pdu.power_on);
    known[p].first = 1;
    const auto dialect = load_dialect(room, PduId{p});
    const model::DeviceForm* form = dialect ? model::form_named(facts(*dialect).id) : nullptr;
    if (form != nullptr) {
      known[p] = facts(*dialect);
      made.device = form->device;
      const auto line = parse_line_url(pdu.line);  // else as the device comes from its factory
      made.baud = line && line->baud > 0 ? static_cast<int>(line->baud) : form->baud;
      made.outlets = known[p].outlets();
    }
    spec.pdus.push_back(std::move(made));
  }
  for (const Outlet& outlet : room.outlets) {
    // Which of the device's meters sees it: as the dialect says, for the room counts on that; else as such devices share.
    const DialectFacts& d = known[outlet.pdu.value];
    const auto at = std::find_if(d.banks.begin(), d.banks.end(),
                                 [&](const Bank& b) { return b.first <= outlet.number && outlet.number <= b.last; });
    auto bank = static_cast<std::uint8_t>(at - d.banks.begin());
    if (at == d.banks.end())
      bank = d.count == 0 ? 0 : model::bank_of(spec.pdus[outlet.pdu.value].device, d.index(outlet.number), d.outlets());
    const auto number = static_cast<std::uint16_t>(outlet.number - d.first + 1);  // a model counts from 1
    spec.outlets.push_back({outlet.pdu, number, outlet.circuit, bank});
  }
}

// As it stands on the machine, whatever the list's case: Apple prints capitals.
std::string printed(std::string serial) {
  std::transform(serial.begin(), serial.end(), serial.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return serial;
}

// A 14- or 16-inch charges at 1C with the knee at 80 %; the 13-inch Pro at 0.9 C with the knee at 78 % (power facts 2.2).
MacSpec mac_of(const MacModel* model, const ExpectedRow& row, Random& random) {
  MacSpec mac;
  mac.model = model ? model->product_type : "unknown";
  mac.ecid = 0x000C000000000000ULL | (random.next() & 0x0000FFFFFFFFFFFFULL);
  mac.label = printed(row.serial);
  mac.serial = mac.label;
  std::erase_if(mac.serial, [](unsigned char c) { return std::isalnum(c) == 0; });
  mac.charge = random.uniform(0.05, 0.60);
  const double aged = random.uniform();
  if (aged < 0.05) mac.health = 0.75;  // mix M4: one in twenty is an aged pack
  if (!model) {
    mac.capacity = WattHours::of(50);
    mac.input_most = Watts::of(60);
    mac.chip = 0x8103;
    return mac;
  }
  mac.family = model->family == "T2" ? model::Family::t2 : model::Family::apple_silicon;
  if (!model->chip_boards.empty()) {
    mac.chip = static_cast<std::uint16_t>(model->chip_boards.front() >> 8U);
    mac.board = static_cast<std::uint8_t>(model->chip_boards.front() & 0xFFU);
  }
  mac.bcd = bcd_of(model->product_type);
  mac.battery = !model->desktop;
  mac.capacity = WattHours::of(model->battery_Wh);
  mac.input_most = Watts::of(model->brick_W);
  if (model->name.find("13-inch") != std::string::npos && model->name.find("Pro") != std::string::npos) {
    mac.c_rate = 0.9;
    mac.knee = 0.78;
  }
  mac.idle = Watts::of(model->desktop ? 8.0 : 3.0);
  return mac;
}

bool same_word(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

Result<void> can_model(const Room& room) {
  for (std::uint32_t p = 0; p < room.pdus.size(); ++p) {
    const std::string pdu = "pdu " + room.pdus[p].name;
    const auto dialect = load_dialect(room, PduId{p});
    if (!dialect) return fail(dialect.error().within(pdu));
    if (model::form_named(facts(*dialect).id) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const model::DeviceForm& f : model::device_forms()) known.push_back(f.id);
    return fail(Errc::usage, fmt::format("{}: there is no model of a \"{}\"; there are: {}. Name one of these to simulate "
                                         "the room; on a real line greenroom serve runs it as it is",
                                         pdu, facts(*dialect).id, fmt::join(known, ", ")));
  }
  return {};
}

model::FaultEnvelope envelope_of(FaultLevel level) {
  switch (level) {
    case FaultLevel::none: return model::FaultEnvelope::none();
    case FaultLevel::some: return model::FaultEnvelope::some();
    case FaultLevel::all: return model::FaultEnvelope::all();
  }
  return model::FaultEnvelope::none();
}

const MacModel* model_of(const Catalogue& catalogue, const ExpectedRow& row) {
  for (const MacModel& model : catalogue.models) {
    if (same_word(model.name, row.model)) return &model;
  }
  for (const MacModel& model : catalogue.models) {
    for (const std::string& number : model.model_numbers) {
      if (same_word(number, row.model_number)) return &model;
    }
  }
  return nullptr;
}

WorldPlan plan_world(const Room& room, const Catalogue& catalogue, const std::vector<ExpectedRow>& rows,
                     const Random& seed) {
  WorldPlan plan;
  plan.spec.nominal = room.circuits.empty() ? Volts::of(120) : room.circuits.front().nominal;
  plan.spec.circuits = circuits_of(room);
  add_pdus(room, plan.spec);
  for (const Slot& slot : room.slots) {
    model::PlaceSpec place;
    place.name = slot.name;
    place.data_port = slot.data_port;
    place.outlet = slot.outlet;
    if (slot.outlet) place.brick = room.outlets[slot.outlet->value].brick_output;
    plan.spec.places.push_back(std::move(place));
  }
  Random random = seed.stream("macs");
  std::set<std::string> serials;
  for (const ExpectedRow& row : rows) {
    RowMac made{row, std::nullopt};
    if (serials.insert(printed(row.serial)).second) {
      made.mac = model::MacId{static_cast<std::uint32_t>(plan.spec.macs.size())};
      plan.spec.macs.push_back(mac_of(model_of(catalogue, row), row, random));
    }
    plan.rows.push_back(std::move(made));
  }
  return plan;
}

}  // namespace greenroom::sim
