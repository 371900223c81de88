#include "controller/cli/screens.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "controller/cli/screen.hpp"

namespace greenroom::cli {
namespace {

using Json = nlohmann::ordered_json;

// A service of another version may leave a field out: an empty cell then, never an end of the program.
std::string text(const Json& json, const char* name) {
  const auto at = json.is_object() ? json.find(name) : json.end();
  if (!json.is_object() || at == json.end() || at->is_null()) return {};
  return plain(at->is_string() ? at->get<std::string>() : at->dump());
}

const Json& part(const Json& json, const char* name) {
  static const Json none;
  return json.is_object() && json.contains(name) ? json[name] : none;
}

std::int64_t number(const Json& json, const char* name) {
  const Json& value = part(json, name);
  return value.is_number() ? value.get<std::int64_t>() : 0;
}

bool flag(const Json& json, const char* name) { return part(json, name) == Json(true); }

std::string amps(const Json& json, const char* name) {
  const Json& value = part(json, name);
  return value.is_number() ? fmt::format("{:.2f} A", value.get<double>()) : "unknown";
}

std::string age(const Json& json, const char* name) {
  return part(json, name).is_number() ? duration_words(number(json, name) / 1000) : std::string();
}

std::string left(const Json& json, const char* name) {
  if (!part(json, name).is_number()) return {};
  const std::int64_t seconds = number(json, name);
  return seconds < 0 ? duration_words(-seconds) + " over" : duration_words(seconds);
}

std::string joined(const Json& list) {
  std::string all;
  for (const Json& each : list)
    all += (all.empty() ? "" : ", ") + (each.is_string() ? each.get<std::string>() : each.dump());
  return plain(all);
}

std::string waits(const Json& json) { return text(part(json, "waits_for"), "words"); }

// "on, 0.82 A, protected"; nothing where there is no outlet.
std::string outlet_words(const Json& outlet) {
  if (!outlet.is_object()) return {};
  std::string words = text(outlet, "state");
  if (part(outlet, "current_A").is_number() && words == "on") words += " " + amps(outlet, "current_A");
  if (flag(outlet, "protected")) words += ", protected";
  return words;
}

std::string step_words(const Json& visit) {
  if (!visit.is_object()) return {};
  return fmt::format("{} ({} of {})", spaced(text(visit, "step")), text(visit, "step_number"), text(visit, "steps"));
}

void line(std::string& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out += fmt::format("  {:<12} {}\n", name, value);
}

// Children below their parent, as the wires run.
void add_circuits(Table& table, const Json& circuits, const std::string& parent, const std::string& indent) {
  if (indent.size() > 32) return;  // deeper than any room: the answer is not a tree
  for (const Json& c : circuits) {
    const std::string name = text(c, "circuit");
    if (text(c, "parent") != parent || name.empty()) continue;
    const auto some = [&](const char* key) { return number(c, key) == 0 ? std::string("-") : text(c, key); };
    const bool read = part(c, "reading_A").is_number();
    table.add({indent + name, spaced(text(c, "state")), text(c, "band"), amps(c, "present_A"), amps(c, "reserve_A"),
               amps(c, "hard_sum_A"), amps(c, "hard_limit_A"), amps(c, "soft_sum_A"), amps(c, "continuous_limit_A"),
               amps(c, "mean_10_min_A"),
               read                       ? amps(c, "reading_A")
               : text(c, "meter").empty() ? "-"
                                          : "unknown",
               some("outlets_on"), some("outlets_off"), some("outlets_unknown"), some("outlets_protected"),
               some("outlets_waiting_for_it")});
    add_circuits(table, circuits, name, indent + "  ");
  }
}

// "09:15:02", UTC.
std::string time_of_day(const Json& fact) {
  const std::int64_t of_day = (number(fact, "wall_us") / 1'000'000 % 86'400 + 86'400) % 86'400;
  return fmt::format("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
}

Json read(const std::string& body) { return Json::parse(body, nullptr, false); }

}  // namespace

std::string status_screen(const std::string& body) {
  const Json s = read(body);
  const Json &service = part(s, "service"), &macs = part(s, "macs"), &slots = part(s, "slots"), &pdus = part(s, "pdus");
  std::string out = fmt::format("Room {}: {}, process {}, up {}\n", text(s, "room"), text(service, "program"),
                                text(service, "pid"), age(service, "up_ms"));
  const Json& journal = part(s, "journal");
  out += fmt::format("Data {}: {} facts, {}\n", text(service, "data"), text(journal, "last_seq"),
                     flag(journal, "writes") ? "every one on disk" : "and nothing new can be written");
  if (part(service, "speed") != Json(1.0)) out += fmt::format("Speed: {} times real time\n", text(service, "speed"));
  if (!part(s, "alarms").empty()) out += "\nAlarms\n";
  for (const Json& alarm : part(s, "alarms")) out += "  " + plain(alarm.get<std::string>()) + "\n";
  out += fmt::format("\nMacs    {} in lists: {} packed, {} unfinished, {} in cases\n", text(macs, "all"),
                     text(macs, "packed"), text(macs, "unfinished"), text(macs, "in_cases"));
  std::string states;
  for (const auto& [state, word] :
       {std::pair{"running", "running"}, std::pair{"waiting", "waiting"}, std::pair{"hands", "for people's hands"},
        std::pair{"held", "held by a case"}, std::pair{"stranger", "with a Mac that nobody scanned"},
        std::pair{"done", "between steps"}, std::pair{"free", "free"}}) {
    if (number(slots, state) > 0) states += fmt::format("{}{} {}", states.empty() ? "" : ", ", number(slots, state), word);
  }
  out += fmt::format("Slots   {}: {}\n", text(slots, "all"), states);
  out += fmt::format("PDUs    {} of {} answer\n", text(pdus, "answer"), text(pdus, "all"));
  out += fmt::format("Cases   {} open\n", text(s, "open_cases"));
  return out + fmt::format("Chores  {} for people\n", text(s, "chores"));
}

std::string slots_screen(const std::string& body) {
  const Json slots = part(read(body), "slots");
  Table table({"SLOT", "MAC", "STEP", "STATE", "FOR", "LEFT", "OUTLET", "OWNER", "WAITS FOR"});
  for (const Json& s : slots) {
    const std::string state = text(s, "state");
    std::string why = waits(s);
    const std::string outlet_why = waits(part(s, "outlet"));
    if (why.empty() && !outlet_why.empty()) why = outlet_why;
    const Json& locks = part(part(s, "outlet"), "locked_out_by");
    if (!locks.empty() && outlet_why.empty()) why += (why.empty() ? "" : "; ") + ("locked out: " + joined(locks));
    table.add({text(s, "slot"), text(part(s, "visit"), "serial"), step_words(part(s, "visit")),
               state == "stranger" ? "not scanned" : state, state == "free" ? "" : age(s, "since_ms"),
               left(s, "deadline_in_s"), outlet_words(part(s, "outlet")), spaced(text(s, "owner")), why});
  }
  return table.empty() ? "The room has no slots.\n" : table.text();
}

std::string slot_screen(const std::string& body) {
  const Json s = read(body);
  const Json &visit = part(s, "visit"), &outlet = part(s, "outlet"), &port = part(s, "port"),
             &engine = part(visit, "engine");
  std::string out = fmt::format("Slot {} ({}, bench {})\n", text(s, "slot"), spaced(text(s, "kind")), text(s, "bench"));
  line(out, "state", text(s, "state") + (age(s, "since_ms").empty() ? "" : ", for " + age(s, "since_ms")));
  line(out, "waits for", waits(s));
  line(out, "owner", spaced(text(s, "owner")));
  line(out, "deadline", text(s, "deadline").empty() ? "" : text(s, "deadline") + ", " + left(s, "deadline_in_s"));
  if (visit.is_object()) {
    line(out, "Mac", text(visit, "serial") + ", " + text(visit, "model"));
    line(out, "batch", text(visit, "batch") + ", visit " + text(visit, "visit"));
    line(out, "step", step_words(visit) + ", recipe " + text(visit, "recipe") + ", attempt " + text(visit, "attempt"));
    if (!text(visit, "charge_percent").empty())
      line(out, "battery", text(visit, "charge_percent") + " %, told " + age(visit, "charge_age_ms") + " ago");
    line(out, "erased", flag(visit, "erased") ? "confirmed by the Mac" : "not yet");
  }
  if (engine.is_object())
    line(out, "engine",
         fmt::format("gate {}, {} {}", text(engine, "gate"), text(engine, "stage"),
                     text(engine, "percent").empty() ? "" : text(engine, "percent") + " %"));
  if (port.is_object())
    line(out, "data port",
         fmt::format("{} {}, for {}", spaced(text(port, "mode")),
                     text(port, "serial").empty() ? "ECID " + text(port, "ecid") : text(port, "serial"),
                     age(port, "age_ms")));
  if (outlet.is_object()) {
    line(out, "outlet",
         fmt::format("{} on {}: {}{}{}", text(outlet, "outlet"), text(outlet, "circuit"), outlet_words(outlet),
                     age(outlet, "age_ms").empty() ? "" : ", read " + age(outlet, "age_ms") + " ago",
                     flag(outlet, "map_proven") ? "" : ", not proven to feed this slot"));
    line(out, "locked out", joined(part(outlet, "locked_out_by")));
    if (waits(outlet) != waits(s)) line(out, "power waits", waits(outlet));
  }
  return out;
}

std::string circuits_screen(const std::string& body) {
  const Json circuits = part(read(body), "circuits");
  Table table({"CIRCUIT", "STATE", "BAND", "PRESENT", "RESERVE", "HARD SUM", "OF", "SOFT SUM", "OF", "10 MIN", "METER", "ON",
               "OFF", "UNKNOWN", "PROTECTED", "WAITING"});
  for (std::size_t c = 3; c < 16; ++c) table.right(c);
  add_circuits(table, circuits, {}, {});
  return table.text();
}

std::string pdus_screen(const std::string& body) {
  Table table({"PDU", "LINE", "MODEL", "IDENTITY", "READ", "ON", "OFF", "UNKNOWN", "STATE"});
  for (std::size_t c = 5; c < 8; ++c) table.right(c);
  const Json answer = read(body);
  for (const Json& p : part(answer, "pdus")) {
    std::string state = text(p, "line_state");
    if (flag(p, "read_only")) state += "; only read, until a person clears it";
    if (flag(p, "locked_out")) state += "; locked out";
    for (const auto& [name, word] : {std::pair{"switched_on_by_others", "on"}, std::pair{"switched_off_by_others", "off"}}) {
      if (!part(p, name).empty()) state += fmt::format("; switched {} by others: {}", word, joined(part(p, name)));
    }
    const std::string read_ago = age(p, "reading_age_ms");
    table.add({text(p, "pdu"), text(p, "line"), text(p, "model"), text(p, "identity"),
               read_ago.empty() ? "never" : read_ago + " ago", text(p, "outlets_on"), text(p, "outlets_off"),
               text(p, "outlets_unknown"), state});
  }
  return table.empty() ? "The room has no PDUs.\n" : table.text();
}

std::string power_screen(const std::string& body) {
  const Json answer = read(body);
  Table table({"ABOUT", "WHAT", "WHEN IT IS DONE"});
  for (const Json& job : part(answer, "to_do")) {
    const std::string command = text(job, "command");
    table.add({text(job, "about"), text(job, "words"), command.empty() ? "" : "greenroom command " + command});
  }
  std::string out = table.empty() ? "Nothing is wrong with the power.\n" : table.text();
  if (!part(answer, "protected").empty()) out += "\nProtected: not to be switched off\n";
  for (const Json& p : part(answer, "protected"))
    out += fmt::format("  outlet {}: {}, visit {}\n", text(p, "outlet"), text(p, "serial"), text(p, "visit"));
  return out;
}

std::string batches_screen(const std::string& body) {
  const Json answer = read(body);
  Table table({"BATCH", "MACS", "PACKED", "WORKING", "EXPECTED", "IN CASES", "DUE"});
  for (std::size_t c = 1; c < 6; ++c) table.right(c);
  for (const Json& b : part(answer, "batches")) {
    table.add({text(b, "batch"), text(b, "macs"), text(b, "packed"), text(b, "working"), text(b, "expected"),
               text(b, "in_cases"), text(b, "due") + ", " + left(b, "due_in_s")});
  }
  return table.empty() ? "No batch was imported; greenroom batch import FILE does that.\n" : table.text();
}

std::string batch_screen(const std::string& body) {
  const Json b = read(body);
  std::string out = fmt::format("Batch {}: {} Macs, {} packed, {} working, {} expected, {} in cases; due {}, {}\n\n",
                                text(b, "batch"), text(b, "macs"), text(b, "packed"), text(b, "working"),
                                text(b, "expected"), text(b, "in_cases"), text(b, "due"), left(b, "due_in_s"));
  Table table({"ROW", "TAG", "MAC", "MODEL", "STATE", "SLOT", "STEP", "OWNER", "WAITS FOR"});
  table.right(0);
  for (const Json& r : part(b, "rows")) {
    table.add({text(r, "row"), text(r, "asset_tag"), text(r, "serial"), text(r, "model"), spaced(text(r, "state")),
               text(r, "slot"), spaced(text(r, "step")), spaced(text(r, "owner")), waits(r)});
  }
  return out + table.text();
}

std::string cases_screen(const std::string& body) {
  const Json answer = read(body);
  std::string out;
  for (const Json& c : part(answer, "cases")) {
    const std::string slot = text(c, "slot");
    out += fmt::format("{}{}. {}{}: for {}, open {}{}{}\n", out.empty() ? "" : "\n", text(c, "case"), text(c, "about"),
                       slot.empty() ? "" : " in slot " + slot, spaced(text(c, "owner")), age(c, "age_ms"),
                       left(c, "deadline_in_s").empty() ? "" : ", left " + left(c, "deadline_in_s"),
                       flag(c, "open") ? "" : " (closed)");
    out += fmt::format("   {}\n   Next: {}\n", text(c, "words"), text(c, "next"));
  }
  return out.empty() ? "No case is open.\n" : out;
}

std::string chores_screen(const std::string& body) {
  const Json answer = read(body);
  Table table({"SLOT", "MAC", "FOR", "WHAT TO DO"});
  for (const Json& c : part(answer, "chores"))
    table.add({text(c, "slot"), text(c, "serial"), spaced(text(c, "owner")), text(c, "words")});
  return table.empty() ? "Nobody has anything to do.\n" : table.text();
}

std::string fact_line(const std::string& fact) {
  const Json f = read(fact);
  std::string out = fmt::format("{:>6}  {}  {}: {}", text(f, "seq"), time_of_day(f), text(f, "by"), spaced(text(f, "type")));
  for (const auto& [name, value] : part(f, "body").items()) {
    if (value == Json("") || value == Json(0) || value == Json(false) || name.ends_with("_us")) continue;
    // Quantities stand in the journal as whole thousandths.
    const bool thousandths = name.ends_with("_A") && value.is_number_integer();
    out += fmt::format("  {} {}", spaced(thousandths ? name.substr(0, name.size() - 2) : name),
                       thousandths ? fmt::format("{:.3f} A", value.get<double>() / 1000)
                                   : plain(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return out;
}

}  // namespace greenroom::cli
