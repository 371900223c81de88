// What people do and ask: batches and their Macs, cases, chores, and how the room stands as a whole.
#include <algorithm>
#include <set>

#include "controller/api/parts.hpp"

namespace greenroom::api {
namespace {

// Where a row stands; the same division as tally(): packed, in_case, and the rest told apart.
std::string_view row_state(const RoomView& v, const ExpectedMac& e) {
  const Visit* visit = v.state.visits.visit(e.visit);
  if (visit != nullptr && visit->released == "packed") return "packed";
  const bool visit_held = visit != nullptr && visit->open_cases > 0 && (!visit->open || visit->state == StepState::held);
  if (e.open_cases > 0 || visit_held) return "in_case";
  if (visit == nullptr || !visit->open) return "expected";
  return visit->slot ? "working" : "under_way";
}

struct BatchTally {
  std::size_t macs{}, packed{}, in_case{}, working{}, expected{};
};

BatchTally tally_of(const RoomView& v, std::uint32_t batch) {
  BatchTally t;
  for (const ExpectedMac& e : v.state.visits.expected) {
    if (e.batch != batch) continue;
    ++t.macs;
    const std::string_view s = row_state(v, e);
    ++(s == "packed" ? t.packed : s == "in_case" ? t.in_case : s == "expected" ? t.expected : t.working);
  }
  return t;
}

Json batch_head(const RoomView& v, std::uint32_t i) {
  const Batch& b = v.state.visits.batches[i];
  const BatchTally t = tally_of(v, i);
  return {{"batch", b.name},
          {"due", clock_text(b.due)},
          {"due_in_s", std::chrono::floor<std::chrono::seconds>(b.due - v.wall).count()},
          {"macs", t.macs},
          {"packed", t.packed},
          {"in_cases", t.in_case},
          {"working", t.working},
          {"expected", t.expected}};
}

const Case* case_of_row(const RoomView& v, std::uint32_t row, const ExpectedMac& e) {
  for (const Case& c : v.state.visits.cases) {
    if (c.open && ((c.expected && *c.expected == row) || (e.visit != 0 && c.visit == e.visit))) return &c;
  }
  return nullptr;
}

Json row_json(const RoomView& v, std::uint32_t i) {
  const ExpectedMac& e = v.state.visits.expected[i];
  const Visit* visit = v.state.visits.visit(e.visit);
  const bool open = visit != nullptr && visit->open;
  Json json{{"row", e.row}, {"asset_tag", text_or_null(e.asset_tag)}, {"serial", text_or_null(e.serial)}};
  json["model"] = e.model ? Json(v.setup.catalogue.models[*e.model].name) : Json();
  json["state"] = row_state(v, e);
  json["visit"] = visit == nullptr ? Json() : Json(visit->id);
  json["slot"] = open && visit->slot ? Json(v.setup.room.slots[visit->slot->value].name) : Json();
  json["step"] = open ? Json(to_string(v.setup.catalogue.recipes[visit->recipe].steps[visit->step].kind)) : Json();
  if (open) {
    const SlotStanding s = standing_of(v, *visit);
    json["waits_for"] = waits_json(s.waits_for);
    json["owner"] = text_or_null(s.owner);
    json["deadline"] = clock_time(v, s.deadline);
  } else {
    const Case* c = row_state(v, e) == "in_case" ? case_of_row(v, i, e) : nullptr;
    json["waits_for"] = c == nullptr ? Json() : waits_json({"person", c->owner, c->words + " " + c->next});
    json["owner"] = c == nullptr ? Json() : Json(c->owner);
    json["deadline"] = c == nullptr ? Json() : clock_time(v, c->deadline);
  }
  json["proof"] = visit == nullptr ? Json() : text_or_null(visit->proof);
  return json;
}

Json case_json(const RoomView& v, const Case& c) {
  const Visit* visit = v.state.visits.visit(c.visit);
  Json json{{"case", c.number}, {"open", c.open}, {"about", c.subject}, {"reason", c.reason}};
  json["serial"] = visit == nullptr ? Json() : Json(visit->serial);
  json["slot"] = visit != nullptr && visit->slot ? Json(v.setup.room.slots[visit->slot->value].name) : Json();
  json["words"] = c.words;
  json["next"] = c.next;
  json["owner"] = c.owner;
  json["opened"] = clock_time(v, c.opened);
  json["age_ms"] = age_ms(v, c.opened);
  json["deadline"] = clock_time(v, c.deadline);
  json["deadline_in_s"] = seconds_left(v, c.deadline);
  return json;
}

Json slot_counts(const RoomView& v) {
  std::map<std::string, std::size_t> by_state{{"free", 0},  {"stranger", 0}, {"waiting", 0}, {"running", 0},
                                              {"hands", 0}, {"held", 0},     {"done", 0}};
  for (std::uint32_t i = 0; i < v.setup.room.slots.size(); ++i) ++by_state[standing_of(v, SlotId{i}).state];
  Json json{{"all", v.setup.room.slots.size()}};
  for (const auto& [state, count] : by_state) json[state] = count;
  return json;
}

Json service_json(const RoomView& v) {
  const Health& h = v.health;
  return {{"program", h.program},
          {"pid", h.pid},
          {"data", h.data},
          {"room_file", h.room_file},
          {"started", clock_text(h.started)},
          {"up_ms", std::chrono::duration_cast<std::chrono::milliseconds>(v.now - v.state.lifetime.started).count()},
          {"speed", h.speed},
          {"wall", clock_text(v.wall)}};
}

Json alarms_json(const RoomView& v) {
  Json alarms = Json::array();
  if (!v.health.journal_trouble.empty()) alarms.push_back("the journal: " + v.health.journal_trouble);
  for (const std::string& a : v.health.alarms) alarms.push_back(a);
  const Json power = power_json(v);
  for (const Json& job : power["to_do"]) {
    const auto& kind = job["kind"].get_ref<const std::string&>();
    if (kind == "tripped" || kind == "over" || kind == "silent" || kind == "read_only" || kind == "stuck")
      alarms.push_back(job["words"]);
  }
  return alarms;
}

}  // namespace

Json batches_json(const RoomView& v) {
  Json all = Json::array();
  for (std::uint32_t i = 0; i < v.state.visits.batches.size(); ++i) all.push_back(batch_head(v, i));
  return {{"batches", std::move(all)}};
}

Json batch_json(const RoomView& v, std::uint32_t batch) {
  Json json = batch_head(v, batch), rows = Json::array();
  for (std::uint32_t i = 0; i < v.state.visits.expected.size(); ++i) {
    if (v.state.visits.expected[i].batch == batch) rows.push_back(row_json(v, i));
  }
  json["rows"] = std::move(rows);
  return json;
}

Json cases_json(const RoomView& v, bool closed_too) {
  Json all = Json::array();
  for (const Case& c : v.state.visits.cases) {
    if (c.open || closed_too) all.push_back(case_json(v, c));
  }
  return {{"cases", std::move(all)}};
}

Json chores_json(const RoomView& v) {
  Json all = Json::array();
  for (const Chore& c : chores(v.context())) {
    all.push_back({{"visit", c.visit == 0 ? Json() : Json(c.visit)},
                   {"serial", text_or_null(c.serial)},
                   {"slot", text_or_null(c.slot)},
                   {"owner", to_string(c.owner)},
                   {"kind", c.kind},
                   {"case", c.number == 0 ? Json() : Json(c.number)},
                   {"to", text_or_null(c.to)},
                   {"words", c.words}});
  }
  return {{"chores", std::move(all)}};
}

Json status_json(const RoomView& v) {
  const Tally t = tally(v.state.visits);
  std::size_t answering = 0;
  for (std::uint32_t i = 0; i < v.setup.room.pdus.size(); ++i) answering += line_answers(v, PduId{i}) ? 1U : 0U;
  Json json{{"room", v.setup.room.name}, {"service", service_json(v)}};
  json["journal"] = {{"last_seq", v.health.durable},
                     {"chain", v.health.chain},
                     {"writes", v.health.journal_trouble.empty()},
                     {"trouble", text_or_null(v.health.journal_trouble)}};
  json["alarms"] = alarms_json(v);
  json["macs"] = {{"all", t.macs}, {"packed", t.packed}, {"in_cases", t.in_case}, {"unfinished", t.unfinished}};
  json["open_cases"] = t.open_cases;
  json["slots"] = slot_counts(v);
  json["pdus"] = {{"all", v.setup.room.pdus.size()}, {"answer", answering}};
  json["chores"] = chores(v.context()).size();
  return json;
}

}  // namespace greenroom::api
