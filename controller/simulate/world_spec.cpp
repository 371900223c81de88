#include "controller/simulate/world_spec.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>
#include <string>

#include "config/dialects.hpp"
#include "hw/pdu/dialect.hpp"

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

// The model that speaks this dialect: by the dialect's own id, since a file of one's own may have any name.
model::Device device_of(const PduConfig& pdu) {
  std::string id = pdu.dialect;
  if (const auto source = dialect_text(pdu)) {
    if (const LoadedDialect dialect = parse_dialect(source->text, source->file)) id = facts(*dialect).id;
  }
  if (id.find("mmp") != std::string::npos) return model::Device::mmp;
  if (id.find("rpc3") != std::string::npos) return model::Device::rpc3;
  return model::Device::rpc28;
}

model::PowerOn power_on_of(PowerOnPolicy policy) {
  if (policy == PowerOnPolicy::all_off) return model::PowerOn::all_off;
  if (policy == PowerOnPolicy::sequenced) return model::PowerOn::sequenced;
  return model::PowerOn::last_state;
}

void add_pdus(const Room& room, model::WorldSpec& spec) {
  for (const PduConfig& pdu : room.pdus) {
    model::PduSpec made;
    made.name = pdu.name;
    made.device = device_of(pdu);
    made.circuit = pdu.circuit;
    made.power_on = power_on_of(pdu.power_on);
    spec.pdus.push_back(std::move(made));
  }
  for (const Outlet& outlet : room.outlets) {
    // The RPC-28-NC's second bank feeds outlets 11 to 20 (its own status prints them so).
    const bool second = spec.pdus[outlet.pdu.value].device == model::Device::rpc28 && outlet.number > 10;
    spec.outlets.push_back({outlet.pdu, outlet.number, outlet.circuit, static_cast<std::uint8_t>(second ? 1 : 0)});
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
