// Circuits, PDUs, and what a facilities person must see to.
#include <algorithm>

#include "controller/api/parts.hpp"
#include "controller/domain/power/views.hpp"

namespace greenroom::api {
namespace {

constexpr std::string_view kind_of(CircuitKind k) {
  switch (k) {
    case CircuitKind::panel: return "panel";
    case CircuitKind::breaker: return "breaker";
    case CircuitKind::pdu_input: return "pdu_input";
    case CircuitKind::bank: return "bank";
    case CircuitKind::neutral: return "neutral";
  }
  return "breaker";
}

// Outlets below that are read on, read off, and not known.
struct Below {
  std::size_t on{}, off{}, unknown{}, protected_{}, waiting{};
};

void count(const RoomView& v, std::uint32_t outlet, Below& b) {
  const bool fresh = state_fresh(v.setup.room, v.state.power, v.senses.power, OutletId{outlet}, v.now);
  const Sensed s = v.senses.power.outlets[outlet].state;
  ++(fresh && s == Sensed::on ? b.on : fresh && s == Sensed::off ? b.off : b.unknown);
  if (v.state.power.outlets[outlet].lease) ++b.protected_;
}

Below below(const RoomView& v, std::uint32_t circuit) {
  Below b;
  for (const std::uint32_t o : v.senses.power.tree.outlets_below(circuit)) count(v, o, b);
  for (const OutletRecord& r : v.state.power.outlets) b.waiting += r.waits_circuit == v.setup.room.circuits[circuit].name;
  return b;
}

// Only what was planned since the start is known; before, a circuit is unknown in every number.
void add_load(Json& json, const CircuitLoad* load, const Circuit& circuit, const CircuitRecord& record) {
  const Amps hard = record.limit ? std::min(circuit.hard, *record.limit) : circuit.hard;
  const Amps soft = record.limit ? std::min(circuit.continuous, *record.limit) : circuit.continuous;
  json["reading_A"] = load != nullptr && load->reading ? amps(*load->reading) : Json();
  json["present_A"] = load == nullptr ? Json() : amps(load->present);
  json["reserve_A"] = load == nullptr ? Json() : amps(load->reserve);
  json["hard_sum_A"] = load == nullptr ? Json() : amps(load->present + load->reserve);
  json["hard_limit_A"] = amps(load == nullptr ? hard : load->hard_limit);
  json["soft_sum_A"] = load == nullptr ? Json() : amps(load->expected);
  json["mean_10_min_A"] = load == nullptr ? Json() : Json(static_cast<double>(std::llround(load->mean_A * 1000)) / 1000);
  json["continuous_limit_A"] = amps(load == nullptr ? soft : load->soft_limit);
  json["protected_A"] = load == nullptr ? Json() : amps(load->leased);
  json["unknown_load"] = load == nullptr || load->unknown;
}

Json circuit_json(const RoomView& v, std::uint32_t i) {
  const Circuit& circuit = v.setup.room.circuits[i];
  const CircuitRecord& record = v.state.power.circuits[i];
  const auto& loads = v.senses.power.memory.loads;
  Json json{{"circuit", circuit.name}, {"kind", kind_of(circuit.kind)}};
  json["parent"] = circuit.parent ? Json(v.setup.room.circuits[circuit.parent->value].name) : Json();
  json["band"] = i < loads.size() ? std::string_view(record.band) : std::string_view("unknown");
  json["state"] = record.lost ? (record.needs_person ? "tripped" : "lost") : record.locked ? "locked_out" : "in_use";
  add_load(json, i < loads.size() ? &loads[i] : nullptr, circuit, record);
  json["lowered_to_A"] = record.limit ? amps(*record.limit) : Json();
  json["foreign_reserve_A"] = amps(circuit.foreign_reserve);
  json["meter"] =
      circuit.meter_pdu ? Json(v.setup.room.pdus[circuit.meter_pdu->value].name + ":" + circuit.meter_bank) : Json();
  json["meter_age_ms"] = circuit.meter_pdu ? age_ms(v, v.senses.power.circuits[i].began) : Json();
  const Below b = below(v, i);
  json["outlets_on"] = b.on;
  json["outlets_off"] = b.off;
  json["outlets_unknown"] = b.unknown;
  json["outlets_protected"] = b.protected_;
  json["outlets_waiting_for_it"] = b.waiting;
  return json;
}

std::vector<std::string> outlets_of(const RoomView& v, PduId pdu, bool OutletRecord::*flag) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < v.setup.room.outlets.size(); ++i) {
    if (v.setup.room.outlets[i].pdu == pdu && v.state.power.outlets[i].*flag) names.push_back(v.setup.room.outlets[i].name);
  }
  return names;
}

Json pdu_json(const RoomView& v, std::uint32_t i) {
  const PduConfig& pdu = v.setup.room.pdus[i];
  const PduRecord& record = v.state.power.pdus[i];
  const PduSense& sense = v.senses.power.pdus[i];
  Below b;
  for (std::uint32_t o = 0; o < v.setup.room.outlets.size(); ++o) {
    if (v.setup.room.outlets[o].pdu.value == i) count(v, o, b);
  }
  Json json{{"pdu", pdu.name}, {"dialect", pdu.dialect}, {"line", pdu.line}};
  json["circuit"] = v.setup.room.circuits[pdu.circuit.value].name;
  json["model"] = text_or_null(record.model);
  json["identity"] = text_or_null(record.identity);
  json["identity_proven"] = record.known;
  json["answers"] = line_answers(v, PduId{i});
  json["line_state"] = line_words(v, PduId{i});
  json["reading_age_ms"] = age_ms(v, sense.last_read);
  json["read_only"] = record.read_only;
  json["locked_out"] = record.locked;
  json["switched_on_by_others"] = outlets_of(v, PduId{i}, &OutletRecord::foreign_on);
  json["switched_off_by_others"] = outlets_of(v, PduId{i}, &OutletRecord::foreign_off);
  json["outlets_on"] = b.on;
  json["outlets_off"] = b.off;
  json["outlets_unknown"] = b.unknown;
  return json;
}

// One thing that facilities must see to: what it is about, what happened, and the command that says it is done.
Json job(std::string_view kind, const std::string& about, std::string words, std::string command) {
  return {{"kind", kind}, {"about", about}, {"words", std::move(words)}, {"command", text_or_null(command)}};
}

void add_circuit_jobs(const RoomView& v, Json& jobs) {
  for (std::uint32_t i = 0; i < v.setup.room.circuits.size(); ++i) {
    const std::string& name = v.setup.room.circuits[i].name;
    const CircuitRecord& c = v.state.power.circuits[i];
    if (c.lost && c.needs_person)
      jobs.push_back(job("tripped", name, "circuit " + name + " tripped: find out why, reset the breaker, then say so",
                         "restore_circuit " + name));
    else if (c.lost)
      jobs.push_back(job("lost", name, "circuit " + name + " has no power; it goes on when its PDUs answer", {}));
    if (c.locked) jobs.push_back(job("locked_out", name, "circuit " + name + " is locked out", "clear_lock " + name));
    if (c.limit)
      jobs.push_back(job("lowered", name, "the limit of circuit " + name + " was lowered", "limit " + name + " 0"));
    if (c.band == "critical") jobs.push_back(job("over", name, "circuit " + name + " is above its hard limit", {}));
  }
}

void add_pdu_jobs(const RoomView& v, Json& jobs) {
  for (std::uint32_t i = 0; i < v.setup.room.pdus.size(); ++i) {
    const std::string& name = v.setup.room.pdus[i].name;
    const PduRecord& p = v.state.power.pdus[i];
    if (!line_answers(v, PduId{i})) jobs.push_back(job("silent", name, "PDU " + name + ": " + line_words(v, PduId{i}), {}));
    if (p.read_only)
      jobs.push_back(job("read_only", name, "PDU " + name + " is switched by somebody else: it is only read until that ends",
                         "clear_read_only " + name));
    if (p.locked) jobs.push_back(job("locked_out", name, "PDU " + name + " is locked out", "clear_lock " + name));
  }
}

void add_outlet_jobs(const RoomView& v, Json& jobs) {
  for (std::uint32_t i = 0; i < v.setup.room.outlets.size(); ++i) {
    const Outlet& outlet = v.setup.room.outlets[i];
    const OutletRecord& o = v.state.power.outlets[i];
    const std::string& name = outlet.name;
    const std::string slot = outlet.slot ? v.setup.room.slots[outlet.slot->value].name : std::string();
    if (o.locked) jobs.push_back(job("locked_out", name, "outlet " + name + " is locked out", "clear_lock " + name));
    if (o.foreign_on)
      jobs.push_back(job("switched_on", name, "somebody else switched outlet " + name + " on; it counts at nameplate", {}));
    if (o.foreign_off)
      jobs.push_back(job("switched_off", name, "somebody else switched outlet " + name + " off; it stays off",
                         slot.empty() ? "clear_lock " + name : "prove_map " + name + " " + slot));
    if (!o.proven && !slot.empty())
      jobs.push_back(job("unproven", name, "it is not proven that outlet " + name + " feeds slot " + slot,
                         "prove_map " + name + " " + slot));
    if (o.failed_closes >= 3 || o.failed_opens >= 3)
      jobs.push_back(job("stuck", name, "outlet " + name + " does not switch " + (o.failed_opens >= 3 ? "off" : "on"), {}));
  }
}

}  // namespace

Json circuits_json(const RoomView& v) {
  Json all = Json::array();
  for (std::uint32_t i = 0; i < v.setup.room.circuits.size(); ++i) all.push_back(circuit_json(v, i));
  return {{"circuits", std::move(all)}};
}

Json pdus_json(const RoomView& v) {
  Json all = Json::array();
  for (std::uint32_t i = 0; i < v.setup.room.pdus.size(); ++i) all.push_back(pdu_json(v, i));
  return {{"pdus", std::move(all)}};
}

Json power_json(const RoomView& v) {
  Json jobs = Json::array(), guarded = Json::array();
  add_circuit_jobs(v, jobs);
  add_pdu_jobs(v, jobs);
  add_outlet_jobs(v, jobs);
  for (std::uint32_t i = 0; i < v.setup.room.outlets.size(); ++i) {
    const OutletRecord& o = v.state.power.outlets[i];
    if (!o.lease) continue;
    const Visit* visit = v.state.visits.visit(*o.lease);
    guarded.push_back({{"outlet", v.setup.room.outlets[i].name},
                       {"visit", *o.lease},
                       {"serial", visit == nullptr ? Json() : Json(visit->serial)}});
  }
  return {{"to_do", std::move(jobs)}, {"protected", std::move(guarded)}};
}

}  // namespace greenroom::api
