#include "controller/cli/pdu_check_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace greenroom::cli {
namespace {

constexpr std::size_t width = 100;  // columns; fits a portrait page in a small fixed type

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out, row;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!row.empty() && indent + row.size() + 1 + word.size() > width) {
      out += row + "\n" + std::string(indent, ' ');
      row.clear();
    }
    row += (row.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return out + row;
}

CheckItem judge_round_trips(const CheckWalk& w) {
  const bool shown = w.void_readings.empty() && !w.full.empty();
  CheckItem item{"round trips", shown ? Verdict::good : Verdict::bad, {}};
  if (w.cancelled && w.full.empty() && w.void_readings.empty()) return {item.what, Verdict::open, "nothing was read"};
  std::vector<Duration> sets;
  for (const Toggle& t : w.toggles) {
    if (t.there) sets.push_back(t.took_there);
    if (t.back) sets.push_back(t.took_back);
  }
  const auto tell = [&item](const char* what, const std::vector<Duration>& times) {
    if (const auto m = median(times))
      item.words += fmt::format("{}{} {:.3f} s (median of {}, longest {:.3f} s)", item.words.empty() ? "" : "; ", what,
                                in_seconds(*m), times.size(), in_seconds(*std::max_element(times.begin(), times.end())));
  };
  tell("all readings", w.full);
  tell("states and branch meter", w.supervise);
  tell("a switch, read back", sets);
  if (!w.void_readings.empty())
    item.words += fmt::format("{}{} reading(s) were void: {}", item.words.empty() ? "" : "; ", w.void_readings.size(),
                              w.void_readings.front());
  return item;
}

nlohmann::ordered_json seconds(const std::vector<Duration>& times) {
  const auto m = median(times);
  return m ? nlohmann::ordered_json(in_seconds(*m)) : nlohmann::ordered_json(nullptr);
}

}  // namespace

std::vector<CheckItem> judge(const CheckWalk& w, const DialectFacts& d, const OutageNotes& notes,
                             const std::optional<KnownLoad>& load) {
  std::vector<CheckItem> items;
  items.push_back(judge_identity(w.traits, d, w.first));
  if (w.cancelled && !w.first) items.back().verdict = Verdict::open;
  items.push_back(judge_power_on(w.traits, d, notes));
  if (d.count > 0) items.push_back(judge_latching(notes));
  items.push_back(judge_round_trips(w));
  for (const Toggle& t : w.toggles) {
    items.push_back(judge_switching(t, d));
    if (t.switched) items.push_back(judge_metering(t, d, load));
  }
  if (d.count > 0 && w.toggles.empty())
    items.push_back(
        {"switching", Verdict::open, "no outlet was switched: switching, metering and which outlet is which stay open"});
  if (w.cancelled) items.push_back({"the test", Verdict::open, "was ended before its end"});
  if (!w.gone.empty()) items.push_back({"the test", Verdict::bad, "ended where the PDU did not answer any more: " + w.gone});
  return items;
}

bool any_bad(const std::vector<CheckItem>& items) {
  return std::any_of(items.begin(), items.end(), [](const CheckItem& i) { return i.verdict == Verdict::bad; });
}

std::string sheet_text(const CheckSheet& s, const DialectFacts& d) {
  std::string text = fmt::format("COMMISSIONING SHEET OF A PDU                                   {}\n\n", s.made_at);
  text += fmt::format("line      {}\ndialect   {} ({})\noutlets   {}\n\n", s.line, d.id, d.name, d.outlets());
  for (const CheckItem& i : s.items)
    text += fmt::format("[{:^8}]  {:<16}  {}\n", to_string(i.verdict), i.what, wrapped(i.words, 30));
  text += "\ngood: shown.  bad: shown to be otherwise.  open: could not be shown.  a person: only a person can see it.\n";
  text += "Which slot hangs on which outlet is proven in the room, not here (docs/powering.md).\n\n";
  text += "name ____________________________   date ______________   breaker ______________   circuit ______________\n";
  return text;
}

std::string sheet_json(const CheckSheet& s, const DialectFacts& d) {
  nlohmann::ordered_json json;
  json["line"] = s.line;
  json["dialect"] = d.id;
  json["made_at"] = s.made_at;
  json["identity"] = s.walk.traits.identity;
  json["outlets"] = d.outlets();
  json["read_s"] = seconds(s.walk.full);
  json["supervise_s"] = seconds(s.walk.supervise);
  std::vector<Duration> sets;
  json["switched"] = nlohmann::ordered_json::array();
  for (const Toggle& t : s.walk.toggles) {
    if (t.there) sets.push_back(t.took_there);
    if (t.back) sets.push_back(t.took_back);
    nlohmann::ordered_json one;
    one["id"] = t.outlet;
    one["left_as_found"] = t.left_as_found;
    one["steps"] = nlohmann::ordered_json::array();
    for (const MeterStep& step : meter_steps(t, d))
      one["steps"].push_back({{"meter", step.meter}, {"step_A", step.step().value()}});
    json["switched"].push_back(std::move(one));
  }
  json["set_s"] = seconds(sets);
  json["items"] = nlohmann::ordered_json::array();
  for (const CheckItem& i : s.items)
    json["items"].push_back(
        {{"what", i.what}, {"verdict", i.verdict == Verdict::person ? "person" : to_string(i.verdict)}, {"words", i.words}});
  json["good"] = !any_bad(s.items);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace greenroom::cli
