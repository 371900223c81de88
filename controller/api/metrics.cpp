#include "controller/api/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <initializer_list>
#include <map>
#include <utility>
#include <vector>

#include "controller/api/parts.hpp"

namespace greenroom {
namespace {

using api::Json;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;
using Families = std::vector<MetricFamily>;

// Every number of a circuit or PDU as GET circuits and pdus tell it: the metric, its meaning, the member it is read from.
struct Column {
  const char* name;
  const char* help;
  const char* member;
  double scale{1};
};

constexpr std::array circuit_columns{
    Column{"greenroom_circuit_measured_amperes", "Current as the circuit's own meter read it last.", "reading_A"},
    Column{"greenroom_circuit_present_amperes", "Current now as far as it is known, and nameplate for what is not.",
           "present_A"},
    Column{"greenroom_circuit_reserve_amperes", "Set aside for outlets that may jump to their nameplate.", "reserve_A"},
    Column{"greenroom_circuit_committed_amperes", "Present and reserve; kept at or below the hard limit.", "hard_sum_A"},
    Column{"greenroom_circuit_expected_amperes",
           "Current that is expected, kept below the continuous limit over 10 minutes.", "soft_sum_A"},
    Column{"greenroom_circuit_mean_amperes", "Mean of the last 10 minutes.", "mean_10_min_A"},
    Column{"greenroom_circuit_protected_amperes", "Nameplate of the outlets that must not open now.", "protected_A"},
    Column{"greenroom_circuit_hard_limit_amperes", "The limit in force that is not exceeded at any time.", "hard_limit_A"},
    Column{"greenroom_circuit_continuous_limit_amperes", "The limit in force of the 10-minute mean.", "continuous_limit_A"},
    Column{"greenroom_circuit_foreign_reserve_amperes", "Set aside for loads that nobody declared.", "foreign_reserve_A"},
    Column{"greenroom_circuit_load_unknown", "1 while some load below counts at nameplate because it is not known.",
           "unknown_load"},
    Column{"greenroom_circuit_outlets_waiting", "Outlets that are wanted on and wait for room on this circuit.",
           "outlets_waiting_for_it"}};

constexpr std::array pdu_columns{
    Column{"greenroom_pdu_up", "1 while the PDU answers and its identity is proven.", "answers"},
    Column{"greenroom_pdu_reading_age_seconds", "Age of its last reading; absent before the first.", "reading_age_ms", 1e-3},
    Column{"greenroom_pdu_read_only", "1 while it is only read, because somebody else switches it.", "read_only"}};

MetricFamily family(const char* name, const char* help, MetricType type = MetricType::Gauge) {
  MetricFamily f;
  f.name = name;
  f.help = help;
  f.type = type;
  return f;
}

// A number or a flag; nothing for what is null.
void add(MetricFamily& f, Labels labels, const Json& value, double scale = 1) {
  if (!value.is_number() && !value.is_boolean()) return;
  const double number = value.is_boolean() ? (value.get<bool>() ? 1 : 0) : value.get<double>() * scale;
  ClientMetric metric;
  metric.label = std::move(labels);
  (f.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = number;
  f.metric.push_back(std::move(metric));
}

void add_single(Families& all, const char* name, const char* help, const Json& value, double scale = 1,
                MetricType type = MetricType::Gauge) {
  all.push_back(family(name, help, type));
  add(all.back(), {}, value, scale);
}

// One family for each column, one line in it for each element of the listing.
template <std::size_t N>
void add_columns(Families& all, const std::array<Column, N>& columns, const Json& listing, const char* label) {
  for (const Column& c : columns) {
    MetricFamily f = family(c.name, c.help);
    for (const Json& each : listing) add(f, {{label, each[label].get<std::string>()}}, each[c.member], c.scale);
    all.push_back(std::move(f));
  }
}

// The members of an object, by one label: {"packed":3,"in_cases":1} -> {state="packed"} 3 ..
void add_members(Families& all, const char* name, const char* help, const char* label, const Json& object,
                 std::initializer_list<const char*> members) {
  MetricFamily f = family(name, help);
  for (const char* member : members) add(f, {{label, member}}, object[member]);
  all.push_back(std::move(f));
}

// How many of a listing belong to each owner: all owners, so that a graph falls to 0 and does not end.
void add_by_owner(Families& all, const char* name, const char* help, const Json& listing) {
  std::map<std::string, std::size_t> count;
  for (int i = 0; i <= static_cast<int>(Owner::auditor); ++i) count[std::string(to_string(static_cast<Owner>(i)))] = 0;
  for (const Json& each : listing) ++count[each["owner"].get<std::string>()];
  MetricFamily f = family(name, help);
  for (const auto& [owner, number] : count) add(f, {{"owner", owner}}, number);
  all.push_back(std::move(f));
}

void add_circuit_states(Families& all, const Json& circuits) {
  MetricFamily f = family("greenroom_circuit_state", "1 for the state that the circuit is in.");
  for (const Json& c : circuits) {
    for (const char* state : {"in_use", "locked_out", "lost", "tripped"})
      add(f, {{"circuit", c["circuit"].get<std::string>()}, {"state", state}}, c["state"] == state);
  }
  all.push_back(std::move(f));
}

// The tree, to join the numbers with: a sum over circuits of different levels counts every ampere more than once.
void add_circuit_tree(Families& all, const Json& circuits) {
  MetricFamily f = family("greenroom_circuit_info", "Always 1; what a circuit is and which one feeds it.");
  for (const Json& c : circuits) {
    add(f,
        {{"circuit", c["circuit"].get<std::string>()},
         {"kind", c["kind"].get<std::string>()},
         {"parent", c["parent"].is_null() ? std::string() : c["parent"].get<std::string>()}},
        1);
  }
  all.push_back(std::move(f));
}

void add_outlets(Families& all, const Json& pdus) {
  MetricFamily f = family("greenroom_outlets", "Outlets by what was read of them; unknown: nothing fresh.");
  for (const Json& p : pdus) {
    for (const char* state : {"on", "off", "unknown"})
      add(f, {{"pdu", p["pdu"].get<std::string>()}, {"state", state}}, p[std::string("outlets_") + state]);
  }
  all.push_back(std::move(f));
}

void add_room(Families& all, const RoomView& v) {
  const Json status = api::status_json(v);
  add_members(all, "greenroom_slots", "Slots by state.", "state", status["slots"],
              {"free", "stranger", "waiting", "running", "hands", "held", "done"});
  add_members(all, "greenroom_macs", "Macs of all batches by where they stand.", "state", status["macs"],
              {"packed", "in_cases", "unfinished"});
  add_single(all, "greenroom_alarms", "Things that a person must look at.", status["alarms"].size());
  add_single(all, "greenroom_journal_facts_total", "Facts that are durable: the number of the last one.",
             status["journal"]["last_seq"], 1, MetricType::Counter);
  add_single(all, "greenroom_journal_up", "1 while facts can be recorded; while it is 0, nothing is begun that needs one.",
             status["journal"]["writes"]);
  add_single(all, "greenroom_uptime_seconds", "Room time since the service started.", status["service"]["up_ms"], 1e-3);
  add_single(all, "greenroom_speed_ratio", "Room seconds in a real one; 1 but for model rooms.", v.health.speed);
  all.push_back(family("greenroom_build_info", "Always 1; the program and the room."));
  add(all.back(), {{"program", v.health.program}, {"room", v.setup.room.name}}, 1);
}

}  // namespace

std::string metrics_text(const RoomView& v) {
  const Json circuits = api::circuits_json(v), pdus = api::pdus_json(v), power = api::power_json(v);
  Families all;
  add_columns(all, circuit_columns, circuits["circuits"], "circuit");
  add_circuit_states(all, circuits["circuits"]);
  add_circuit_tree(all, circuits["circuits"]);
  add_columns(all, pdu_columns, pdus["pdus"], "pdu");
  add_outlets(all, pdus["pdus"]);
  add_single(all, "greenroom_outlets_protected", "Outlets that must not open now.", power["protected"].size());
  add_by_owner(all, "greenroom_open_cases", "Open cases by who sees to them.", api::cases_json(v, false)["cases"]);
  add_by_owner(all, "greenroom_chores", "What people should do now, by whom.", api::chores_json(v)["chores"]);
  add_room(all, v);
  // A family without a value would be a heading over nothing.
  std::erase_if(all, [](const MetricFamily& f) { return f.metric.empty(); });
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace greenroom
