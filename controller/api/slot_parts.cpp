// Slots: who sits there, in which step, what it waits for, and what its outlet does.
#include <fmt/format.h>

#include <algorithm>

#include "controller/api/parts.hpp"
#include "controller/domain/power/views.hpp"
#include "controller/domain/visits/draft.hpp"

namespace greenroom::api {
namespace {

Json port_json(const RoomView& v, const PortView& p) {
  if (!p.present) return nullptr;
  return {{"mode", to_string(p.mode)},
          {"serial", text_or_null(p.serial)},
          {"ecid", p.ecid == 0 ? Json() : Json(fmt::format("0x{:x}", p.ecid))},
          {"age_ms", age_ms(v, p.since)}};
}

Json outlet_json(const RoomView& v, OutletId id) {
  const Outlet& o = v.setup.room.outlets[id.value];
  const OutletRecord& r = v.state.power.outlets[id.value];
  const OutletSense& s = v.senses.power.outlets[id.value];
  const bool fresh = state_fresh(v.setup.room, v.state.power, v.senses.power, id, v.now);
  const bool metered = draw_fresh(v.setup.room, v.state.power, v.senses.power, id, v.now);
  Json json{{"outlet", o.name}, {"circuit", v.setup.room.circuits[o.circuit.value].name}};
  json["state"] = fresh ? to_string(s.state) : std::string_view("unknown");
  json["age_ms"] = age_ms(v, s.state_began);
  json["current_A"] = metered && s.current ? amps(*s.current) : Json();
  json["power_W"] = metered && s.power ? Json(s.power->value()) : Json();
  json["nameplate_A"] = amps(o.nameplate);
  json["protected"] = r.lease.has_value();
  json["map_proven"] = map_proven(v.setup.room, v.setup.rules, v.state.power, id);
  json["locked_out_by"] = locks_above(v, id);
  json["waits_for"] = waits_json(why_outlet_waits(v, id));
  return json;
}

Json engine_json(const RoomView& v, const Visit& visit) {
  if (!visit.run.open()) return nullptr;
  Json json{{"effect", visit.run.effect},
            {"gate", visit.run.permitted ? "open"
                     : visit.run.refused ? "refused"
                                         : "shut"},
            {"age_ms", age_ms(v, visit.run.started)},
            {"stage", nullptr},
            {"percent", nullptr}};
  for (const EngineProgress& e : v.senses.visits.engines) {
    if (e.effect != visit.run.effect) continue;
    json["stage"] = text_or_null(e.stage);
    if (e.percent >= 0) json["percent"] = e.percent;
  }
  return json;
}

Json visit_json(const RoomView& v, const Visit& visit) {
  const Recipe& recipe = v.setup.catalogue.recipes[visit.recipe];
  Json json{{"visit", visit.id}, {"serial", visit.serial}};
  json["model"] = v.setup.catalogue.models[visit.model].name;
  json["batch"] = v.state.visits.batches[v.state.visits.expected[visit.expected].batch].name;
  json["recipe"] = recipe.id;
  json["step"] = to_string(recipe.steps[visit.step].kind);
  json["step_number"] = visit.step + 1;
  json["steps"] = recipe.steps.size();
  json["dfu_port"] = text_or_null(std::string(to_string(v.setup.catalogue.models[visit.model].dfu.port)));
  json["attempt"] = visit.attempt;
  json["bound_by"] = text_or_null(visit.bound_by);
  json["charge_percent"] = visit.percent < 0 ? Json() : Json(visit.percent);
  json["charge_age_ms"] = visit.percent < 0 ? Json() : age_ms(v, visit.percent_at);
  json["erased"] = visit.evidence.erased_confirmed;
  json["engine"] = engine_json(v, visit);
  return json;
}

}  // namespace

Json slot_json(const RoomView& v, SlotId id) {
  const Slot& slot = v.setup.room.slots[id.value];
  const SlotView& view = v.state.visits.slots[id.value];
  const SlotStanding s = standing_of(v, id);
  Json json{{"slot", slot.name}, {"bench", slot.bench}, {"kind", visits::kind_name(slot.kind)}, {"state", s.state}};
  json["waits_for"] = waits_json(s.waits_for);
  json["owner"] = text_or_null(s.owner);
  json["since"] = clock_time(v, s.since);
  json["since_ms"] = age_ms(v, s.since);
  json["deadline"] = clock_time(v, s.deadline);
  json["deadline_in_s"] = seconds_left(v, s.deadline);
  const Visit* visit = v.state.visits.visit(view.visit);
  json["visit"] = visit == nullptr ? Json() : visit_json(v, *visit);
  json["port"] = slot.data_port.empty() ? Json() : port_json(v, view.port);
  json["outlet"] = slot.outlet ? outlet_json(v, *slot.outlet) : Json();
  return json;
}

Json slots_json(const RoomView& v) {
  Json all = Json::array();
  for (std::uint32_t i = 0; i < v.setup.room.slots.size(); ++i) all.push_back(slot_json(v, SlotId{i}));
  return {{"slots", std::move(all)}};
}

}  // namespace greenroom::api
